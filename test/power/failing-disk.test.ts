// The judge of a failed sync: the process must have ended, and must not have tried it again.

import { expect, it } from 'vitest'
import { syncViolations } from './failing-disk.ts'
import type { Operation } from './recording.ts'

const open = (name: string): Operation => ({ kind: 'open', fd: 5, flags: 2, name })
const sync: Operation = { kind: 'sync-begin', fd: 5, number: 1 }
const failedSync: Operation = { kind: 'failed', fd: 5, number: 9, what: 's' }
const failedWrite: Operation = { kind: 'failed', fd: 5, number: 9, what: 'w' }

it('is content with an end that tells of it, and with a failed write that was survived', () => {
  expect(syncViolations([open('evs.db'), sync, failedSync], 70)).toEqual([])
  expect(syncViolations([open('evs.db'), sync, failedWrite, sync], 0)).toEqual([])
})

it('does not mind the ballast', () => {
  expect(syncViolations([open('ballast'), failedSync, sync], 0)).toEqual([])
})

it('names a process that went on, and one that tried again', () => {
  expect(syncViolations([open('evs.db'), failedSync], 0)).toEqual([
    'went on after sync 9 of evs.db had failed',
  ])
  const again = ['tried sync 9 again after it had failed']
  expect(syncViolations([open('evs.db'), failedSync, sync], 70)).toEqual(again)
})
