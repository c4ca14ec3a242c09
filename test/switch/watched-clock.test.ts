// The clock held against the journal: what is believed at once, what has to keep pace for a day
// with sales first, and that a restart makes nobody believe what was doubted.

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { WriteResult } from '../../switch/core/journal.ts'
import { believed, WatchedClock } from '../../switch/watched-clock.ts'
import { metaOf } from '../../voucher-store/meta.ts'
import { SqliteSaleReader } from '../../voucher-store/reading/sale-reader.ts'
import { newestMsOf } from '../../voucher-store/writer/chain.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'
import {
  addSale,
  NOW,
  stockedStore,
  type TemporaryStore,
} from '../voucher-store/temporary-store.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

let store: TemporaryStore
let time: VirtualTime
let notices: string[]
let sales: number

beforeEach(async () => {
  store = await stockedStore(0, 20)
  notices = []
  sales = 0
})
afterEach(() => store.close())

/** A start by a clock that says so. */
function startAt(wallMs: number, journal = store.journal): Promise<WatchedClock> {
  time = new VirtualTime(wallMs)
  const { database } = store
  const opened = { database, journal, newestMs: newestMsOf(database) }
  return WatchedClock.open({
    store: { ...opened, sales: new SqliteSaleReader(database) },
    timers: time,
    notice: ({ level, what }) => notices.push(`${level}: ${what}`),
  })
}

async function sell(): Promise<void> {
  sales++
  await addSale(store, { id: sales, voucherIds: [sales], atMs: time.wallMs() }, 'sold')
}

it('one that goes on from the newest record is believed, two days later too', async () => {
  for (const later of [0, 2 * DAY])
    expect(await (await startAt(NOW + later)).isBelieved()).toBe(true)
  const noted = ['clock believed until', 'clock doubted'].map((name) =>
    metaOf(store.database, name),
  )
  expect([notices, noted]).toEqual([[], [String(NOW + 2 * DAY), '']])
})

it('one that is two days and a moment after the last look is not', async () => {
  await startAt(NOW)
  expect(await (await startAt(NOW + 2 * DAY + 1)).isBelieved()).toBe(false)
})

it.each([
  ['two days behind is believed', -2 * DAY, false],
  ['a moment more than two days behind is behind', -2 * DAY - 1, true],
  ['of 1970 is behind', -NOW, true],
])('one that is %s', async (_what, byMs, isBehind) => {
  await startAt(NOW)
  const clock = await startAt(NOW + byMs)
  expect([clock.isBehind, await clock.isBelieved()]).toEqual([isBehind, !isBehind])
  expect(notices).toEqual(isBehind ? ['alarm: the clock is behind'] : [])
})

it('one that is behind is so at once, until it has caught up, and over restarts', async () => {
  const clock = await startAt(NOW)
  time.jumpWall(-400 * DAY)
  expect(clock.isBehind).toBe(true)
  for (let look = 0; look < 2; look++) await clock.isBelieved()
  await time.run(10 * DAY)
  await sell()
  expect(await clock.isBelieved()).toBe(false)
  const later = await startAt(time.wallMs())
  expect(later.isBehind).toBe(true)
  time.jumpWall(400 * DAY)
  expect([later.isBehind, await later.isBelieved()]).toEqual([false, false])
  time.jumpWall(-10 * DAY)
  expect(await later.isBelieved()).toBe(true)
  expect(notices).toEqual([
    'alarm: the clock is behind',
    'alarm: the clock is behind',
    'info: the clock is not behind any more',
    'alarm: the clock is ahead of the journal',
    'info: the clock is believed again',
  ])
})

it('one that is behind is believed when a person says that it is right', async () => {
  await startAt(NOW)
  const clock = await startAt(NOW - 365 * DAY)
  const by = { action: 'clock believed', by: 'sara', detail: {}, atMs: time.wallMs() }
  await store.journal.write({ kind: 'admin', ...by, statements: believed(time.wallMs()) })
  clock.believe()
  expect([clock.isBehind, await clock.isBelieved()]).toEqual([false, true])
  expect((await startAt(NOW - 364 * DAY)).isBehind).toBe(false)
})

it('one that runs on for weeks without a sale is believed', async () => {
  const clock = await startAt(NOW)
  await time.run(30 * DAY)
  expect(await clock.isBelieved()).toBe(true)
})

it('one that jumps while the switch runs is doubted until it is set right', async () => {
  const clock = await startAt(NOW)
  await time.run(5 * HOUR)
  time.jumpWall(3 * DAY)
  expect(await clock.isBelieved()).toBe(false)
  expect(await clock.isBelieved()).toBe(false)
  time.jumpWall(-3 * DAY)
  expect(await clock.isBelieved()).toBe(true)
  expect(notices).toEqual([
    'alarm: the clock is ahead of the journal',
    'info: the clock is believed again',
  ])
})

it('after a month off it is believed when it has kept pace for a day with sales', async () => {
  const clock = await startAt(NOW + 30 * DAY)
  await time.run(DAY - 1)
  await sell()
  expect(await clock.isBelieved()).toBe(false)
  await time.run(1)
  expect(await clock.isBelieved()).toBe(true)
})

it('is not believed for its age alone, without a sale', async () => {
  const clock = await startAt(NOW + 30 * DAY)
  await time.run(10 * DAY)
  expect(await clock.isBelieved()).toBe(false)
  await sell()
  expect(await clock.isBelieved()).toBe(true)
})

it('begins its day anew when it jumps meanwhile', async () => {
  const clock = await startAt(NOW + 30 * DAY)
  await time.run(DAY - HOUR)
  await sell()
  time.jumpWall(5 * DAY)
  expect(await clock.isBelieved()).toBe(false)
  await time.run(2 * HOUR)
  expect(await clock.isBelieved()).toBe(false)
  await time.run(DAY)
  await sell()
  expect(await clock.isBelieved()).toBe(true)
})

it('begins its day anew when it jumps back meanwhile, and is still ahead', async () => {
  const clock = await startAt(NOW + 30 * DAY)
  await time.run(DAY - HOUR)
  await sell()
  time.jumpWall(-5 * DAY)
  await time.run(2 * HOUR)
  expect(await clock.isBelieved()).toBe(false)
  await time.run(DAY)
  await sell()
  expect(await clock.isBelieved()).toBe(true)
})

it.each([
  ['goes on with its day when it is moved by less than an hour', HOUR - 60_000, true],
  ['goes on with its day when it is moved back by less than an hour', 60_000 - HOUR, true],
  ['begins its day anew when it is moved by more than an hour', HOUR + 60_000, false],
  ['begins its day anew when it is moved back by more than an hour', -HOUR - 60_000, false],
])('%s', async (_what, byMs, believed) => {
  const clock = await startAt(NOW + 30 * DAY)
  await time.run(DAY - HOUR)
  await sell()
  time.jumpWall(byMs)
  expect(await clock.isBelieved()).toBe(false)
  await time.run(2 * HOUR)
  expect(await clock.isBelieved()).toBe(believed)
})

it('is doubted on after a restart, although there are records of its time by now', async () => {
  await startAt(NOW + 400 * DAY)
  await sell()
  expect(await (await startAt(NOW + 401 * DAY)).isBelieved()).toBe(false)
  expect(await (await startAt(NOW + DAY)).isBelieved()).toBe(true)
  expect(await (await startAt(NOW + 2 * DAY)).isBelieved()).toBe(true)
  expect(metaOf(store.database, 'clock doubted')).toBe('')
})

it('is doubted at a start although its jump was never looked at, and records have its time', async () => {
  await startAt(NOW)
  time.jumpWall(400 * DAY)
  await sell()
  const clock = await startAt(NOW + 400 * DAY)
  expect([newestMsOf(store.database), await clock.isBelieved()]).toEqual([time.wallMs(), false])
})

it('has its day in pieces where the switch is off at night, and none for the time off', async () => {
  let clock = await startAt(NOW + 30 * DAY)
  for (const day of [30, 31, 32]) {
    clock = await startAt(NOW + day * DAY)
    clock.watch()
    await time.run(8 * HOUR - 1)
    await sell()
    expect(await clock.isBelieved()).toBe(false)
  }
  clock = await startAt(NOW + 33 * DAY)
  await time.run(4 * HOUR)
  expect(await clock.isBelieved()).toBe(true)
})

it('has its new day after a restart, too, when it jumped just before', async () => {
  const clock = await startAt(NOW + 30 * DAY)
  clock.watch()
  await time.run(23 * HOUR)
  await sell()
  time.jumpWall(DAY)
  expect(await clock.isBelieved()).toBe(false)
  const later = await startAt(time.wallMs() + 60_000)
  await time.run(2 * HOUR)
  expect(await later.isBelieved()).toBe(false)
})

it('goes on with its day after a restart, however long it is that the day began', async () => {
  const clock = await startAt(NOW + 30 * DAY)
  clock.watch()
  await time.run(3 * DAY)
  const later = await startAt(time.wallMs() + 60_000)
  expect(await later.isBelieved()).toBe(false)
  await sell()
  expect(await later.isBelieved()).toBe(true)
})

it('begins its day anew when it jumps while the switch is off', async () => {
  const clock = await startAt(NOW + 30 * DAY)
  clock.watch()
  await time.run(23 * HOUR)
  await sell()
  const later = await startAt(NOW + 40 * DAY)
  await time.run(2 * HOUR)
  expect(await later.isBelieved()).toBe(false)
})

it('begins its day anew when set back, and still ahead, while the switch is off', async () => {
  const clock = await startAt(NOW + 30 * DAY)
  clock.watch()
  await time.run(23 * HOUR)
  await sell()
  const later = await startAt(NOW + 20 * DAY)
  await time.run(3 * HOUR)
  expect(await later.isBelieved()).toBe(false)
})

it('is looked at every minute, and told of in that minute', async () => {
  const clock = await startAt(NOW)
  const end = clock.watch()
  await time.run(10 * HOUR)
  time.jumpWall(400 * DAY)
  await time.run(60_000)
  expect(notices).toEqual(['alarm: the clock is ahead of the journal'])
  end()
  expect(time.pending).toBe(0)
})

it('leaves few records while it is believed', async () => {
  const before = store.records.length
  const end = (await startAt(NOW)).watch()
  await time.run(2 * DAY)
  expect(store.records.length - before).toBe(9)
  end()
})

it('is doubted on a full disk too, and noted when there is room', async () => {
  const full: WriteResult = { kind: 'rolled-back', reason: 'full', detail: 'SQLITE_FULL' }
  let isFull = true
  const write: TemporaryStore['journal']['write'] = (record) =>
    isFull ? Promise.resolve(full) : store.journal.write(record)
  const clock = await startAt(NOW + 30 * DAY, { write })
  expect(metaOf(store.database, 'clock believed until')).toBeUndefined()
  isFull = false
  expect(await clock.isBelieved()).toBe(false)
  expect(metaOf(store.database, 'clock believed until')).toBe(String(NOW))
})
