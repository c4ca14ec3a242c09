// Which error an administrator meets for what the store did not write, and for a report that did
// not come to its end.

import { expect, it } from 'vitest'
import { mustFinish, mustWrite } from '../../../switch/admin/operation-errors.ts'

it.each([
  ['taken', 'ALREADY_EXISTS', 409, 1],
  ['changed', 'CONFLICT', 409, 1],
  ['full', 'NOT_READY', 503, 4],
] as const)('a change that is %s is %s', (kind, code, status, exitCode) => {
  const result = { kind, detail: 'no room' } as const
  const error = expect.objectContaining({ code, status, exitCode })
  expect(() => mustWrite(result, 'merchant 12')).toThrow(error)
  expect(() => mustWrite(result, 'merchant 12')).toThrow(
    kind === 'full' ? 'no room' : 'merchant 12',
  )
})

it.each([
  [{ kind: 'timed-out' }, 'TIMED_OUT', 'longer than its limit'],
  [{ kind: 'busy' }, 'NOT_READY', 'too many reports'],
  [{ kind: 'stopped' }, 'NOT_READY', 'starting or stopping'],
  [{ kind: 'failed', message: 'is full', code: 'SQLITE_FULL' }, 'NOT_READY', 'no room'],
  [{ kind: 'failed', message: 'no space left', code: 'ENOSPC' }, 'NOT_READY', 'no room'],
  [{ kind: 'failed', message: 'no such table' }, 'INTERNAL', 'no such table'],
] as const)('a report that ended with %j is %s', (result, code, words) => {
  expect(() => mustFinish(result)).toThrow(expect.objectContaining({ code }))
  expect(() => mustFinish(result)).toThrow(words)
})
