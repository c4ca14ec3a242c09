// The turn of imports, with what a kill left of one: removed beside everything else, never met by
// the next import, and never taken for one that is under way.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemTimers } from '../../../protocol/link/timers.ts'
import { ImportTurn } from '../../../switch/admin/import-turn.ts'
import { type ImportProgress, importBatch } from '../../../voucher-store/import.ts'
import { verifyJournal } from '../../../voucher-store/reports/verify-journal.ts'
import type { StoreRecord } from '../../../voucher-store/store-record.ts'
import { cutOffImport } from '../../voucher-store/cut-off-import.ts'
import {
  genericFile,
  inChunks,
  KEK,
  NOW,
  orderFor,
  type TemporaryStore,
  temporaryStore,
  vouchersFrom,
} from '../../voucher-store/temporary-store.ts'

const FULL = { kind: 'rolled-back', reason: 'full', detail: 'SQLITE_FULL' } as const
const REMOVING = 'batch import removing'
const REMOVED = 'batch import removed'

let store: TemporaryStore
let turn: ImportTurn
beforeEach(async () => {
  store = await temporaryStore()
  turn = turnOn(store.journal)
})
afterEach(() => store.close())

function turnOn(journal: TemporaryStore['journal']): ImportTurn {
  const facts = { sqliteVersion: '', journalMode: '', synchronous: 2, foreignKeys: 1, mmapSize: 0 }
  const ports = { ...store, journal, facts, epoch: 1, kek: KEK }
  return new ImportTurn({ store: ports, wallMs: () => NOW + 5 })
}

/** A journal that has `before` done with every record of administration first. */
function watched(before: (action: string) => unknown): TemporaryStore['journal'] {
  return {
    write: async (record: StoreRecord) => {
      if ('action' in record) await before(record.action)
      return store.journal.write(record)
    },
  }
}

/** As long as the file of the import that is cut off, and with the same vouchers. */
async function imported(turnOfImports: ImportTurn): Promise<ImportProgress | undefined> {
  const { journal, database, ring } = store
  const ports = { journal, database, ring, kek: KEK, clock: systemTimers }
  const file = inChunks(genericFile(vouchersFrom(0, 4_000)))
  let last: ImportProgress | undefined
  for await (const event of turnOfImports.run(() => importBatch(ports, orderFor(store), file))) {
    last = event
  }
  return last
}

const actions = () => store.records.flatMap((one) => ('action' in one ? [one.action] : []))
const counts = () =>
  ['batch', 'lot', 'voucher'].map((table) =>
    store.database.prepare(`select count(*) from ${table}`).pluck().get(),
  )

it('removes what a kill left, in records that let sales go before them', async () => {
  await cutOffImport(store, 0)
  expect(counts()).toEqual([1, 1, 750])
  expect(await turn.removeUnfinished()).toBeUndefined()
  expect(counts()).toEqual([0, 0, 0])
  const removing = store.records.filter((one) => 'action' in one && one.action === REMOVING)
  expect(removing).toMatchObject([500, 250].map(() => ({ isLarge: true, by: 'start' })))
  expect(store.records.at(-1)).toMatchObject({ action: REMOVED, by: 'start', atMs: NOW + 5 })
  expect(verifyJournal(store.database).problems).toEqual([])
})

it('takes fewer rows at a time while sales go on', async () => {
  await cutOffImport(store, 0)
  const journal = { ...store.journal, isBusy: true }
  expect(await turnOn(journal).removeUnfinished()).toBeUndefined()
  expect(actions().filter((action) => action === REMOVING)).toHaveLength(8)
  expect(counts()).toEqual([0, 0, 0])
})

it('has an import wait that comes meanwhile, even one of the very same file', async () => {
  await cutOffImport(store, 0)
  let go = (): void => undefined
  const held = new Promise<void>((resolve) => {
    go = resolve
  })
  const slow = turnOn(watched((action) => (action === REMOVING ? held : undefined)))
  const removing = slow.removeUnfinished()
  const waiting = imported(slow)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(actions()).not.toContain(REMOVING)
  go()
  expect(await waiting).toMatchObject({ kind: 'done', vouchers: 4_000 })
  expect(await removing).toBeUndefined()
  const order = actions().filter((action) => [REMOVED, 'batch import begun'].includes(action))
  expect(order).toEqual(['batch import begun', REMOVED, 'batch import begun'])
  expect(verifyJournal(store.database).problems).toEqual([])
})

it('removes before an import what is left, where nobody removed it at the start', async () => {
  await cutOffImport(store, 0)
  expect(await imported(turn)).toMatchObject({ kind: 'done', batch: 2, vouchers: 4_000 })
  expect(counts()).toEqual([1, 1, 4_000])
})

it('leaves an import alone that is under way', async () => {
  const { database, ring } = store
  const told: unknown[] = []
  const journal = watched(async (action) => {
    if (action === 'batch import chunk') told.push(await turn.removeUnfinished())
  })
  const ports = { journal, database, ring, kek: KEK, clock: systemTimers }
  const file = inChunks(genericFile(vouchersFrom(0, 600)))
  const events: ImportProgress[] = []
  for await (const event of turn.run(() => importBatch(ports, orderFor(store), file))) {
    events.push(event)
  }
  expect(told).toEqual([undefined, undefined, undefined])
  expect(events.at(-1)).toMatchObject({ kind: 'done', vouchers: 600 })
  expect(counts()).toEqual([1, 1, 600])
})

it('ends where it is when the switch stops, and the next start goes on', async () => {
  await cutOffImport(store, 0)
  let stopping: Promise<void> | undefined
  const stopped = turnOn(
    watched((action) => {
      if (action === REMOVING) stopping = stopped.stop()
    }),
  )
  const removing = stopped.removeUnfinished()
  await expect(imported(stopped)).rejects.toMatchObject({ code: 'NOT_READY' })
  await stopping
  expect(await removing).toBeUndefined()
  expect(counts()).toEqual([1, 1, 250])
  // What is left is no stock, and no damage either.
  expect(verifyJournal(store.database).problems).toEqual([])
  expect(await turn.removeUnfinished()).toBeUndefined()
  expect(counts()).toEqual([0, 0, 0])
  expect(verifyJournal(store.database).problems).toEqual([])
})

it.each([REMOVING, REMOVED])(
  'tells that there is no room for "%s", and tries again',
  async (no) => {
    await cutOffImport(store, 0)
    let isFull = true
    const full = turnOn({
      write: (record: StoreRecord) =>
        isFull && 'action' in record && record.action === no
          ? Promise.resolve(FULL)
          : store.journal.write(record),
    })
    expect(await full.removeUnfinished()).toBe('batch 1: SQLITE_FULL')
    expect(counts()[0]).toBe(1)
    isFull = false
    expect(await full.removeUnfinished()).toBeUndefined()
    expect(counts()).toEqual([0, 0, 0])
  },
)

it('tells what it could not read, and does not throw it', async () => {
  await cutOffImport(store, 0)
  const broken = watched(() => {
    throw new Error('disk I/O error')
  })
  expect(await turnOn(broken).removeUnfinished()).toBe('disk I/O error')
})
