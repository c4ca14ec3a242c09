// The check behind a start: silent over a sound store, and a damaged one is sold from no more.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemTimers } from '../../protocol/link/timers.ts'
import type { Log } from '../../switch/log.ts'
import { checkInBackground } from '../../switch/self-check.ts'
import { type TemporaryStore, temporaryStore } from '../voucher-store/temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

/** What was told until the check had ended. */
async function checked(
  file = store.file,
): Promise<{ doubts: string[]; alarms: string[]; lines: string[] }> {
  const told = { doubts: [] as string[], alarms: [] as string[], lines: [] as string[] }
  let ended = (): void => undefined
  const end = new Promise<void>((resolve) => {
    ended = resolve
  })
  const line = (_fields: object, text: string): void => {
    told.lines.push(text)
    ended()
  }
  const log: Log = { info: line, warn: line, error: line, fatal: line }
  const stop = checkInBackground({
    file,
    clock: systemTimers,
    afterMs: 1,
    log,
    metrics: { alarm: (what) => told.alarms.push(what) },
    doubt: (reason) => told.doubts.push(reason),
  })
  await end
  await stop()
  return told
}

it('says that a sound store was checked, and doubts nothing', async () => {
  expect(await checked()).toEqual({ doubts: [], alarms: [], lines: ['the store was checked'] })
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

it('doubts a store that cannot be read to its end', async () => {
  const file = join(store.directory, 'garbled.db')
  writeFileSync(file, 'no database at all'.repeat(1_000))
  expect(await checked(file)).toMatchObject({
    doubts: ['the store is damaged: run evs journal verify'],
    alarms: ['the store is damaged'],
  })
})
