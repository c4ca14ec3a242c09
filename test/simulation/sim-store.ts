// A database in memory with the product's schema, test keys and vouchers in stock, for tests that
// want the real tables without a file.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { isReason } from '../../protocol/values/reason.ts'
import { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import { migrate } from '../../voucher-store/schema/migrate.ts'
import { Sqlite } from '../../voucher-store/sqlite.ts'
import { bytesKek } from '../../voucher-store/vault/kek.ts'
import { fingerprint, KeyRing, sealPin, wrapNewKey } from '../../voucher-store/vault/vault.ts'

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

const TEST_KEK_BYTES = Buffer.alloc(32, 7)
export const TEST_KEK = bytesKek(TEST_KEK_BYTES)

/** One key of each purpose, in the database too. */
export function testKeys(database: Database.Database): KeyRing {
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
  return ring
}

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
  const ring = testKeys(database)
  const merchant =
    'insert into merchant (id, institution, mid, name, city, enabled) values (1, 0, ?, ?, ?, 1)'
  database.prepare(merchant).run('000000000100001', 'NEMOUNE SHOP', 'TEHRAN')
  for (let key = 1; key <= options.terminals; key++) {
    const insert =
      "insert into terminal (id, merchant, tid, scheme, enabled) values (?, 1, ?, 'none', 1)"
    database.prepare(insert).run(key, String(10_000_000 + key))
  }
  const pins = new Map<number, string>()
  let id = 0
  for (const [index, product] of options.products.entries()) {
    const batch = index + 1
    database
      .prepare("insert into batch values (?, 'generic', ?, ?, null, 2, 4, ?, 0, null)")
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
