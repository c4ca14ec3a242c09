// A store in a folder of its own: the real schema, keys, writer and readers, without a thread.
// Makes merchants, batches and sales through the same records that the product writes.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { systemTimers } from '../../protocol/link/timers.ts'
import type { Rrn, Stan } from '../../protocol/values/identifiers.ts'
import { tehranTime } from '../../protocol/values/moment.ts'
import type { Rial } from '../../protocol/values/rial.ts'
import type { JournalRecord, WriteResult } from '../../switch/core/journal.ts'
import { batchCatalogue, loadProducts } from '../../voucher-store/admin/products.ts'
import { sql, statement } from '../../voucher-store/admin/statements.ts'
import { type BackupKey, backupKey } from '../../voucher-store/backup/backup-file.ts'
import { parseCatalogue } from '../../voucher-store/catalogue-file.ts'
import { DATABASE_FILE } from '../../voucher-store/checked-data.ts'
import type { ImportOrder } from '../../voucher-store/import/import-order.ts'
import { type ImportProgress, importBatch } from '../../voucher-store/import.ts'
import { openForReading, openForWriting } from '../../voucher-store/open-database.ts'
import { migrate } from '../../voucher-store/schema/migrate.ts'
import type { StoreRecord } from '../../voucher-store/store-record.ts'
import { bytesKek, type Kek } from '../../voucher-store/vault/kek.ts'
import {
  KEY_PURPOSES,
  KeyRing,
  type WrappedKey,
  wrapNewKey,
} from '../../voucher-store/vault/vault.ts'
import { GroupCommit } from '../../voucher-store/writer/group-commit.ts'

export const KEK_BYTES = Buffer.alloc(32, 7)
export const KEK = bytesKek(KEK_BYTES)
export const NOW = Date.UTC(2026, 6, 1, 8)
export const TODAY = 20260701

export interface TemporaryStore {
  readonly directory: string
  readonly file: string
  readonly database: Database.Database
  readonly writer: Database.Database
  readonly ring: KeyRing
  readonly kekPlace: { readonly kekFile: string }
  readonly replaceKek: (kek: Kek) => void
  readonly journal: { write(record: StoreRecord): Promise<WriteResult> }
  /** Written records, newest last. */
  readonly records: StoreRecord[]
  close(): void
}

export async function temporaryStore(): Promise<TemporaryStore> {
  const directory = mkdtempSync(join(tmpdir(), 'evs-store-'))
  const file = join(directory, DATABASE_FILE)
  await migrate(file)
  const writer = openForWriting(file)
  const keys = KEY_PURPOSES.map((purpose, index) => wrapNewKey(KEK, index + 1, purpose))
  const groups = new GroupCommit(writer)
  const records: StoreRecord[] = []
  const journal = {
    write: (record: StoreRecord): Promise<WriteResult> => {
      const result = groups.write([structuredClone(record)])
      if (result.kind === 'fatal') throw new Error(result.why)
      records.push(record)
      return new Promise((resolve) => setImmediate(() => resolve(result.results[0] as WriteResult)))
    },
  }
  await journal.write({
    kind: 'admin',
    action: 'init',
    by: 'test',
    detail: {},
    statements: [
      ...keys.map((key) => ({
        ...statement(sql('vault_key').insert({ ...key, created_ms: NOW })),
        copied: { table: 'vault_key' as const, first: key.id, rows: 1 },
      })),
      statement(sql('meta').insert({ name: 'epoch', value: '1' })),
      statement(sql('counter').insert({ name: 'rrn', high: 10_000 })),
      statement(sql('counter').insert({ name: 'stan bank', high: 10_000 })),
    ],
    atMs: NOW,
  })
  const database = openForReading(file)
  const ring = KeyRing.open(KEK, keys as WrappedKey[])
  if (ring === undefined) throw new Error('the test key does not open')
  await loadTestCatalogue(journal, database)
  const close = () => {
    database.close()
    writer.close()
    rmSync(directory, { recursive: true, force: true })
  }
  // No rotation of the key-encryption key in a store that has none but a constant.
  const kekPlace = { kekFile: join(directory, 'kek') }
  const replaceKek = () => undefined
  return { directory, file, database, writer, ring, kekPlace, replaceKek, journal, records, close }
}

async function loadTestCatalogue(
  journal: TemporaryStore['journal'],
  database: Database.Database,
): Promise<void> {
  const text = [
    'product,operator,nameEn,nameFa,priceRial,vatRate,redeem,validFrom',
    '091905,MCI,"MCI 50,000",x,50000,0.10,*140*#{pin}#,2026-01-01',
    '093205,Taliya,"Taliya 50,000",x,50000,0.10,*140*{pin}#,2026-01-01',
  ].join('\n')
  const catalogue = parseCatalogue(Buffer.from(text))
  if (catalogue.kind !== 'catalogue') throw new Error('the test catalogue is wrong')
  await loadProducts(journal, database, catalogue.products, { by: 'test', atMs: NOW })
}

export interface TestVoucher {
  readonly serial: number
  readonly digits: number
  readonly product?: string
  readonly expires?: string
}

/** Serials and PINs that count upwards from `first`. */
export function vouchersFrom(first: number, count: number): TestVoucher[] {
  return Array.from({ length: count }, (_, index) => ({
    serial: 93_200_000_000 + first + index,
    digits: 31_049_845_900_000 + first + index,
  }))
}

export function genericFile(vouchers: readonly TestVoucher[]): Buffer {
  const rows = vouchers.map(({ serial, digits, product = '093205', expires = '2028-12-31' }) => {
    return `${serial},${digits},${product},${expires}`
  })
  return Buffer.from(`serial,pin,product,expiry\n${rows.join('\n')}\n`)
}

export async function* inChunks(bytes: Buffer, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

export function orderFor(store: TemporaryStore, change: Partial<ImportOrder> = {}): ImportOrder {
  return {
    fileName: 'generic.csv',
    by: 'admin',
    catalogue: batchCatalogue(store.database, TODAY),
    expires: undefined,
    today: TODAY,
    release: true,
    dryRun: false,
    fileBytesMost: 1 << 29,
    ...change,
  }
}

export async function importFile(
  store: TemporaryStore,
  bytes: Buffer,
  change: Partial<ImportOrder> = {},
): Promise<ImportProgress[]> {
  const { journal, database, ring } = store
  const ports = { journal, database, ring, kek: KEK, clock: { ...systemTimers, wallMs: () => NOW } }
  const events: ImportProgress[] = []
  for await (const event of importBatch(ports, orderFor(store, change), inChunks(bytes))) {
    events.push(event)
  }
  return events
}

/** With a terminal, and vouchers that were imported: so many, from the first number. */
export async function stockedStore(first: number, count: number): Promise<TemporaryStore> {
  const store = await temporaryStore()
  await addTerminal(store)
  await importFile(store, genericFile(vouchersFrom(first, count)))
  return store
}

/** A merchant with one terminal; both get the number 1 in a fresh store. */
export async function addTerminal(store: TemporaryStore): Promise<void> {
  await store.journal.write({
    kind: 'admin',
    action: 'terminal add',
    by: 'test',
    detail: {},
    statements: [
      statement(
        sql('merchant').insert({
          ...{ institution: 0, mid: '000000000012345', name: 'Kiosk', city: 'Tehran', enabled: 1 },
        }),
      ),
      statement(
        sql('terminal').insert({ merchant: 1, tid: '10000001', scheme: 'aes', enabled: 1 }),
      ),
    ],
    atMs: NOW,
  })
}

export interface TestSale {
  readonly id: number
  readonly voucherIds: readonly number[]
  readonly amount?: number
  readonly atMs?: number
}

export function intentOf({ id, voucherIds, amount, atMs = NOW }: TestSale): JournalRecord {
  const number = String(id).padStart(6, '0')
  return {
    kind: 'intent',
    id,
    key: { terminalKey: 1, day: tehranTime(atMs).day, time: '113000', stan: number as Stan },
    merchantKey: 1,
    content: {
      processingCode: '500000',
      amount: (amount ?? voucherIds.length * 50_000) as Rial,
      order: '0932050001',
      cardHash: 'ab',
    },
    product: '093205',
    count: voucherIds.length,
    voucherIds,
    rrn: `618200${number}` as Rrn,
    host: { link: 'bank', stan: number as Stan, transmission: '0701080000' },
    sealedCard: 'sealed',
    maskedCard: '603799******0014',
    atMs,
  }
}

export async function must(write: Promise<WriteResult>): Promise<WriteResult> {
  const result = await write
  if (result.kind !== 'written') throw new Error(`${result.reason}: ${result.detail}`)
  return result
}

/** Beyond the size up to which rows are compared by the way: as if much had been removed again. */
export function enlarge({ writer }: TemporaryStore): void {
  writer.exec(`create table much (bytes blob); insert into much values (zeroblob(${33 << 20}));
    drop table much`)
}

type End = 'sold' | 'declined' | 'reversing' | 'refunding' | 'intent'

/** A sale as the core writes it, up to the given end. */
export async function addSale(store: TemporaryStore, sale: TestSale, end: End): Promise<void> {
  const { journal } = store
  const { id, atMs = NOW } = sale
  await must(journal.write(intentOf(sale)))
  if (end === 'intent') return
  const reversal = { stan: '900000' as Stan, transmission: '0701080001' }
  const approval = { authCode: '004711', hostDate: undefined }
  const outcome =
    end === 'declined'
      ? { kind: 'declined' as const, responseCode: '51' }
      : end === 'reversing'
        ? { kind: 'reversing' as const, responseCode: '68', reversal, approval: undefined }
        : { kind: 'sold' as const, ...approval }
  await must(journal.write({ kind: 'outcome', id, outcome, atMs }))
  if (end !== 'refunding') return
  await must(
    journal.write({
      ...{ kind: 'refund', id, terminalKey: 1, merchantKey: 1, day: TODAY, counted: true },
      amount: (sale.amount ?? sale.voucherIds.length * 50_000) as Rial,
      reversal,
      atMs,
    }),
  )
}

export async function endReversal(
  store: TemporaryStore,
  id: number,
  status: 'closed' | 'no-debit' | 'watched' | 'suspense' | 'unfound',
): Promise<void> {
  const end = { responseCode: '00', tries: 1, approval: undefined, fresh: undefined }
  await must(store.journal.write({ kind: 'reversal', id, status, ...end, why: 'test', atMs: NOW }))
}

/** Whether one opens what the other wrapped. */
export function isSameKek(one: Kek, other: Kek): boolean {
  return one.unwrap(other.wrap(Buffer.alloc(32), 'here'), 'here') !== undefined
}

/** What a backup of this store is sealed with. */
export function keyOfBackup(database: Database.Database, kek: Kek = KEK): BackupKey {
  const key = backupKey(kek, database)
  if (key === undefined) throw new Error('the keys of the store do not open')
  return key
}
