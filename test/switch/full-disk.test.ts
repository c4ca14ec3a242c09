// A full disk: the ballast goes, an intent is refused, everything else is written into its room,
// and selling resumes when the ballast is back.

import { beforeEach, expect, it } from 'vitest'
import type { JournalRecord, WriteResult } from '../../switch/core/journal.ts'
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

function fullDisk(): FullDisk {
  return new FullDisk({
    journal: {
      write: async (record) => {
        if (disk.ballast && !disk.room) return FULL
        disk.written.push(record.kind)
        return WRITTEN
      },
    },
    ballast: {
      release: () => {
        disk.ballast = false
      },
      fill: () => {
        disk.ballast = disk.room
        return disk.ballast
      },
    },
    after: (_, run) => later.push(run),
    notice: (notice) => notices.push(notice),
  })
}

beforeEach(() => {
  Object.assign(disk, { ballast: false, room: true, written: [] })
  notices = []
  later = []
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
  expect(notices.at(-1)?.what).toBe('disk has room again')
})

it('does not sell from a start on that finds no room for the ballast', () => {
  disk.room = false
  expect(fullDisk().full).toBe(true)
})
