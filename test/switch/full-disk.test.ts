// A full disk: the ballast goes, an intent is refused, everything else is written into its room,
// and selling resumes when the ballast is back.

import { beforeEach, expect, it } from 'vitest'
import type { Journal, JournalRecord, WriteResult } from '../../switch/core/journal.ts'
import type { Notice } from '../../switch/core/notice.ts'
import { FullDisk } from '../../switch/full-disk.ts'
import { intentOf } from '../voucher-store/temporary-store.ts'

const FULL: WriteResult = { kind: 'rolled-back', reason: 'full', detail: 'SQLITE_FULL' }
const WRITTEN: WriteResult = { kind: 'written' }
const quarantine: JournalRecord = { kind: 'quarantine', voucherId: 1, why: 'test', atMs: 0 }
const sold = { kind: 'sold', authCode: '004711', hostDate: undefined } as const
const outcome: JournalRecord = { kind: 'outcome', id: 1, outcome: sold, atMs: 0 }
const confirmation: JournalRecord = { kind: 'confirm', id: 1, by: '0220', atMs: 0 }
const intent = intentOf({ id: 1, voucherIds: [1] })

/** Without the ballast there is room; with it, only when `room`. */
const disk = { ballast: false, room: true, written: [] as string[] }
let notices: Notice[]
let later: (() => void)[]
let pauses: number[]

async function write(record: JournalRecord): Promise<WriteResult> {
  if (disk.ballast && !disk.room) return FULL
  disk.written.push(record.kind)
  return WRITTEN
}

function fullDisk(journal: Journal = { write }): FullDisk {
  return new FullDisk({
    journal,
    ballast: {
      release: () => {
        disk.ballast = false
      },
      fill: () => {
        disk.ballast = disk.room
        return disk.ballast
      },
    },
    after: (ms, run) => {
      pauses.push(ms)
      later.push(run)
    },
    notice: (notice) => notices.push(notice),
  })
}

beforeEach(() => {
  Object.assign(disk, { ballast: false, room: true, written: [] })
  notices = []
  later = []
  pauses = []
})

it('keeps the ballast while there is room', async () => {
  const journal = fullDisk()
  expect(await journal.write(intent)).toEqual(WRITTEN)
  expect([disk.ballast, journal.full, notices]).toEqual([true, false, []])
})

it('refuses the intent that did not fit, and writes what follows into the room of the ballast', async () => {
  const journal = fullDisk()
  disk.room = false
  expect(await journal.write(intent)).toEqual(FULL)
  expect([disk.ballast, journal.full]).toEqual([false, true])
  expect(await journal.write(quarantine)).toEqual(WRITTEN)
  expect(notices.map(({ level, what }) => [level, what])).toEqual([['alarm', 'disk full']])
})

it.each([quarantine, outcome, confirmation])('writes a $kind again at once', async (record) => {
  const journal = fullDisk()
  disk.room = false
  expect(await journal.write(record)).toEqual(WRITTEN)
  expect(journal.full).toBe(true)
})

it('looks for space until it is back, and then sells again', async () => {
  const journal = fullDisk()
  disk.room = false
  await journal.write(quarantine)
  later.shift()?.()
  expect([journal.full, later.length]).toEqual([true, 1])
  disk.room = true
  later.shift()?.()
  expect([journal.full, disk.ballast, later.length]).toEqual([false, true, 0])
  expect(pauses).toEqual([1_000, 1_000])
  expect(notices.at(-1)?.what).toBe('disk has room again')
})

it('does not sell from a start on that finds no room for the ballast, until there is room', () => {
  disk.room = false
  const journal = fullDisk()
  expect(journal.full).toBe(true)
  expect(notices).toMatchObject([{ level: 'alarm', what: 'disk full' }])
  disk.room = true
  later.shift()?.()
  expect(journal.full).toBe(false)
})

it('is told once, however many records find no room', async () => {
  const journal = fullDisk({ write: async () => FULL })
  for (let time = 0; time < 3; time++) expect(await journal.write(intent)).toEqual(FULL)
  expect(await journal.write(outcome)).toEqual(FULL)
  expect([notices.length, later.length]).toEqual([1, 1])
})

it('is not what a record that was refused for another reason means', async () => {
  const refused: WriteResult = { kind: 'rolled-back', reason: 'guard', detail: 'not in stock' }
  let writes = 0
  const journal = fullDisk({
    write: async () => {
      writes++
      return refused
    },
  })
  expect(await journal.write(quarantine)).toEqual(refused)
  expect([journal.full, disk.ballast, writes, notices]).toEqual([false, true, 1, []])
})

it('is told when the log cannot be moved: the ballast goes, and no record has to fail first', () => {
  const journal = fullDisk()
  disk.room = false
  journal.noRoom('SQLITE_FULL')
  journal.noRoom('SQLITE_FULL')
  expect([disk.ballast, journal.full, later.length]).toEqual([false, true, 1])
  expect(notices).toEqual([{ level: 'alarm', what: 'disk full', detail: 'SQLITE_FULL' }])
  disk.room = true
  later.shift()?.()
  expect([disk.ballast, journal.full]).toEqual([true, false])
})
