// The log has its name before the database is opened, and what was in it stays.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { nameLog } from '../../voucher-store/log-file.ts'

let directory: string
const log = () => join(directory, 'evs.db-wal')

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evs-log-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

it('makes an empty log that its owner alone can read', () => {
  nameLog(join(directory, 'evs.db'))
  expect(statSync(log()).size).toBe(0)
  expect(statSync(log()).mode & 0o777).toBe(0o600)
})

it('leaves a log of an earlier process as it is', () => {
  writeFileSync(log(), 'frames')
  nameLog(join(directory, 'evs.db'))
  expect(readFileSync(log(), 'utf8')).toBe('frames')
})

it('throws when the directory is not there', () => {
  expect(() => nameLog(join(directory, 'nowhere', 'evs.db'))).toThrow('ENOENT')
})
