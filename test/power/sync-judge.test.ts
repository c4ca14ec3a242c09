// The judge of a failed sync: the process must have ended, and must not have used the file again.

import { expect, it } from 'vitest'
import type { Operation } from './recording.ts'
import { syncViolations } from './sync-judge.ts'

const O_CREAT = 0o100
const open = (name: string, fd = 5, flags = 2): Operation => ({ kind: 'open', fd, flags, name })
const sync = (fd = 5): Operation => ({ kind: 'sync-begin', fd, number: 1 })
const synced = (fd = 5): Operation => ({ kind: 'sync-end', fd, number: 1 })
const failedSync = (fd = 5): Operation => ({ kind: 'failed', fd, number: 9, what: 's' })
const failedWrite: Operation = { kind: 'failed', fd: 5, number: 9, what: 'w' }
const write = (fd = 5): Operation => ({ kind: 'write', fd, at: 0, data: Buffer.alloc(1) })

it('is content with an end that tells of it, and with a failed write that was survived', () => {
  expect(syncViolations([open('evs.db'), sync(), failedSync()], 70)).toEqual([])
  expect(syncViolations([open('evs.db'), sync(), failedWrite, sync()], 0)).toEqual([])
})

it('does not mind the ballast, the lock and the mark', () => {
  for (const name of ['ballast', 'owner.lock', 'mark.json.new']) {
    expect(syncViolations([open(name), failedSync(), sync()], 0)).toEqual([])
  }
})

it('names a process that went on, and one that tried again', () => {
  const wentOn = ['went on after sync 9 of evs.db had failed']
  expect(syncViolations([open('evs.db'), failedSync()], 0)).toEqual(wentOn)
  expect(syncViolations([open('evs.db'), failedSync()], undefined)).toEqual(wentOn)
  const again = ['synced evs.db after sync 9 had failed']
  expect(syncViolations([open('evs.db'), failedSync(), sync()], 70)).toEqual(again)
})

it('knows the file through another descriptor, and names what was written afterwards', () => {
  const log = [open('evs.db-wal'), open('evs.db-wal', 6), failedSync(5)]
  const again = ['synced evs.db-wal after sync 9 had failed']
  expect(syncViolations([...log, sync(6), sync(6)], 70)).toEqual(again)
  const wrote = ['wrote evs.db after sync 9 had failed']
  expect(syncViolations([...log, open('evs.db', 7), write(7)], 70)).toEqual(wrote)
})

it('minds a sync of the directory only while it has a new name of the database', () => {
  const made = [open('evs.db-wal', 5, O_CREAT), open('', 6)]
  const wentOn = ['went on after sync 9 of the directory had failed']
  expect(syncViolations([...made, failedSync(6)], 0)).toEqual(wentOn)
  expect(syncViolations([...made, sync(6), synced(6), failedSync(6)], 0)).toEqual([])
  const anew: Operation = { kind: 'unlink', name: 'evs.db-wal' }
  const again = [...made, sync(6), synced(6), anew, open('evs.db-wal', 7, O_CREAT)]
  expect(syncViolations([...again, failedSync(6)], 0)).toEqual(wentOn)
})
