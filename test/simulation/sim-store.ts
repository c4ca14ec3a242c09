// The store of a simulation: the product's own writer and readers on a database in memory. What was
// handed over but not committed when the switch crashes is lost; what was committed stays.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { isReason } from '../../protocol/values/reason.ts'
import { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import type { Clock } from '../../switch/core/clock.ts'
import type { Journal, WriteResult } from '../../switch/core/journal.ts'
import { migrate } from '../../voucher-store/schema/migrate.ts'
import { Sqlite } from '../../voucher-store/sqlite.ts'
import type { StoreRecord } from '../../voucher-store/store-record.ts'
import { fingerprint, KeyRing, sealPin, wrapNewKey } from '../../voucher-store/vault/vault.ts'
import { GroupCommit } from '../../voucher-store/writer/group-commit.ts'

let template: Buffer | undefined

/** A fresh database with the product's schema. */
export async function memoryDatabase(): Promise<Database.Database> {
  if (template === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'evs-schema-'))
    const file = join(folder, 'schema.db')
    await migrate(file)
    const database = new Sqlite(file)
    database.pragma('wal_checkpoint(TRUNCATE)')
    database.pragma('journal_mode = DELETE')
    database.close()
    template = readFileSync(file)
    rmSync(folder, { recursive: true })
  }
  return new Sqlite(template)
}

export interface WriteFaults {
  /** The group is refused as if the disk were full. */
  readonly full: () => boolean
  readonly delayMs: () => number
}

/** Commits groups after a delay, one at a time, as the writer thread does. */
export class SimJournal implements Journal {
  readonly groups: GroupCommit
  readonly #clock: Clock
  readonly #faults: WriteFaults
  #waiting: { record: StoreRecord; resolve: (result: WriteResult) => void }[] = []
  #busy = false
  #dead = false

  constructor(database: Database.Database, clock: Clock, faults: WriteFaults) {
    this.groups = new GroupCommit(database)
    this.#clock = clock
    this.#faults = faults
  }

  /** The process dies: nothing that is not committed will be, and nobody hears of anything. */
  crash(): void {
    this.#dead = true
    this.#waiting = []
  }

  write(record: StoreRecord): Promise<WriteResult> {
    return new Promise((resolve) => {
      if (this.#dead) return
      this.#waiting.push({ record, resolve })
      this.#begin()
    })
  }

  #begin(): void {
    if (this.#busy || this.#dead || this.#waiting.length === 0) return
    this.#busy = true
    this.#clock.after(this.#faults.delayMs(), () => {
      if (this.#dead) return
      const group = this.#waiting
      this.#waiting = []
      const results = this.#commit(group.map((waiting) => waiting.record))
      // The answer takes its time too: a crash may come between the commit and its news.
      this.#clock.after(this.#faults.delayMs(), () => {
        if (this.#dead) return
        this.#busy = false
        for (const [index, waiting] of group.entries()) {
          waiting.resolve(results[index] as WriteResult)
        }
        this.#begin()
      })
    })
  }

  #commit(records: StoreRecord[]): readonly WriteResult[] {
    if (this.#faults.full()) {
      return records.map(() => ({ kind: 'rolled-back', reason: 'full', detail: 'simulated' }))
    }
    const result = this.groups.write(records)
    if (result.kind === 'fatal') throw new Error(result.why)
    return result.results
  }
}

const TEST_KEK = Buffer.alloc(32, 7)

export interface Stocked {
  readonly ring: KeyRing
  /** PIN by voucher id, for the oracle. */
  readonly pins: Map<number, string>
}

/** Products at 50,000 rial, one merchant, terminals 1 to n, and vouchers in released batches. */
export function stock(
  database: Database.Database,
  options: { terminals: number; products: { id: string; vouchers: number }[] },
): Stocked {
  const wrapped = (['fingerprint', 'card-hash', 'card', 'pin'] as const).map((purpose, index) =>
    wrapNewKey(TEST_KEK, index + 1, purpose),
  )
  for (const key of wrapped) {
    database
      .prepare('insert into vault_key values (?, ?, ?, 0)')
      .run(key.id, key.purpose, key.wrapped)
  }
  const ring = KeyRing.open(TEST_KEK, wrapped)
  if (ring === undefined) throw new Error('the test keys do not open')
  const merchant = 'insert into merchant values (1, 0, ?, ?, ?, 1)'
  database.prepare(merchant).run('000000000100001', 'NEMOUNE SHOP', 'TEHRAN')
  for (let key = 1; key <= options.terminals; key++) {
    const insert = "insert into terminal values (?, 1, ?, 'none', 1)"
    database.prepare(insert).run(key, String(10_000_000 + key))
  }
  const pins = new Map<number, string>()
  let id = 0
  for (const [index, product] of options.products.entries()) {
    const batch = index + 1
    database
      .prepare("insert into batch values (?, 'generic', ?, ?, null, 2, 4, ?, 0)")
      .run(batch, `file ${batch}`, `hash ${batch}`, product.vouchers)
    database
      .prepare(
        `insert into lot (id, batch, product, expires, imported, available)
         values (?, ?, ?, 20991231, ?, ?)`,
      )
      .run(batch, batch, Number(product.id), product.vouchers, product.vouchers)
    const insert = database.prepare('insert into voucher values (?, ?, ?, ?, ?, ?, 0, null)')
    for (let n = 0; n < product.vouchers; n++) {
      id++
      const digits = `71${String(id).padStart(14, '0')}`
      const voucherPin = VoucherPin.parse(digits)
      if (isReason(voucherPin)) throw new Error(voucherPin.reason)
      const sealed = sealPin(ring.newest('pin'), voucherPin, { id, batch, product: product.id })
      const print = fingerprint(ring.newest('fingerprint'), product.id.slice(0, 4), voucherPin)
      insert.run(id, batch, Number(product.id.slice(0, 4)), `SN${id}`, sealed, print)
      pins.set(id, digits)
    }
  }
  return { ring, pins }
}
