// The import pipeline against a real store: all or nothing, duplicates named by line, leftovers
// of a crash removed, and no PIN in clear in any file.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemTimers } from '../../protocol/link/timers.ts'
import type { WriteResult } from '../../switch/core/journal.ts'
import { listBatches, lotsOf } from '../../voucher-store/admin/batches.ts'
import {
  type ImportProgress,
  importBatch,
  removeUnfinishedImports,
} from '../../voucher-store/import.ts'
import { SqliteStockReader } from '../../voucher-store/reading/stock-reader.ts'
import { SqliteVault } from '../../voucher-store/vault/vault.ts'
import { GENESIS, verifyChain } from '../../voucher-store/writer/chain.ts'
import { cutOffImport } from './cut-off-import.ts'
import {
  genericFile,
  importFile,
  inChunks,
  KEK,
  NOW,
  orderFor,
  type TemporaryStore,
  type TestVoucher,
  temporaryStore,
  vouchersFrom,
} from './temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

const last = (events: ImportProgress[]) => events.at(-1)
const all = (removed: number) => ({ removed, problem: undefined })
const countOf = (table: string) =>
  store.database.prepare(`select count(*) from ${table}`).pluck().get()

describe('an import', () => {
  it('makes a batch of every voucher, with counts, and its PINs open again', async () => {
    const events = await importFile(store, genericFile(vouchersFrom(0, 1_234)))
    expect(last(events)).toMatchObject({
      kind: 'done',
      batch: 1,
      format: 'generic',
      vouchers: 1_234,
      released: true,
      products: [{ product: '093205', vouchers: 1_234 }],
    })
    const [batch] = listBatches(store.database, {})
    expect(batch).toMatchObject({ id: 1, state: 'released', quantity: 1_234 })
    expect(batch?.counts).toMatchObject({ imported: 1_234, available: 1_234, sold: 0 })
    const reader = new SqliteStockReader(store.database)
    const vault = new SqliteVault(store.ring, (id) => reader.byId(id))
    const { vouchers } = reader.available('093205', undefined, 2_000)
    expect(vouchers).toHaveLength(1_234)
    const [first] = vouchers
    expect(first && vault.openPin(first)?.reveal()).toBe('31049845900000')
    expect(verifyChain(store.database, { after: GENESIS }).why).toBeUndefined()
  })

  it('keeps a lot for every product and expiry', async () => {
    const [a, b, c] = vouchersFrom(0, 3)
    const rows = [{ ...a, product: '091905' }, { ...b, expires: '2027-01-01' }, c]
    await importFile(store, genericFile(rows as Parameters<typeof genericFile>[0]))
    expect(lotsOf(store.database, 1).map((lot) => [lot.product, lot.expires])).toEqual([
      ['091905', '2028-12-31'],
      ['093205', '2027-01-01'],
      ['093205', '2028-12-31'],
    ])
  })

  it('refuses the same file again and names the batch and the day', async () => {
    const file = genericFile(vouchersFrom(0, 600))
    await importFile(store, file)
    expect(last(await importFile(store, file))).toMatchObject({
      kind: 'refused',
      code: 'BATCH_DUPLICATE',
      message: expect.stringMatching(/batch 1, imported 2026-07-01T/),
      problems: [],
    })
    expect(countOf('batch')).toBe(1)
    expect(countOf('voucher')).toBe(600)
  })

  it('refuses a file with one PIN or serial of the stock, and leaves nothing of it', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 700)))
    const samePin = vouchersFrom(5_000, 1_500).map((voucher, index) =>
      index === 1_400 ? { ...voucher, digits: 31_049_845_900_003 } : voucher,
    )
    const refused = last(await importFile(store, genericFile(samePin)))
    expect(refused).toMatchObject({
      code: 'BATCH_DUPLICATE',
      problems: [{ line: 1_402, message: 'the PIN is already in stock, in batch 1' }],
      moreProblems: 0,
    })
    const sameSerials = genericFile([...vouchersFrom(9_000, 10), ...vouchersFrom(600, 100)])
    expect(last(await importFile(store, sameSerials))).toMatchObject({
      problems: { length: 50 },
      moreProblems: 50,
    })
    expect(countOf('voucher')).toBe(700)
    expect(countOf('batch')).toBe(1)
    expect(countOf('lot')).toBe(1)
    expect(countOf("vault_key where purpose = 'pin'")).toBe(2)
    expect(JSON.stringify(refused)).not.toContain('31049845900003')
  })

  it('removes what it had written when a mistake stands at the end of the file', async () => {
    const file = Buffer.concat([genericFile(vouchersFrom(0, 3_000)), Buffer.from('1,2,3\n')])
    expect(last(await importFile(store, file))).toMatchObject({
      code: 'BATCH_REFUSED',
      problems: [{ line: 3_002 }],
    })
    expect(countOf('voucher') as number).toBe(0)
    expect(countOf('batch')).toBe(0)
    expect(last(await importFile(store, genericFile(vouchersFrom(0, 3_000))))).toMatchObject({
      kind: 'done',
      batch: 2,
    })
  })

  it('writes nothing in a dry run and tells the same problems', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 10)))
    const written = store.records.length
    const good = await importFile(store, genericFile(vouchersFrom(50, 10)), { dryRun: true })
    expect(last(good)).toMatchObject({
      ...{ kind: 'done', dryRun: true, batch: null, vouchers: 10, released: false },
    })
    const bad = await importFile(store, genericFile(vouchersFrom(9, 10)), { dryRun: true })
    expect(last(bad)).toMatchObject({ code: 'BATCH_DUPLICATE', problems: [{ line: 2 }] })
    const same = await importFile(store, genericFile(vouchersFrom(0, 10)), { dryRun: true })
    const message = expect.stringMatching(/^this file is in stock as batch 1, imported /)
    expect(last(same)).toMatchObject({ code: 'BATCH_DUPLICATE', message, problems: [] })
    expect(store.records.length).toBe(written)
  })

  it('is on record with who ordered it and how he was let in, its removal too', async () => {
    const how = { as: 'login', from: 'tcp' } as const
    const order = { by: 'sara', how }
    await importFile(store, genericFile(vouchersFrom(0, 300)), order)
    const twice = [...vouchersFrom(5_000, 1_500), ...vouchersFrom(5_000, 1)]
    await importFile(store, genericFile(twice), order)
    const records = store.records.filter(({ kind }) => kind === 'admin').slice(2)
    const actions = records.map((record) => ('action' in record ? record.action : ''))
    expect(actions).toEqual(
      expect.arrayContaining(['batch import and release', 'batch import removed']),
    )
    for (const record of records) expect(record).toMatchObject({ by: 'sara', how })
  })

  it('names a file of no known format, and one that is too large', async () => {
    const unknown = last(await importFile(store, Buffer.from('what is this\n')))
    expect(unknown).toMatchObject({ code: 'BATCH_FORMAT_UNKNOWN', problems: [{ line: 1 }] })
    const file = genericFile(vouchersFrom(0, 3_000))
    const large = last(await importFile(store, file, { fileBytesMost: 70_000 }))
    expect(large).toMatchObject({ code: 'TOO_LARGE' })
    expect(countOf('batch')).toBe(0)
  })

  it('takes a file of the largest size, and lets go of one that is a byte larger', async () => {
    const bytes = genericFile(vouchersFrom(0, 300))
    let isClosed = false
    async function* upload() {
      try {
        yield* inChunks(bytes, 1_000)
        yield Buffer.from('never asked for')
      } finally {
        isClosed = true
      }
    }
    const { journal, database, ring } = store
    const ports = { journal, database, ring, kek: KEK, clock: systemTimers }
    const order = orderFor(store, { fileBytesMost: bytes.length - 1 })
    const events: ImportProgress[] = []
    for await (const event of importBatch(ports, order, upload())) events.push(event)
    expect([last(events), isClosed]).toMatchObject([{ code: 'TOO_LARGE' }, true])
    const taken = await importFile(store, bytes, { fileBytesMost: bytes.length })
    expect(last(taken)).toMatchObject({ kind: 'done', vouchers: 300 })
  })

  it('that is not to be released is not sold from', async () => {
    const events = await importFile(store, genericFile(vouchersFrom(0, 5)), { release: false })
    expect(last(events)).toMatchObject({ kind: 'done', released: false })
    expect(listBatches(store.database, {})).toMatchObject([{ state: 'loaded' }])
    const reader = new SqliteStockReader(store.database)
    expect(reader.available('093205', undefined, 5).vouchers).toEqual([])
  })

  it('knows serials and PINs by their mobile operator, whatever the product', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 5)))
    const [known] = vouchersFrom(3, 1) as [TestVoucher]
    const catalogue = { product: () => undefined, has: () => true }
    const imported = async (change: Partial<TestVoucher>) =>
      last(await importFile(store, genericFile([{ ...known, ...change }]), { catalogue }))
    const refused = (what: string) => ({
      ...{ code: 'BATCH_DUPLICATE', moreProblems: 0 },
      problems: [{ line: 2, message: `${what} is already in stock, in batch 1` }],
    })
    const product = '093210'
    expect(await imported({ product, digits: 31_049_845_999_999 })).toMatchObject(
      refused('the serial'),
    )
    expect(await imported({ product, serial: 93_299_999_999 })).toMatchObject(refused('the PIN'))
    // Another mobile operator has numbers of its own.
    expect(await imported({ product: '091905' })).toMatchObject({ kind: 'done' })
  })

  it('is no delivery of vouchers with thousands of products and expiries', async () => {
    // It is removed lot by lot, which is thousands of commits.
    store.writer.pragma('synchronous = OFF')
    const days = vouchersFrom(0, 2_300).map((voucher, day) => {
      const expires = new Date(Date.UTC(2027, 0, 1 + day)).toISOString().slice(0, 10)
      return { ...voucher, expires }
    })
    expect(last(await importFile(store, genericFile(days)))).toMatchObject({
      ...{ code: 'CONFLICT', message: expect.stringContaining('more than 2000 combinations') },
    })
    expect(['batch', 'lot', 'voucher'].map(countOf)).toEqual([0, 0, 0])
  }, 60_000)

  it('shows the first mistakes of a file, and says that there are more', async () => {
    const bad = Array.from({ length: 60 }, () => '1,2,3').join('\n')
    const file = Buffer.concat([genericFile(vouchersFrom(0, 1)), Buffer.from(`${bad}\n`)])
    const refused = last(await importFile(store, file))
    expect(refused).toMatchObject({ code: 'BATCH_REFUSED', problems: { length: 50 } })
    expect(refused?.kind === 'refused' && refused.moreProblems).toBeGreaterThan(0)
  })

  it('left while a write is under way waits for it, and leaves nothing behind', async () => {
    let before: Promise<unknown> = Promise.resolve()
    /** As a busy writer: in order, and some turns later. */
    const write: TemporaryStore['journal']['write'] = (record) => {
      const written = before.then(async () => {
        for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next))
        return store.journal.write(record)
      })
      before = written
      return written
    }
    let nowMs = 0
    const clock = { ...systemTimers, monotonicMs: () => (nowMs += 500) }
    const { database, ring } = store
    const ports = { journal: { write }, database, ring, kek: KEK, clock }
    const file = inChunks(genericFile(vouchersFrom(0, 200)))
    for await (const event of importBatch(ports, orderFor(store), file)) {
      if (event.kind === 'progress' && event.vouchers > 0) break
    }
    expect(['batch', 'lot', 'voucher'].map(countOf)).toEqual([0, 0, 0])
  })

  it('left early by its reader removes what it wrote', async () => {
    const { journal, database, ring } = store
    const ports = { journal, database, ring, kek: KEK, clock: systemTimers }
    const file = inChunks(genericFile(vouchersFrom(0, 5_000)), 20_000)
    const slow = (async function* () {
      for await (const chunk of file) {
        await new Promise((resolve) => setTimeout(resolve, 80))
        yield chunk
      }
    })()
    for await (const event of importBatch(ports, orderFor(store), slow)) {
      if (event.kind === 'progress' && event.vouchers > 0) break
    }
    expect(store.records.some((record) => 'action' in record && /chunk/.test(record.action))).toBe(
      true,
    )
    expect(countOf('voucher')).toBe(0)
    expect(countOf('batch')).toBe(0)
  })

  it('that a crash cut off is removed after the next start', async () => {
    await cutOffImport(store, 0)
    expect(countOf('voucher')).toBe(750)
    expect(listBatches(store.database, {})[0]).toMatchObject({ state: 'loading', quantity: 0 })
    expect(await removeUnfinishedImports(store, () => NOW)).toEqual(all(1))
    expect(store.records.at(-1)).toMatchObject({ by: 'start', atMs: NOW })
    for (const table of ['voucher', 'lot', 'batch']) expect(countOf(table)).toBe(0)
    expect(await removeUnfinishedImports(store, () => NOW)).toEqual(all(0))
  })

  it('is removed with every other one that was cut off', async () => {
    await cutOffImport(store, 0)
    await cutOffImport(store, 10_000)
    expect(countOf('voucher')).toBe(1_500)
    expect(await removeUnfinishedImports(store, () => NOW)).toEqual(all(2))
    for (const table of ['voucher', 'lot', 'batch']) expect(countOf(table)).toBe(0)
  })

  it('is no stock when the store refuses its last rows, however late that is known', async () => {
    let before: Promise<unknown> = Promise.resolve()
    let chunks = 0
    /** In order and some turns later; the second chunk meets what another import brought. */
    const write: TemporaryStore['journal']['write'] = (record) => {
      const isChunk = record.kind === 'admin' && record.action === 'batch import chunk'
      const isTaken = isChunk && ++chunks === 2
      const written = before.then(async () => {
        for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next))
        return isTaken ? TAKEN : store.journal.write(record)
      })
      before = written
      return written
    }
    const events = await importFile(
      { ...store, journal: { write } },
      genericFile(vouchersFrom(0, 300)),
    )
    expect(chunks).toBe(2)
    expect(last(events)).toMatchObject({ kind: 'refused', code: 'BATCH_DUPLICATE' })
    expect(['batch', 'lot', 'voucher'].map(countOf)).toEqual([0, 0, 0])
  })

  it('leaves no PIN in clear in any file, and a hash over the rows in the journal', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 200)))
    const digits = '31049845900123'
    const forms = [
      Buffer.from(digits),
      Buffer.from(Buffer.from(digits).toString('hex')),
      Buffer.from(digits, 'hex'),
      Buffer.from(digits, 'utf16le'),
      Buffer.from(Buffer.from(digits).toString('base64').replace(/=+$/, '')),
    ]
    for (const name of readdirSync(store.directory)) {
      const bytes = readFileSync(join(store.directory, name))
      for (const form of forms) expect(bytes.indexOf(form)).toBe(-1)
    }
    const bodies = store.database.prepare("select body from journal where kind = 'admin'").pluck()
    expect(bodies.all().join('\n')).toMatch(/"batch import chunk".*"digest":"[0-9a-f]{64}"/)
  })

  it('writes fewer rows at a time while sales are being written', async () => {
    const sizes = async (isBusy: boolean) => {
      const before = store.records.length
      const from = isBusy ? 0 : 400
      const journal = { write: store.journal.write, isBusy }
      await importFile({ ...store, journal }, genericFile(vouchersFrom(from, 400)))
      return store.records.slice(before).flatMap((record) => {
        if (record.kind !== 'admin' || !record.action.includes('chunk')) return []
        return [record.detail.vouchers]
      })
    }
    expect(await sizes(true)).toEqual([50, 50, 50, 50, 50, 50, 50, 50])
    expect(await sizes(false)).toEqual([250, 150])
  })
})

const TAKEN: WriteResult = {
  kind: 'rolled-back',
  reason: 'guard',
  detail: 'SQLITE_CONSTRAINT_UNIQUE: voucher.fingerprint',
}
