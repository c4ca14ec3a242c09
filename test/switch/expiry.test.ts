// The vouchers of yesterday leave the stock by themselves: at the start, then every hour, and no
// more once the switch stops. A clock that runs away takes none out.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemTimers } from '../../protocol/link/timers.ts'
import { tehranMidnight } from '../../protocol/values/moment.ts'
import { keepExpiring } from '../../switch/expiry.ts'
import type { Log } from '../../switch/log.ts'
import { WatchedClock } from '../../switch/watched-clock.ts'
import { SqliteSaleReader } from '../../voucher-store/reading/sale-reader.ts'
import {
  genericFile,
  importFile,
  NOW,
  type TemporaryStore,
  TODAY,
  temporaryStore,
  vouchersFrom,
} from '../voucher-store/temporary-store.ts'

const HOUR_MS = 3_600_000
const silent = () => undefined
const log: Log = { info: silent, warn: silent, error: silent, fatal: silent }

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
  const expires = ['2026-07-01', '2026-07-02', '2026-07-03']
  const vouchers = vouchersFrom(1, 3).map((one, at) => ({ ...one, expires: expires[at] ?? '' }))
  await importFile(store, genericFile(vouchers))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
  store.close()
})

const expired = () => store.database.prepare('select sum(expired) from lot').pluck().get()
let alarms: string[]
/** As `serve` does it with a store whose newest record is of NOW. */
async function start(): Promise<() => void> {
  alarms = []
  const opened = { ...store, sales: new SqliteSaleReader(store.database), newestMs: NOW }
  const clock = await WatchedClock.open({
    ...{ store: opened, timers: systemTimers },
    notice: ({ level, what }) => alarms.push(`${level}: ${what}`),
  })
  return keepExpiring({ store, clock, log })
}
/** Writes of the store end by themselves, in turns of the event loop. */
async function written(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

it('expires at the start and, every hour, what the midnight of Tehran has ended since', async () => {
  vi.setSystemTime(tehranMidnight(TODAY + 1) - HOUR_MS / 2)
  const end = await start()
  await written()
  expect(expired()).toBe(0)
  for (const [hours, count] of [
    [1, 1],
    [23, 1],
    [1, 2],
    [24, 3],
  ] as const) {
    for (let hour = 0; hour < hours; hour++) {
      await vi.advanceTimersByTimeAsync(HOUR_MS)
      await written()
    }
    expect(expired()).toBe(count)
  }
  end()
  expect(vi.getTimerCount()).toBe(0)
})

it('leaves no timer behind when the switch stops while it expires', async () => {
  vi.setSystemTime(tehranMidnight(TODAY + 1))
  const end = await start()
  end()
  await written()
  expect(expired()).toBe(1)
  expect(vi.getTimerCount()).toBe(0)
})

it('takes nothing out by a clock that is a year ahead, at the start or later, and says so', async () => {
  vi.setSystemTime(NOW + 400 * 24 * HOUR_MS)
  const end = await start()
  await written()
  expect([expired(), alarms]).toEqual([0, ['alarm: the clock is ahead of the journal']])
  vi.setSystemTime(NOW)
  await vi.advanceTimersByTimeAsync(HOUR_MS)
  expect(alarms.at(-1)).toBe('info: the clock is believed again')
  vi.setSystemTime(NOW + 400 * 24 * HOUR_MS)
  await vi.advanceTimersByTimeAsync(HOUR_MS)
  await written()
  expect([expired(), alarms.length]).toEqual([0, 3])
  end()
})
