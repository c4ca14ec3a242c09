// The fence by itself: what a restore holds back, what comes back out of it and what never does by
// the way. The restore around it is tested beside this.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findBatch } from '../../../voucher-store/admin/batches.ts'
import { findVoucher, staysBecause } from '../../../voucher-store/admin/vouchers.ts'
import {
  acceptFence,
  fenceReturned,
  fenceStatements,
  readGaps,
  returnFenced,
} from '../../../voucher-store/backup/fence.ts'
import { removeUnfinishedImports } from '../../../voucher-store/import.ts'
import { audit } from '../../../voucher-store/reports/audit.ts'
import { verifyJournal } from '../../../voucher-store/reports/verify-journal.ts'
import { isLarge } from '../../../voucher-store/writer/journal-client.ts'
import {
  addSale,
  endReversal,
  genericFile,
  importFile,
  must,
  NOW,
  stockedStore,
  type TemporaryStore,
  vouchersFrom,
} from '../temporary-store.ts'

const BY = { by: 'sara', atMs: NOW + 1_000 }
const TWO = { ...BY, consentBy: 'reza' }

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 10)
})
afterEach(() => store.close())

/** As a restore does it, with a gap of so many milliseconds. */
async function fenced(ms = 60_000): Promise<void> {
  const statements = fenceStatements(store.database, { fromMs: NOW, toMs: NOW + ms })
  const record = { kind: 'admin', action: 'restore', detail: {}, statements } as const
  await must(store.journal.write({ ...record, ...BY }))
}

/** A sale of which nobody knows how it went: its debit is undone, its vouchers come back. */
async function givenBack(id: number): Promise<void> {
  const reversal = { stan: '900001', transmission: '0701090000' }
  const outcome = { kind: 'reversing', responseCode: '96', reversal, approval: undefined }
  await must(store.journal.write({ kind: 'outcome', id, outcome, atMs: NOW } as never))
}

const countsOf = (batch: number) => {
  const { available, fenced: held } = findBatch(store.database, batch)?.counts ?? {}
  return [available, held]
}

describe('what a sale of the copy had reserved', () => {
  const counts = () => findBatch(store.database, 1)?.counts
  const stateOf = (id: number) => findVoucher(store.database, id)

  it('goes to quarantine under its sale, and is in no batch that two persons give back', async () => {
    await addSale(store, { id: 1, voucherIds: [1, 2] }, 'intent')
    await fenced()
    await givenBack(1)
    expect(await fenceReturned(store, NOW)).toBe(2)
    expect(counts()).toMatchObject({ available: 0, quarantined: 2, fenced: 8 })
    await returnFenced(store, 1, TWO)
    expect(counts()).toMatchObject({ available: 8, quarantined: 2, fenced: 0 })
    expect([1, 2].map(stateOf)).toMatchObject([
      { state: 'quarantined', sale: 1 },
      { state: 'quarantined', sale: 1 },
    ])
    expect(audit(store.database).ok).toBe(true)
    expect(verifyJournal(store.database).problems).toEqual([])
  })

  it('also when the copy is restored and copied again before it comes back', async () => {
    await addSale(store, { id: 1, voucherIds: [1, 2] }, 'intent')
    await fenced()
    await givenBack(1)
    // Of a copy that was made in between: nothing is reserved in it any more.
    await fenced(120_000)
    expect(countsOf(1)).toEqual([0, 10])
    expect(await fenceReturned(store, NOW)).toBe(2)
    expect(counts()).toMatchObject({ available: 0, quarantined: 2, fenced: 8 })
    // A copy of now, restored, holds back nothing else.
    await fenced(180_000)
    expect(await fenceReturned(store, NOW)).toBe(0)
    expect(stateOf(1)).toMatchObject({ state: 'quarantined', sale: 1 })
    expect(audit(store.database).ok).toBe(true)
  })

  it('may be more than SQLite takes values', async () => {
    await fenced()
    const reserved = Array.from({ length: 40_000 }, (_, index) => [100_000 + index, 1])
    const noted = { name: 'fence-reserved', value: JSON.stringify(reserved) }
    store.writer.prepare('update meta set value = :value where name = :name').run(noted)
    expect(await fenceReturned(store, NOW)).toBe(0)
    const left = "select count(*) from meta where name = 'fence-reserved'"
    expect(store.database.prepare(left).pluck().get()).toBe(0)
  })

  it('goes there also as an earlier version noted it, without its sale', async () => {
    await addSale(store, { id: 1, voucherIds: [1, 2] }, 'intent')
    await fenced()
    await givenBack(1)
    const noted = { name: 'fence-reserved', value: '[1,2]' }
    store.writer.prepare('update meta set value = :value where name = :name').run(noted)
    await fenced(120_000)
    expect(await fenceReturned(store, NOW)).toBe(2)
    expect([1, 2].map(stateOf)).toMatchObject([
      { state: 'quarantined', sale: 1 },
      { state: 'quarantined', sale: 1 },
    ])
  })

  it('goes there in records that a full disk has room for, and a start goes on with it', async () => {
    await importFile(store, genericFile(vouchersFrom(100, 200)))
    for (let id = 1; id <= 20; id++) {
      const voucherIds = Array.from({ length: 10 }, (_, index) => id * 10 + index + 1)
      await addSale(store, { id, voucherIds }, 'intent')
    }
    await fenced()
    for (let id = 1; id <= 20; id++) await givenBack(id)
    const full = { kind: 'rolled-back', reason: 'full', detail: 'the disk is full' } as const
    let left = 3
    const write: TemporaryStore['journal']['write'] = (record) =>
      isLarge(record) || left-- === 0 ? Promise.resolve(full) : store.journal.write(record)
    const { database } = store
    await expect(fenceReturned({ database, journal: { write } }, NOW)).rejects.toThrow('full')
    expect(findBatch(database, 2)?.counts).toMatchObject({ available: 110, quarantined: 90 })
    expect(await fenceReturned({ database, journal: { write } }, NOW)).toBe(110)
    expect(findBatch(database, 2)?.counts).toMatchObject({ available: 0, quarantined: 200 })
    expect(await fenceReturned(store, NOW)).toBe(0)
    expect(audit(database).ok).toBe(true)
  })

  it('is voided once its debit is undone, and never released', async () => {
    await addSale(store, { id: 1, voucherIds: [1] }, 'intent')
    await fenced()
    await givenBack(1)
    await fenceReturned(store, NOW)
    const why = (to: 'available' | 'voided') => {
      const voucher = stateOf(1)
      return voucher && staysBecause(store.database, voucher, to)
    }
    expect(why('voided')).toContain('its sale 1 is reversing')
    await endReversal(store, 1, 'closed')
    expect([why('voided'), why('available')]).toEqual([
      undefined,
      'it was sold once: it is voided or claimed',
    ])
  })
})

describe('the rows of an import that had not ended', () => {
  it('are not fenced, and are removed after the next start', async () => {
    await importFile(store, genericFile(vouchersFrom(100, 5)))
    // As a copy holds it that was made while they were being loaded.
    store.writer.exec(`update batch set state = 0 where id = 2;
      update lot set available = 0, imported = 0 where batch = 2`)
    await fenced()
    const states = store.database.prepare('select distinct state from voucher where lot = 2')
    expect(states.pluck().all()).toEqual([0])
    expect((await removeUnfinishedImports(store, () => NOW)).removed).toBe(1)
    expect(findBatch(store.database, 2)).toBeUndefined()
    expect(countsOf(1)).toEqual([0, 10])
  })
})

describe('a voucher in quarantine', () => {
  const quarantine = (voucherId: number) =>
    must(store.journal.write({ kind: 'quarantine', voucherId, why: 'test', atMs: NOW }))
  const stateOf = (id: number) => findVoucher(store.database, id)?.state

  it('that was of no sale in the copy is fenced: it may have been released and sold since', async () => {
    await importFile(store, genericFile(vouchersFrom(100, 5)))
    for (const id of [1, 2, 11]) await quarantine(id)
    await fenced()
    expect([1, 2, 11].map(stateOf)).toEqual(['fenced', 'fenced', 'fenced'])
    for (const [batch, all] of [
      [1, 10],
      [2, 5],
    ] as const) {
      const counts = { available: 0, quarantined: 0, fenced: all }
      expect(findBatch(store.database, batch)?.counts).toMatchObject(counts)
    }
    expect(audit(store.database).ok).toBe(true)
    await returnFenced(store, 1, TWO)
    expect(countsOf(1)).toEqual([10, 0])
    // Whether its PIN opens is seen by the next sale, which puts it back.
    await quarantine(1)
    expect(audit(store.database).ok).toBe(true)
  })

  it('of a refunded sale stays there: nobody can release it', async () => {
    await addSale(store, { id: 1, voucherIds: [1, 2] }, 'refunding')
    await quarantine(3)
    await fenced()
    expect([1, 2, 3].map(stateOf)).toEqual(['quarantined', 'quarantined', 'fenced'])
    await returnFenced(store, 1, TWO)
    expect(findBatch(store.database, 1)?.counts).toMatchObject({ available: 8, quarantined: 2 })
    expect(audit(store.database).ok).toBe(true)
  })
})

describe('what two persons give back to stock', () => {
  it('is of the batch that they name, and of no other', async () => {
    await importFile(store, genericFile(vouchersFrom(100, 5)))
    await fenced()
    expect([countsOf(1), countsOf(2)]).toEqual([
      [0, 10],
      [0, 5],
    ])
    await returnFenced(store, 2, TWO)
    expect([countsOf(1), countsOf(2)]).toEqual([
      [0, 10],
      [5, 0],
    ])
    expect(audit(store.database).ok).toBe(true)
  })

  it('is counted with what came into stock meanwhile', async () => {
    await addSale(store, { id: 1, voucherIds: [1, 2] }, 'intent')
    await fenced()
    await givenBack(1)
    expect(countsOf(1)).toEqual([2, 8])
    await returnFenced(store, 1, TWO)
    expect(countsOf(1)).toEqual([10, 0])
    expect(audit(store.database).ok).toBe(true)
  })
})

describe('what of a large batch is given back', () => {
  const inStock = { available: 1_200, fenced: 0 }
  beforeEach(async () => {
    await importFile(store, genericFile(vouchersFrom(100, 1_200)))
    await fenced()
  })
  const sizes = () =>
    store.records.flatMap((record) => {
      if (record.kind !== 'admin' || record.action !== 'fence return') return []
      return [record.detail.vouchers]
    })

  it('comes in records between which sales are written', async () => {
    expect(await returnFenced(store, 2, TWO)).toEqual({ returned: 1_200, problem: undefined })
    expect(sizes()).toEqual([500, 500, 200])
    expect(store.records.at(-1)).toMatchObject({ detail: { batch: 2, consentBy: 'reza' } })
    expect(findBatch(store.database, 2)?.counts).toMatchObject(inStock)
    expect(countsOf(1)).toEqual([0, 10])
    expect(audit(store.database).ok).toBe(true)
    expect(verifyJournal(store.database).problems).toEqual([])
  })

  it('is what a full disk let through, and the others when it is asked again', async () => {
    const full = { kind: 'rolled-back', reason: 'full', detail: 'the disk is full' } as const
    let left = 2
    const write: TemporaryStore['journal']['write'] = (record) =>
      left-- === 0 ? Promise.resolve(full) : store.journal.write(record)
    const { database } = store
    const cut = await returnFenced({ database, journal: { write } }, 2, TWO)
    expect(cut).toEqual({ returned: 1_000, problem: { kind: 'full', detail: full.detail } })
    expect(countsOf(2)).toEqual([1_000, 200])
    expect(audit(database).ok).toBe(true)
    expect(await returnFenced(store, 2, TWO)).toEqual({ returned: 200, problem: undefined })
    expect(findBatch(database, 2)?.counts).toMatchObject(inStock)
    expect(await returnFenced(store, 2, TWO)).toEqual({ returned: 0, problem: undefined })
  })

  it('is counted once by two that are asked at the same moment', async () => {
    const { database } = store
    const write: TemporaryStore['journal']['write'] = async (record) => {
      await new Promise((next) => setImmediate(next))
      return store.journal.write(record)
    }
    const asked = () => returnFenced({ database, journal: { write } }, 2, TWO)
    const both = await Promise.all([asked(), asked()])
    expect(both.map(({ problem }) => problem)).toEqual([undefined, undefined])
    expect(both.reduce((sum, { returned }) => sum + returned, 0)).toBe(1_200)
    expect(findBatch(store.database, 2)?.counts).toMatchObject(inStock)
    expect(audit(store.database).ok).toBe(true)
  })

  it('is of every lot of the batch', async () => {
    const mixed = vouchersFrom(5_000, 40).map((voucher, index) =>
      index % 2 === 0 ? voucher : { ...voucher, expires: '2027-06-30' },
    )
    await importFile(store, genericFile(mixed))
    await fenced(120_000)
    expect(await returnFenced(store, 3, TWO)).toEqual({ returned: 40, problem: undefined })
    expect(countsOf(3)).toEqual([40, 0])
    expect(audit(store.database).ok).toBe(true)
  })
})

describe('a gap', () => {
  it('is accepted once, and by the first of two persons who do it at the same moment', async () => {
    await fenced()
    const write: TemporaryStore['journal']['write'] = async (record) => {
      await new Promise((next) => setImmediate(next))
      return store.journal.write(record)
    }
    const { database } = store
    const both = ['sara', 'reza'].map((by) =>
      acceptFence({ journal: { write }, database }, { ...BY, by }),
    )
    expect((await Promise.all(both)).map((result) => result?.kind)).toEqual(['written', 'changed'])
    expect(readGaps(store.database).map(({ acceptedBy }) => acceptedBy)).toEqual(['sara'])
    expect(await acceptFence(store, BY)).toBeUndefined()
  })
})
