// The judge of a failed sync: the process must have ended, and must not have tried it again.

import { expect, it } from 'vitest'
import { syncViolations } from './failing-disk.ts'
import type { Operation } from './recording.ts'

const sync: Operation = { kind: 'sync-begin', fd: 5, number: 1 }
const failedSync: Operation = { kind: 'failed', fd: 5, number: 9, what: 's' }
const failedWrite: Operation = { kind: 'failed', fd: 5, number: 9, what: 'w' }

it('is content with an end at once, and with a failed write that was survived', () => {
  expect(syncViolations([sync, failedSync], 70)).toEqual([])
  expect(syncViolations([sync, failedWrite, sync], undefined)).toEqual([])
})

it('names a process that went on, and one that tried again', () => {
  expect(syncViolations([sync, failedSync], undefined)).toEqual(['went on after sync 9 had failed'])
  expect(syncViolations([failedSync, sync], 70)).toEqual(['tried sync 9 again after it had failed'])
})
