// The check behind a start: silent over a sound store, and a damaged one is sold from no more.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemTimers } from '../../protocol/link/timers.ts'
import type { Clock } from '../../switch/core/clock.ts'
import type { Log, LogFields } from '../../switch/log.ts'
import { checkInBackground } from '../../switch/self-check.ts'
import { ReportThreads } from '../../voucher-store/reports/report-threads.ts'
import { enlarge, type TemporaryStore, temporaryStore } from '../voucher-store/temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => {
  vi.restoreAllMocks()
  store.close()
})

/** What was told until the check had ended. */
interface Told {
  readonly doubts: string[]
  readonly alarms: string[]
  readonly lines: string[]
  readonly fields: LogFields[]
}

async function checked(file = store.file, clock: Clock = systemTimers): Promise<Told> {
  const told: Told = { doubts: [], alarms: [], lines: [], fields: [] }
  let ended = (): void => undefined
  const end = new Promise<void>((resolve) => {
    ended = resolve
  })
  const line = (fields: LogFields, text: string): void => {
    told.lines.push(text)
    told.fields.push(fields)
    ended()
  }
  const log: Log = { info: line, warn: line, error: line, fatal: line }
  const stop = checkInBackground({
    file,
    ...{ clock, afterMs: 1 },
    log,
    metrics: { alarm: (what) => told.alarms.push(what) },
    doubt: (reason) => told.doubts.push(reason),
  })
  await end
  await stop()
  return told
}

it('says that a sound store was checked, and doubts nothing', async () => {
  const [count] = store.database.prepare('select count(*) from journal').pluck().all()
  expect(await checked()).toEqual({
    ...{ doubts: [], alarms: [], lines: ['the store was checked'], fields: [{ count }] },
  })
})

it('doubts a store whose journal was changed, and raises an alarm', async () => {
  store.writer.prepare("update journal set body = '{}' where jseq = 1").run()
  const { doubts, alarms } = await checked()
  expect(doubts).toEqual(['the store is damaged: run evs journal verify'])
  expect(alarms).toEqual(['the store is damaged'])
})

it('doubts a store with a row that the journal does not say', async () => {
  store.writer.prepare("update product set price_rial = 1 where product = '91905'").run()
  expect((await checked()).alarms).toEqual(['the store is damaged'])
})

it('leaves the rows of a large store to who asks for them', async () => {
  enlarge(store)
  store.writer.prepare("update product set price_rial = 1 where product = '91905'").run()
  expect(await checked()).toMatchObject({ lines: ['the store was checked'], alarms: [] })
})

it('logs everything that is wrong with a store, and raises one alarm', async () => {
  const spoil = store.writer.prepare('update product set price_rial = 1 where product = ?')
  for (const product of ['091905', '093205']) spoil.run(product)
  const { alarms, doubts, fields } = await checked()
  const details = fields.map(({ detail }) => detail ?? '').join()
  for (const row of [1, 2]) expect(details).toContain(`product ${row} is not what`)
  expect([alarms.length, doubts.length]).toEqual([1, 1])
})

const NOT_CHECKED = 'the store was not checked to its end'

/** Everything that is to happen much later happens at once. */
const HASTY: Clock = {
  ...systemTimers,
  after: (ms, run) => systemTimers.after(Math.min(ms, 1), run),
}

it('neither doubts nor vouches for a store whose check was cut off', async () => {
  expect(await checked(store.file, HASTY)).toMatchObject({
    ...{ doubts: [], alarms: [NOT_CHECKED], lines: [NOT_CHECKED] },
  })
})

it('says nothing of a check that is under way when the switch stops', async () => {
  store.writer.prepare("update journal set body = '{}' where jseq = 1").run()
  const told: string[] = []
  const line = (_fields: object, text: string) => void told.push(text)
  let begun = (): void => undefined
  const begins = new Promise<void>((resolve) => {
    begun = resolve
  })
  const after: Clock['after'] = (ms, run) => {
    if (ms > 1) begun()
    return systemTimers.after(ms, run)
  }
  const stop = checkInBackground({
    ...{ file: store.file, clock: { ...systemTimers, after }, afterMs: 1 },
    log: { info: line, warn: line, error: line, fatal: line },
    metrics: { alarm: (what) => told.push(what) },
    doubt: (reason) => told.push(reason),
  })
  await begins
  await stop()
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(told).toEqual([])
})

it('doubts a store that cannot be read to its end', async () => {
  const file = join(store.directory, 'garbled.db')
  writeFileSync(file, 'no database at all'.repeat(1_000))
  expect(await checked(file)).toMatchObject({
    doubts: ['the store is damaged: run evs journal verify'],
    alarms: ['the store is damaged'],
  })
})

it.each([
  ['SQLITE_FULL', 'database or disk is full'],
  ['SQLITE_CANTOPEN', 'unable to open database file'],
  ['ERR_WORKER_OUT_OF_MEMORY', 'the thread ran out of memory'],
  [undefined, 'the report thread ended'],
])('does not take a check that could not go on for damage: %s', async (code, message) => {
  vi.spyOn(ReportThreads.prototype, 'run').mockResolvedValue({ kind: 'failed', message, code })
  const { doubts, alarms, lines, fields } = await checked()
  expect([doubts, alarms, lines]).toEqual([[], [NOT_CHECKED], [NOT_CHECKED]])
  expect(fields).toEqual([{ detail: `${message}: run evs journal verify` }])
})

it('takes what SQLite calls damage in the middle of it for damage', async () => {
  const failed = { message: 'database disk image is malformed', code: 'SQLITE_CORRUPT' }
  vi.spyOn(ReportThreads.prototype, 'run').mockResolvedValue({ kind: 'failed', ...failed })
  expect((await checked()).alarms).toEqual(['the store is damaged'])
})
