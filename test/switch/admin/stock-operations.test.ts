// Batches whose change the store does not take: what runs and what is durable say the same, and
// whoever asked hears that it was not done.

import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AdminOperations } from '../../../admin-api/operations.ts'
import type { ImportEvent } from '../../../admin-api/schemas.ts'
import type { WriteResult } from '../../../switch/core/journal.ts'
import { findBatch } from '../../../voucher-store/admin/batches.ts'
import { verifyJournal } from '../../../voucher-store/reports/verify-journal.ts'
import type { StoreRecord } from '../../../voucher-store/store-record.ts'
import {
  addSale,
  addTerminal,
  genericFile,
  importFile,
  inChunks,
  type TemporaryStore,
  TODAY,
  temporaryStore,
  vouchersFrom,
} from '../../voucher-store/temporary-store.ts'
import { FULL } from '../core/fake-journal.ts'
import { toldOperations } from './told-operations.ts'

const actor = { name: 'sara' }
const SAMPLE = readFileSync(
  new URL('../../../samples/batches/mci-new.txt', import.meta.url),
  'utf8',
)

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

/** A disk that has no room for acts of that name. */
function without(action: string) {
  const write = (record: StoreRecord): Promise<WriteResult> =>
    record.kind === 'admin' && record.action === action
      ? Promise.resolve(FULL)
      : store.journal.write(record)
  return toldOperations(store, { write })
}

describe('a batch', () => {
  it('that could not be held is sold from as before', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 10)))
    const { operations, inventory } = without('batch hold')
    await expect(operations.changeBatch(actor, 1, { action: 'hold' })).rejects.toThrow()
    expect(findBatch(store.database, 1)?.state).toBe('released')
    expect(inventory.reserve('093205', 10, TODAY)).toHaveLength(10)
  })

  it('that could not be emptied is not said to be recalled, and not sold from', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 10)))
    const { operations, inventory } = without('batch void')
    await expect(operations.changeBatch(actor, 1, { action: 'recall' })).rejects.toThrow()
    expect(findBatch(store.database, 1)).toMatchObject({ state: 'held', counts: { available: 10 } })
    expect(inventory.reserve('093205', 1, TODAY)).toBeUndefined()
  })

  it('of which a sale has a voucher in hand is not closed', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 1)))
    await addTerminal(store)
    await addSale(store, { id: 1, voucherIds: [1] }, 'intent')
    const { operations } = toldOperations(store)
    expect((await operations.batch(1)).counts).toMatchObject({ available: 0, reserved: 1 })
    const closed = operations.changeBatch(actor, 1, { action: 'close' })
    await expect(closed).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(findBatch(store.database, 1)?.state).toBe('released')
  })

  it('whose last voucher is sold is closed from where it was sold', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 1)))
    await addTerminal(store)
    await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
    const { operations } = toldOperations(store)
    expect(await operations.batch(1)).toMatchObject({ state: 'released', counts: { sold: 1 } })
    const closed = await operations.changeBatch(actor, 1, { action: 'close' })
    expect(closed).toMatchObject({ state: 'closed', counts: { sold: 1 } })
  })

  it.each(['hold', 'recall'] as const)(
    'whose release and %s cross is not sold from',
    async (action) => {
      await importFile(store, genericFile(vouchersFrom(0, 10)), { release: false })
      const held: (() => void)[] = []
      const { operations, inventory } = toldOperations(store, {
        write: async (record) => {
          if (record.kind === 'admin' && record.action !== 'batch void') {
            await new Promise<void>((written) => held.push(written))
          }
          return store.journal.write(record)
        },
      })
      const released = operations.changeBatch(actor, 1, { action: 'release' })
      const taken = operations.changeBatch(actor, 1, { action })
      held.shift()?.()
      await released
      // Durable it is released, and a sale reads it before the other is written.
      expect(inventory.reserve('093205', 1, TODAY)).toHaveLength(1)
      held.shift()?.()
      expect(await taken).toMatchObject({ state: 'held' })
      expect(inventory.reserve('093205', 1, TODAY)).toBeUndefined()
    },
  )

  /** The sample of MCI, whose vouchers work from that day on. */
  const startingOn = (day: string) => {
    const ours = SAMPLE.replace('FaceValue: 100000', 'FaceValue: 50000')
    return Buffer.from(ours.replace('StartDate: 2026-06-01', `StartDate: ${day}`))
  }

  async function imported(operations: AdminOperations, release: boolean, day: string) {
    const request = { fileName: 'mci.txt', release, dryRun: false }
    const file = inChunks(startingOn(day))
    let last: ImportEvent | undefined
    for await (const event of operations.importBatch(actor, request, file)) last = event
    return last
  }

  it('whose vouchers do not work yet waits for their first day, and says which', async () => {
    const { operations } = toldOperations(store)
    expect(await imported(operations, false, '2026-07-02')).toMatchObject({ kind: 'done' })
    expect(await operations.batches({})).toMatchObject([
      { state: 'loaded', validFrom: '2026-07-02' },
    ])
    const released = operations.changeBatch(actor, 1, { action: 'release' })
    await expect(released).rejects.toMatchObject({
      ...{ code: 'CONFLICT', message: expect.stringContaining('2026-07-02') },
    })
    expect(await operations.batch(1)).toMatchObject({ state: 'loaded' })
    expect(verifyJournal(store.database)).toMatchObject({ problems: [], rowsCompared: true })
  })

  it('is released on the first day of its vouchers', async () => {
    const { operations } = toldOperations(store)
    await imported(operations, false, '2026-07-01')
    const released = await operations.changeBatch(actor, 1, { action: 'release' })
    expect(released).toMatchObject({ state: 'released', validFrom: '2026-07-01' })
  })

  it('whose vouchers do not work yet is not imported to be released at once', async () => {
    const { operations } = toldOperations(store)
    const { length } = store.records
    expect(await imported(operations, true, '2026-07-02')).toMatchObject({
      kind: 'refused',
      problems: [{ line: 5, hint: expect.stringContaining('without --release') }],
    })
    expect([await operations.batches({}), store.records.length]).toEqual([[], length])
    expect(await imported(operations, true, '2026-07-01')).toMatchObject({ released: true })
  })

  it('that is held can be recalled', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 10)))
    const { operations } = toldOperations(store)
    await operations.changeBatch(actor, 1, { action: 'hold' })
    expect(await operations.changeBatch(actor, 1, { action: 'recall' })).toMatchObject({
      ...{ state: 'held', counts: { available: 0, voided: 10 } },
    })
  })

  it('whose file cannot be read to its end stands in the way of no other', async () => {
    const { operations } = toldOperations(store)
    const request = { fileName: 'a.csv', release: false, dryRun: false }
    const whole = genericFile(vouchersFrom(0, 10))
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield whole.subarray(0, 50)
      throw new Error('the stick was pulled out')
    }
    const kinds: string[] = []
    const read = async (file: AsyncIterable<Uint8Array>) => {
      for await (const { kind } of operations.importBatch(actor, request, file)) kinds.push(kind)
    }
    await expect(read(cut())).rejects.toThrow('stick')
    await read(inChunks(whole))
    expect(kinds.at(-1)).toBe('done')
  })

  it('is on record with who imported it, and how he came in', async () => {
    const how = { as: 'login', from: 'tcp' } as const
    const { operations } = toldOperations(store)
    const request = { fileName: 'a.csv', release: true, dryRun: false }
    const file = inChunks(genericFile(vouchersFrom(0, 10)))
    for await (const _ of operations.importBatch({ ...actor, how }, request, file));
    const bodies = store.database.prepare('select body from journal').pluck().all()
    const mine = bodies.map((body) => JSON.parse(String(body))).filter(({ by }) => by === 'sara')
    expect(mine.length).toBeGreaterThan(0)
    for (const act of mine) expect(act).toMatchObject({ by: 'sara', how })
  })

  it('that is recalled is on record with who did it, emptied as well as held', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 10)))
    await toldOperations(store).operations.changeBatch(actor, 1, { action: 'recall' })
    const acts = store.records.flatMap((record) => (record.kind === 'admin' ? [record] : []))
    expect(acts.slice(-2).map(({ action, by }) => [action, by])).toEqual([
      ['batch recall', 'sara'],
      ['batch void', 'sara'],
    ])
  })

  it('is for sale when its importer hears that it is there', async () => {
    const { operations, inventory } = toldOperations(store)
    // Whoever looked before found nothing, and would look again much later.
    expect(inventory.reserve('093205', 1, TODAY)).toBeUndefined()
    const request = { fileName: 'a.csv', release: true, dryRun: false }
    const file = inChunks(genericFile(vouchersFrom(0, 10)))
    for await (const event of operations.importBatch(actor, request, file)) {
      if (event.kind === 'done') expect(inventory.reserve('093205', 10, TODAY)).toHaveLength(10)
    }
    expect.assertions(2)
  })
})
