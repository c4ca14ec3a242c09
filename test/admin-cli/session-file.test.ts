// Where a session is kept: for its owner alone, a file for each configuration, and nowhere else.

import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { forgetSession, keepSession, sessionToken } from '../../admin-cli/session-file.ts'
import { asAnotherUser } from '../another-user.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-session-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const world = (env: Record<string, string>) => ({ env, cwd: folder })
const TOKEN = 'n0Tt8y2m0P3rJY0dV8x1bq6wKc5sZf7uHg9aLe4iRoE'

it('is a file of mode 0600, whatever was there, and is forgotten', () => {
  const here = world({ XDG_RUNTIME_DIR: folder })
  const file = keepSession(here, '/shop/evs.yaml', TOKEN)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(sessionToken(here, '/shop/evs.yaml')).toBe(TOKEN)
  expect(sessionToken(here, '/other/evs.yaml')).toBeUndefined()
  chmodSync(file, 0o644)
  expect(() => sessionToken(here, '/shop/evs.yaml')).toThrow('read by others')
  chmodSync(file, 0o640)
  expect(() => sessionToken(here, '/shop/evs.yaml')).toThrow('read by others')
  keepSession(here, '/shop/evs.yaml', `${TOKEN}2`)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(sessionToken(here, '/shop/evs.yaml')).toBe(`${TOKEN}2`)
  forgetSession(here, '/shop/evs.yaml')
  expect(existsSync(file)).toBe(false)
  expect(sessionToken(here, '/shop/evs.yaml')).toBeUndefined()
})

it('can be named, so that two persons can work as one user', () => {
  const sara = world({ HOME: folder, EVS_SESSION_FILE: 'sara' })
  expect(keepSession(sara, 'x', TOKEN)).toBe(join(folder, 'sara'))
  expect(sessionToken(world({ HOME: folder }), 'x')).toBeUndefined()
  const named = { XDG_RUNTIME_DIR: join(folder, 'run'), EVS_SESSION_FILE: 'sara' }
  expect(sessionToken(world(named), 'x')).toBe(TOKEN)
  expect(sessionToken(world({ ...named, EVS_SESSION: `${TOKEN}3` }), 'x')).toBe(`${TOKEN}3`)
  expect(sessionToken(world({ EVS_SESSION: ` ${TOKEN}\n` }), 'x')).toBe(TOKEN)
})

it('of another user is not used, whatever its mode', () => {
  const here = world({ XDG_RUNTIME_DIR: folder })
  keepSession(here, 'x', TOKEN)
  expect(() => asAnotherUser(() => sessionToken(here, 'x'))).toThrow('read by others')
})

it('that is no token, or has no place, is said so', () => {
  expect(() => sessionToken(world({ EVS_SESSION: 'two words' }), 'x')).toThrow('EVS_SESSION')
  expect(() => keepSession(world({}), 'x', TOKEN)).toThrow('no place')
  expect(sessionToken(world({}), 'x')).toBeUndefined()
  const file = join(folder, 'empty')
  writeFileSync(file, '', { mode: 0o600 })
  expect(() => sessionToken(world({ EVS_SESSION_FILE: file }), 'x')).toThrow('no session')
})
