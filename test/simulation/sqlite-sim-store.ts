// The product's own store on a database in memory, as a simulation needs it: schema, writer,
// readers and vault are the real ones. Stock is put in beside the journal, as after an import.

import type Database from 'better-sqlite3'
import { isReason } from '../../protocol/values/reason.ts'
import { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import type { AssemblyStore } from '../../switch/assembly.ts'
import type { WriteResult } from '../../switch/core/journal.ts'
import type { KeyStore } from '../../switch/core/key-store.ts'
import type { StoreJournal } from '../../voucher-store/admin/admin-write.ts'
import {
  acceptFence,
  fenceReturned,
  readFence,
  readGaps,
  returnFenced,
} from '../../voucher-store/backup/fence.ts'
import { SqliteKeyStore } from '../../voucher-store/key-store.ts'
import { SqliteCatalogue } from '../../voucher-store/reading/catalogue-reader.ts'
import { SqliteSaleReader } from '../../voucher-store/reading/sale-reader.ts'
import { SqliteStockReader } from '../../voucher-store/reading/stock-reader.ts'
import { SqliteTerminalDirectory } from '../../voucher-store/reading/terminal-directory.ts'
import { audit } from '../../voucher-store/reports/audit.ts'
import { verifyJournal } from '../../voucher-store/reports/verify-journal.ts'
import { Sqlite } from '../../voucher-store/sqlite.ts'
import type { StoreRecord } from '../../voucher-store/store-record.ts'
import { fingerprint, type KeyRing, SqliteVault, sealPin } from '../../voucher-store/vault/vault.ts'
import { GroupCommit } from '../../voucher-store/writer/group-commit.ts'
import { giveMasterKeys, type KeyedParts } from './keys/switch-keys.ts'
import type { DayLimit, Limited } from './limits/day-limits.ts'
import { type BackupLabel, BackupShelf, type Remains } from './restore/backup-shelf.ts'
import { type Books, booksOf, type LedgerRow } from './restore/books.ts'
import { MERCHANTS, PRODUCTS, type SimVoucher, TERMINALS } from './shop.ts'
import { memoryDatabase, testKeys } from './sim-store.ts'

/** What a store of a simulation can do beside being sold from. */
export interface SimStore {
  commit(records: readonly StoreRecord[]): readonly WriteResult[]
  /** Readers and writer of a process that has just started. */
  open(today: () => number): Omit<AssemblyStore, 'journal'>
  /** A released batch more, of one product and expiry. */
  addBatch(vouchers: readonly SimVoucher[]): void
  setHeld(batch: number, held: boolean): void
  /** Limits of a day; undefined lifts them. */
  setLimit(of: Limited, limit: DayLimit | undefined): void
  /** Batches that it knows of. */
  batches(): number[]
  /** Before the first start: master keys of terminals and of the card host's link. */
  giveKeys(parts: KeyedParts): void
  keyStore(journal: StoreJournal, wallMs: () => number): KeyStore
  /** A backup of this moment. */
  backUp(atMs: number): BackupLabel
  /** From now on it is what a restore of that backup makes of the remains; true: with a gap. */
  restore(backup: BackupLabel, remains: Remains, atMs: number): boolean
  /** A gap waits for its acceptance. */
  fenced(): boolean
  /** At every start, before the first sale. */
  fenceReturned(journal: StoreJournal, atMs: number): Promise<number>
  acceptFence(journal: StoreJournal, atMs: number): Promise<boolean>
  /** Fenced vouchers of a batch back to stock. */
  returnFenced(journal: StoreJournal, batch: number, atMs: number): Promise<boolean>
  /** What it shows an administrator of money and claims. */
  books(ledger: readonly LedgerRow[]): Books
  /** Its own view of what does not add up; empty when all is well. */
  problems(): string[]
  close(): void
}

/** One for every seed: the stocked database is copied, not built again. */
export async function sqliteStores(stock: readonly SimVoucher[]): Promise<() => SimStore> {
  const database = await memoryDatabase()
  const ring = testKeys(database)
  fillShop(database)
  const store = new SqliteSimStore(database, ring)
  for (const batch of new Set(stock.map((voucher) => voucher.batch))) {
    store.addBatch(stock.filter((voucher) => voucher.batch === batch))
  }
  const image = database.serialize()
  store.close()
  return () => new SqliteSimStore(new Sqlite(Buffer.from(image)), ring)
}

class SqliteSimStore implements SimStore {
  #database: Database.Database
  readonly #ring: KeyRing
  #groups: GroupCommit | undefined
  #shelf: BackupShelf | undefined
  /** Of the newest life. */
  #terminals: SqliteTerminalDirectory | undefined
  /** Asked for twice a second for days on end: kept until something is written. */
  #isFenced: boolean | undefined
  /** What of a process that has just started knows only what it reads. */
  #readers: { stock: SqliteStockReader; sales: SqliteSaleReader } | undefined
  readonly #statements = new Map<string, Database.Statement>()
  /** Databases of before: what is left of a dead process may still hold them. */
  readonly #lost: Database.Database[] = []

  constructor(database: Database.Database, ring: KeyRing) {
    this.#database = database
    this.#ring = ring
  }

  commit(records: readonly StoreRecord[]): readonly WriteResult[] {
    this.#groups ??= new GroupCommit(this.#database)
    this.#isFenced = undefined
    const result = this.#groups.write(records)
    if (result.kind === 'fatal') throw new Error(result.why)
    return result.results
  }

  open(today: () => number): Omit<AssemblyStore, 'journal'> {
    const database = this.#database
    // What the writer of before remembers died with it.
    this.#groups = undefined
    this.#readers ??= {
      stock: new SqliteStockReader(database),
      sales: new SqliteSaleReader(database),
    }
    const { stock, sales } = this.#readers
    this.#terminals = new SqliteTerminalDirectory(database, 1_000)
    return {
      stock,
      sales,
      vault: new SqliteVault(this.#ring, (id) => stock.byId(id)),
      catalogue: new SqliteCatalogue(database, today),
      terminals: this.#terminals,
      fenced: readFence(database) !== undefined,
      gaps: readGaps(database),
    }
  }

  addBatch(vouchers: readonly SimVoucher[]): void {
    const [first] = vouchers
    if (first === undefined) return
    const { batch, product, expires } = first
    const mobileOperator = product.slice(0, 4)
    this.#prepared("insert into batch values (?, 'generic', ?, ?, null, 2, 4, ?, 0, null)").run(
      ...[batch, `file ${batch}`, `hash ${batch}`, vouchers.length],
    )
    this.#prepared(
      `insert into lot (id, batch, product, expires, imported, available)
       values (?, ?, ?, ?, ?, ?)`,
    ).run(batch, batch, Number(product), expires, vouchers.length, vouchers.length)
    const insert = this.#prepared('insert into voucher values (?, ?, ?, ?, ?, ?, 0, null)')
    for (const { id, serial, digits } of vouchers) {
      const voucherPin = VoucherPin.parse(digits)
      if (isReason(voucherPin)) throw new Error(voucherPin.reason)
      const sealed = sealPin(this.#ring.newest('pin'), voucherPin, { id, batch, product })
      const print = fingerprint(this.#ring.newest('fingerprint'), mobileOperator, voucherPin)
      insert.run(id, batch, Number(mobileOperator), serial, sealed, print)
    }
    // The rows are put in beside the journal; that something was imported is in it.
    const record = { action: 'import', by: 'administrator', detail: { batch }, statements: [] }
    this.commit([{ kind: 'admin', ...record, atMs: 0 }])
  }

  setHeld(batch: number, held: boolean): void {
    const action = held ? 'batch hold' : 'batch release'
    const sql = 'update batch set state = ? where id = ?'
    const statements = [{ sql, bindings: [held ? 3 : 2, batch] }]
    const record = { action, by: 'administrator', detail: { batch }, statements }
    this.commit([{ kind: 'admin', ...record, atMs: 0 }])
  }

  setLimit({ whose, key }: Limited, { count, rial }: DayLimit = {}): void {
    const sql = `update ${whose} set limit_count = ?, limit_rial = ? where id = ?`
    const statements = [{ sql, bindings: [count ?? null, rial ?? null, key] }]
    const record = { action: `${whose} set`, by: 'administrator', detail: { key }, statements }
    this.commit([{ kind: 'admin', ...record, atMs: 0 }])
    this.#terminals?.changed()
  }

  batches(): number[] {
    return this.#database.prepare('select id from batch order by id').pluck().all() as number[]
  }

  giveKeys(parts: KeyedParts): void {
    giveMasterKeys(this.#database, parts)
  }

  keyStore(journal: StoreJournal, wallMs: () => number): KeyStore {
    return new SqliteKeyStore({ database: this.#database, journal, wallMs })
  }

  backUp(atMs: number): BackupLabel {
    this.#shelf ??= new BackupShelf()
    return this.#shelf.make(this.#database, atMs)
  }

  restore(backup: BackupLabel, remains: Remains, atMs: number): boolean {
    if (this.#shelf === undefined) throw new Error('there is no backup')
    const { result, image } = this.#shelf.restore(this.#database, backup, remains, atMs)
    this.#lost.push(this.#database)
    this.#database = new Sqlite(image)
    this.#groups = undefined
    this.#isFenced = undefined
    this.#readers = undefined
    this.#statements.clear()
    return result.gap !== undefined
  }

  fenced(): boolean {
    this.#isFenced ??= readFence(this.#database) !== undefined
    return this.#isFenced
  }

  fenceReturned(journal: StoreJournal, atMs: number): Promise<number> {
    return fenceReturned({ journal, database: this.#database }, atMs)
  }

  async acceptFence(journal: StoreJournal, atMs: number): Promise<boolean> {
    const order = { by: 'administrator', atMs }
    const result = await acceptFence({ journal, database: this.#database }, order)
    return result?.kind === 'written'
  }

  async returnFenced(journal: StoreJournal, batch: number, atMs: number): Promise<boolean> {
    const order = { by: 'administrator', consentBy: 'second person', atMs }
    const { problem } = await returnFenced({ journal, database: this.#database }, batch, order)
    return problem === undefined
  }

  books(ledger: readonly LedgerRow[]): Books {
    return booksOf(this.#database, ledger)
  }

  problems(): string[] {
    const problems = [...verifyJournal(this.#database).problems]
    for (const { name, violations, detail } of audit(this.#database).checks) {
      if (violations > 0) problems.push(`${name}: ${detail}`)
    }
    return problems
  }

  #prepared(sql: string): Database.Statement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  close(): void {
    this.#shelf?.remove()
    for (const database of [this.#database, ...this.#lost]) database.close()
  }
}

function fillShop(database: Database.Database): void {
  const merchant = database.prepare(
    `insert into merchant (id, institution, mid, name, city, enabled)
     values (?, ?, ?, ?, 'TEHRAN', 1)`,
  )
  for (const { key, institution, mid } of MERCHANTS) {
    merchant.run(key, institution, mid, `SHOP ${key}`)
  }
  const terminal = database.prepare(
    "insert into terminal (id, merchant, tid, scheme, enabled) values (?, ?, ?, 'none', 1)",
  )
  for (const { key, merchant: owner, tid } of TERMINALS) terminal.run(key, owner.key, tid)
  const product = database.prepare(
    "insert into product values (null, ?, ?, ?, ?, ?, '0.1', '*141*PIN#', 20200101, ?)",
  )
  for (const { id, priceRial, enabled } of PRODUCTS) {
    product.run(Number(id), id.slice(0, 4), `Product ${id}`, `Product ${id}`, priceRial, +enabled)
  }
}
