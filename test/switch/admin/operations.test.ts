// The admin operations over a real store, with an inventory as it runs: what is changed is durable
// and seen, what is refused has its code, and what is searched or reported is what was sold.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AdminOperations } from '../../../admin-api/operations.ts'
import * as schemas from '../../../admin-api/schemas.ts'
import { systemTimers } from '../../../protocol/link/timers.ts'
import { createOperations } from '../../../switch/admin/operations.ts'
import type { Inventory } from '../../../switch/core/inventory.ts'
import { defaultSettings } from '../../../switch/limits.ts'
import { fenceStatements } from '../../../voucher-store/backup/fence.ts'
import { openForReading } from '../../../voucher-store/open-database.ts'
import { newModule } from '../../protocol/security/test-module.ts'
import {
  addSale,
  addTerminal,
  endReversal,
  genericFile,
  importFile,
  inChunks,
  intentOf,
  KEK,
  must,
  NOW,
  type TemporaryStore,
  TODAY,
  temporaryStore,
  vouchersFrom,
} from '../../voucher-store/temporary-store.ts'
import { toldOperations } from './told-operations.ts'

let store: TemporaryStore
let inventory: Inventory
let operations: AdminOperations
let told: string[]
const actor = { name: 'sara' }

beforeEach(async () => {
  store = await temporaryStore()
  await addTerminal(store)
  ;({ operations, inventory, told } = toldOperations(store))
})
afterEach(() => store.close())

const { timeouts, limits } = defaultSettings()
const LINKS = { listeners: [], cardHosts: [] }
const FACTS = {
  sqliteVersion: '3.51.3',
  journalMode: 'wal',
  synchronous: 2,
  foreignKeys: 1,
  mmapSize: 0,
}
const KEY = { tid: '20000001', mid: '000000000000777', institution: 0 }
const fails = (code: string) => expect.objectContaining({ code })

describe('merchants and terminals', () => {
  it('are added, changed and listed, and the switch is told', async () => {
    const merchant = { mid: '000000000000777', name: 'Shop', city: 'Tehran', institution: 0 }
    expect(await operations.addMerchant(actor, merchant)).toMatchObject({ enabled: true })
    await expect(operations.addMerchant(actor, merchant)).rejects.toEqual(fails('ALREADY_EXISTS'))
    const terminal = { tid: '20000001', mid: merchant.mid, scheme: 'tdes', institution: 0 } as const
    await operations.addTerminal(actor, terminal)
    await expect(operations.addTerminal(actor, terminal)).rejects.toEqual(fails('ALREADY_EXISTS'))
    const unknown = { ...terminal, mid: '9' }
    await expect(operations.addTerminal(actor, unknown)).rejects.toEqual(fails('NOT_FOUND'))
    const off = { ...KEY, state: 'blocked' } as const
    expect(await operations.changeTerminal(actor, off)).toMatchObject({ state: 'blocked' })
    const change = { institution: 0, name: 'New', enabled: false }
    expect(await operations.changeMerchant(actor, merchant.mid, change)).toMatchObject({
      ...{ mid: merchant.mid, name: 'New', city: 'Tehran', institution: 0 },
      ...{ enabled: false, terminals: 1 },
    })
    const listed = await operations.terminals({ mid: merchant.mid, limit: 9 })
    expect(listed.terminals).toHaveLength(1)
    expect((await operations.merchants({ limit: 9 })).merchants).toHaveLength(2)
    expect(told.filter((what) => what === 'terminals')).toHaveLength(3)
    const body = store.database.prepare("select body from journal where kind = 'admin'").pluck()
    expect(body.all().at(-1)).toContain('"action":"merchant set","by":"sara"')
  })
})

describe('products', () => {
  const file = (price: number) =>
    inChunks(
      Buffer.from(
        `product,operator,nameEn,nameFa,priceRial,vatRate,redeem,validFrom
093205,Taliya,"Taliya 50,000",x,${price},0.10,*140*{pin}#,2026-08-01\n`,
      ),
    )

  it('get another price from a date on, and stay disabled under it', async () => {
    const off = await operations.changeProduct(actor, '093205', { enabled: false })
    expect(off).toMatchObject({ priceRial: 50_000, enabled: false })
    const rows = (await operations.loadProducts(actor, file(55_000))).slice(-2)
    expect(rows.map((row) => [row.priceRial, row.validFrom, row.enabled, row.vatRate])).toEqual([
      [50_000, '2026-01-01', false, '0.10'],
      [55_000, '2026-08-01', false, '0.10'],
    ])
    await operations.loadProducts(actor, file(56_000))
    expect(await operations.products()).toHaveLength(3)
    expect(told).toEqual(['catalogue', 'catalogue', 'catalogue'])
  })

  it('of a file with a mistake are not loaded at all', async () => {
    await expect(operations.loadProducts(actor, file(0))).rejects.toMatchObject({
      code: 'USAGE',
      details: { problems: [{ line: 2 }] },
    })
    expect(await operations.products()).toHaveLength(2)
  })

  it('of a mobile operator that the store has under another code are not loaded', async () => {
    const text = `product,operator,nameEn,nameFa,priceRial,vatRate,redeem,validFrom
093605,Taliya,x,x,50000,0.10,*140*{pin}#,2026-08-01\n`
    const message = 'operator: Taliya is 0932 in the store'
    await expect(operations.loadProducts(actor, inChunks(Buffer.from(text)))).rejects.toMatchObject(
      { code: 'USAGE', details: { problems: [{ line: 2, message }] } },
    )
    expect(await operations.products()).toHaveLength(2)
  })
})

describe('batches', () => {
  it('that are held are sold from no more, while sales that reserved before go on', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 100)))
    await importFile(store, genericFile(vouchersFrom(500, 100)))
    const running = inventory.reserve('093205', 2, TODAY) ?? []
    expect(running.map((voucher) => voucher.batch)).toEqual([1, 1])
    const held = operations.changeBatch(actor, 1, { action: 'hold' })
    // Already now, before the hold is durable.
    expect(inventory.reserve('093205', 1, TODAY)?.map((voucher) => voucher.batch)).toEqual([2])
    expect(await held).toMatchObject({ state: 'held' })
    const late = await store.journal.write(intentOf({ id: 9, voucherIds: [5] }))
    expect(late).toMatchObject({ kind: 'rolled-back', reason: 'guard' })
    inventory.release(running)
    const rest = inventory.reserve('093205', 99, TODAY) ?? []
    expect(new Set(rest.map((voucher) => voucher.batch))).toEqual(new Set([2]))
    expect(inventory.reserve('093205', 1, TODAY)).toBeUndefined()
    expect(await operations.changeBatch(actor, 1, { action: 'release' })).toMatchObject({
      state: 'released',
    })
    expect(inventory.reserve('093205', 100, TODAY)).toHaveLength(100)
  })

  it('that are recalled lose what is in stock, and only empty ones are closed', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 1_200)))
    await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
    const close = () => operations.changeBatch(actor, 1, { action: 'close' })
    await expect(close()).rejects.toEqual(fails('CONFLICT'))
    const recalled = await operations.changeBatch(actor, 1, { action: 'recall' })
    expect(recalled).toMatchObject({
      state: 'held',
      counts: { imported: 1_200, sold: 1, voided: 1_199, available: 0 },
    })
    expect(inventory.reserve('093205', 1, TODAY)).toBeUndefined()
    expect(await close()).toMatchObject({ state: 'closed' })
    const again = operations.changeBatch(actor, 1, { action: 'release' })
    await expect(again).rejects.toEqual(fails('CONFLICT'))
    await expect(operations.batch(7)).rejects.toEqual(fails('NOT_FOUND'))
    expect((await operations.audit()).checks.filter((check) => check.violations > 0)).toEqual([])
  })

  const request = { fileName: 'a.csv', release: true, dryRun: false }

  it('are imported one at a time, and a released one is sold at once', async () => {
    expect(inventory.reserve('093205', 1, TODAY)).toBeUndefined()
    const file = () => inChunks(genericFile(vouchersFrom(0, 3_000)), 20_000)
    const first = operations.importBatch(actor, request, file())
    const events: unknown[] = []
    for await (const event of first) {
      if (events.length === 0) {
        expect(() => operations.importBatch(actor, request, file())).toThrow(/another batch/)
      }
      events.push(schemas.importEvent.parse(event))
    }
    expect(events.at(-1)).toMatchObject({ kind: 'done', vouchers: 3_000, released: true })
    expect(inventory.reserve('093205', 1, TODAY)).toHaveLength(1)
    let last: unknown
    for await (const event of operations.importBatch(actor, request, file())) last = event
    expect(last).toMatchObject({ kind: 'refused', code: 'BATCH_DUPLICATE' })
  })

  it('are shown with their lots, and the stock with its pace', async () => {
    await importFile(store, genericFile(vouchersFrom(0, 100)))
    await importFile(store, genericFile(vouchersFrom(500, 30)), { release: false })
    for (const id of [1, 2, 3]) {
      const voucherIds = [2 * id, 2 * id + 1]
      await addSale(store, { id, voucherIds, atMs: NOW - id * 3_600_000 }, 'sold')
    }
    const detail = schemas.batchDetail.parse(await operations.batch(1))
    expect(detail.lots).toMatchObject([{ product: '093205', counts: { available: 94, sold: 6 } }])
    expect(await operations.batches({ state: 'loaded' })).toMatchObject([{ id: 2 }])
    const lines = (await operations.stock()).map((line) => schemas.stockLine.parse(line))
    expect(lines.find((line) => line.product === '093205')).toMatchObject({
      ...{ imported: 130, available: 124, notReleased: 30, nearExpiry: 0, sellable: 94, sold: 6 },
      ...{ soldLast7Days: 6, daysLeft: 109.6 },
    })
    expect(lines[0]).toMatchObject({ product: '091905', available: 0, daysLeft: null })
  })
})

describe('sales', () => {
  beforeEach(async () => {
    await importFile(store, genericFile(vouchersFrom(0, 50)))
    await addSale(store, { id: 1, voucherIds: [1, 2] }, 'sold')
    await must(store.journal.write({ kind: 'confirm', id: 1, by: '0220', atMs: NOW }))
    await addSale(store, { id: 2, voucherIds: [3] }, 'declined')
    await addSale(store, { id: 3, voucherIds: [3] }, 'reversing')
    await endReversal(store, 3, 'suspense')
  })

  it('are found by what is known of them, page by page', async () => {
    const all = schemas.salePage.parse(await operations.sales({ limit: 2 }))
    expect(all.sales.map((sale) => sale.id)).toEqual([3, 2])
    expect(all.before).toBe(2)
    const rest = await operations.sales({ limit: 2, before: 2 })
    expect(rest).toMatchObject({ before: null, sales: [{ id: 1, confirmed: true }] })
    const ids = async (filter: object) =>
      (await operations.sales({ limit: 9, ...filter })).sales.map((sale) => sale.id)
    expect(await ids({ rrn: '618200000002' })).toEqual([2])
    expect(await ids({ state: 'sold', tid: '10000001', day: '2026-07-01' })).toEqual([1])
    expect(await ids({ mid: 'another' })).toEqual([])
  })

  it('are told with their history and without any secret', async () => {
    const sale = schemas.saleDetail.parse(await operations.sale('618200000001'))
    expect(sale).toMatchObject({ id: 1, serials: ['93200000000', '93200000001'], reversal: null })
    expect(sale.history.map((line) => line.text)).toEqual([
      'vouchers reserved, bank about to be asked',
      'sold, approval 004711',
      'confirmed by the terminal (0220)',
    ])
    expect(JSON.stringify(sale)).not.toContain('31049845')
    const reversing = await operations.sale('3')
    expect(reversing).toMatchObject({ serials: [], reversal: { status: 'suspense' } })
    await expect(operations.sale('77')).rejects.toEqual(fails('NOT_FOUND'))
    await expect(operations.sale('x')).rejects.toEqual(fails('NOT_FOUND'))
  })

  it('in suspense are resolved by a person, whose note is in the journal', async () => {
    const [item] = (await operations.suspense()).map((row) => schemas.suspenseItem.parse(row))
    expect(item).toMatchObject({ sale: 3, status: 'suspense', amountRial: 50_000 })
    const retried = await operations.resolveSuspense(actor, 3, { as: 'retry', note: 'again' })
    expect(retried).toMatchObject({ status: 'pending' })
    const note = 'letter of the bank'
    const ended = await operations.resolveSuspense(actor, 3, { as: 'reversed', note })
    expect(ended).toMatchObject({ status: 'closed' })
    expect(told).toEqual(['retry 3', 'resolved 3'])
    expect(await operations.suspense()).toEqual([])
    const sale = await operations.sale('3')
    expect(sale.state).toBe('reversed')
    expect(sale.history.map((line) => line.text)).toContain('suspense resolve by sara')
    const again = operations.resolveSuspense(actor, 3, { as: 'retry', note })
    await expect(again).rejects.toEqual(fails('CONFLICT'))
    await expect(operations.resolveSuspense(actor, 1, { as: 'retry', note })).rejects.toEqual(
      fails('NOT_FOUND'),
    )
    expect((await operations.verifyJournal()).problems).toEqual([])
  })

  it('leave claims and ends of day that a person closes once', async () => {
    await must(store.journal.write({ kind: 'claim', id: 1, reason: 'too late', atMs: NOW }))
    const [claim] = (await operations.claims()).map((row) => schemas.claim.parse(row))
    expect(claim).toMatchObject({ sale: 1, reason: 'too late', closedAt: null })
    const closed = await operations.resolveClaim(actor, 1, { resolution: 'paid in cash' })
    expect(closed).toMatchObject({ resolution: 'paid in cash' })
    const again = operations.resolveClaim(actor, 1, { resolution: 'x' })
    await expect(again).rejects.toEqual(fails('CONFLICT'))
    expect((await operations.sale('1')).history.at(-1)?.text).toBe('claim resolve by sara')
    const nothing = { salesCount: 0, salesAmount: 0, reversalsCount: 0, reversalsAmount: 0 }
    const intent = intentOf({ id: 8, voucherIds: [9] })
    if (intent.kind !== 'intent') throw new Error('not an intent')
    const { key, merchantKey } = intent
    const end = { kind: 'end-of-day', id: 9, key, merchantKey, claimed: nothing } as const
    await must(store.journal.write({ ...end, atMs: NOW }))
    const [day] = (await operations.dayEndDifferences()).map((row) =>
      schemas.dayEndDifference.parse(row),
    )
    expect(day).toMatchObject({ id: 9, actual: { salesCount: 1, salesAmountRial: 100_000 } })
    expect(await operations.closeDayEnd(actor, 9)).toMatchObject({ closedAt: expect.any(String) })
    await expect(operations.closeDayEnd(actor, 9)).rejects.toEqual(fails('CONFLICT'))
    const tally = store.database.prepare('select sales_count, sales_amount from terminal_tally')
    expect(tally.get()).toEqual({ sales_count: 0, sales_amount: 0 })
  })

  it('are reported by day, merchant and batch', async () => {
    const table = async (report: 'sales' | 'batch' | 'merchant') =>
      schemas.reportTable.parse(await operations.report({ report }))
    expect((await table('sales')).rows).toMatchObject([
      { day: '2026-07-01', product: '093205', sales: 1, vouchers: 2, netRial: '100000', failed: 2 },
    ])
    expect((await table('merchant')).rows).toMatchObject([{ mid: '000000000012345', sales: 1 }])
    expect((await table('batch')).rows).toMatchObject([{ batch: 1, state: 'released', sold: 2 }])
    const backwards = { report: 'sales', from: '2026-07-02', to: '2026-07-01' } as const
    await expect(operations.report(backwards)).rejects.toEqual(fails('USAGE'))
  })

  it('are reconciled with a ledger, whose unusable lines are named', async () => {
    const debit = { kind: 'debit', de7: '0701080000', stan: '000001', tid: '10000001' }
    const ledger = (lines: object[]) =>
      inChunks(Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')), 50)
    const good = await operations.reconcile(
      actor,
      { settle: true },
      ledger([{ ...debit, amount: 100_000 }]),
    )
    expect(schemas.reconciliation.parse(good)).toMatchObject({
      ...{ differenceRial: 0, differences: [], salesSold: 1, settled: 1, openReversals: 1 },
    })
    await expect(
      operations.reconcile(actor, { settle: false }, ledger([debit])),
    ).rejects.toMatchObject({
      code: 'USAGE',
      details: { problems: [{ line: 1, message: 'no amount' }] },
    })
  })

  it('are in the backup, which overwrites nothing', async () => {
    const file = join(store.directory, 'b.evsb')
    const made = schemas.backup.parse(await operations.backup(actor, file))
    const jseq = openForReading(store.file).prepare('select max(jseq) from journal').pluck().get()
    expect(made).toMatchObject({ file, epoch: 1, jseq })
    await expect(operations.backup(actor, file)).rejects.toEqual(fails('ALREADY_EXISTS'))
    writeFileSync(join(store.directory, 'x'), '')
    const nowhere = join(store.directory, 'no', 'folder')
    await expect(operations.backup(actor, nowhere)).rejects.toEqual(fails('NOT_FOUND'))
  })
})

async function restoredStore(): Promise<void> {
  const statements = fenceStatements(store.database, { fromMs: NOW - 1_000, toMs: NOW })
  const about = { action: 'restore', by: 'test', detail: {}, atMs: NOW }
  await must(store.journal.write({ kind: 'admin', ...about, statements }))
}

describe('with the switch stopped', () => {
  const open = () =>
    createOperations({
      store: { ...store, facts: FACTS, epoch: 1, kek: KEK },
      clock: systemTimers,
      wallMs: () => NOW,
      config: { timeouts, limits, ...LINKS },
      securityModule: async () => newModule(),
      runtime: undefined,
    })

  it('reports that are under way end when it is told to end them, and no other begins', async () => {
    const { operations: offline, endReports } = open()
    const underWay = [offline.verifyJournal(), offline.backup(actor, join(store.directory, 'b'))]
    const outcomes = Promise.allSettled(underWay)
    await new Promise((resolve) => setTimeout(resolve, 20))
    endReports()
    const stopped = { status: 'rejected', reason: fails('NOT_READY') }
    expect(await outcomes).toEqual([stopped, stopped])
    await expect(offline.stock()).rejects.toEqual(fails('NOT_READY'))
    expect((await offline.batches({})).length).toBe(0)
  })

  it('the same operations work on the store, and its health says so', async () => {
    const { operations: offline } = open()
    expect(schemas.health.parse(await offline.health())).toMatchObject({
      status: 'offline',
      reasons: ['the switch is stopped'],
    })
    await restoredStore()
    expect((await offline.health()).reasons).toEqual([
      ...['the switch is stopped', 'the store was restored and is not accepted yet'],
    ])
    await importFile(store, genericFile(vouchersFrom(0, 5)), { release: false })
    const released = await offline.changeBatch(actor, 1, { action: 'release' })
    expect(released).toMatchObject({ state: 'released', counts: { available: 5 } })
  })
})
