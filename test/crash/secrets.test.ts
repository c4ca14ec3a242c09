// The search for secrets finds each form of one, and nothing where there is none.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findSecrets } from './secrets.ts'

const SECRET = '8996936603294'
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-secrets-'))
  mkdirSync(join(folder, 'data'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it.each([
  ['text', Buffer.from(`x${SECRET}y`)],
  ['packed digits', Buffer.from('8996936603294fff', 'hex')],
  ['hexadecimal', Buffer.from(Buffer.from(SECRET).toString('hex'))],
  ['base64 at 0', Buffer.from(Buffer.from(SECRET).toString('base64'))],
  ['UTF-16LE', Buffer.from(SECRET, 'utf16le')],
])('is found as %s', (form, bytes) => {
  writeFileSync(join(folder, 'data', 'evs.db'), bytes)
  expect(findSecrets(folder, ['1111111111111', SECRET])).toEqual([`secret 2 as ${form} in evs.db`])
})

it('is not found where it was never written, nor in the file it came from', () => {
  writeFileSync(join(folder, 'evs.log'), 'card 627353******0029')
  writeFileSync(join(folder, 'batch.csv'), SECRET)
  expect(findSecrets(folder, [SECRET])).toEqual([])
})
