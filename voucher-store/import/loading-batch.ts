// The batch while it is being loaded: its key, its row in state `loading`, its lots and vouchers
// chunk by chunk, one write under way while the next is prepared, and the last record that makes
// all of it stock. Until then its counts are zero and nobody sees it; a removal leaves no row.

import type Database from 'better-sqlite3'
import { type ChangeResult, writeChange } from '../admin/admin-write.ts'
import type { By } from '../admin/merchants.ts'
import { nextId, readOne, sql, statement } from '../admin/statements.ts'
import type { BatchPart, ParsedVoucher } from '../batch-formats/batch-format.ts'
import { batchCode } from '../codes.ts'
import type { Statement } from '../store-record.ts'
import type { VaultKey } from '../vault/seal.ts'
import { wrapNewKey } from '../vault/vault.ts'
import { CHUNK_IMPORTED, digestOf } from './chunk-digests.ts'
import type { ImportOrder, ImportPorts } from './import-order.ts'
import type { Refusals } from './refusals.ts'
import { removeLoading } from './remove-loading.ts'
import type { SealedVoucher, SealingBatch } from './seal-vouchers.ts'

interface Lot {
  readonly id: number
  readonly product: number
  readonly expires: number
  vouchers: number
  isNew: boolean
}

/** A file of more kinds than this is not a delivery of vouchers. */
const LOTS_MOST = 2_000

export class LoadingBatch implements SealingBatch {
  readonly #ports: ImportPorts
  readonly #order: ImportOrder
  readonly #lots = new Map<string, Lot>()
  readonly #products = new Map<string, number>()
  #header: Extract<BatchPart, { kind: 'header' }> | undefined
  #batch: number | undefined
  #key: VaultKey | undefined
  #nextVoucher = 0
  #nextLot = 0
  #insert: { rows: number; sql: string } = { rows: 0, sql: '' }
  #underWay: Promise<void> = Promise.resolve()
  /** It is stock, or nothing of it is left to remove. */
  #finished = false
  vouchers = 0

  constructor(ports: ImportPorts, order: ImportOrder) {
    this.#ports = ports
    this.#order = order
  }

  get batch(): number {
    return this.#batch ?? 0
  }

  get format(): string {
    return this.#header?.format ?? ''
  }

  get key(): VaultKey {
    if (this.#key === undefined) throw new Error('the batch has not begun')
    return this.#key
  }

  header(part: Extract<BatchPart, { kind: 'header' }>): void {
    this.#header = part
  }

  count(vouchers: readonly ParsedVoucher[]): void {
    this.vouchers += vouchers.length
    for (const { product } of vouchers) {
      this.#products.set(product, (this.#products.get(product) ?? 0) + 1)
    }
  }

  products(): { product: string; vouchers: number }[] {
    return [...this.#products].map(([product, vouchers]) => ({ product, vouchers }))
  }

  nextVoucherId(): number {
    return this.#nextVoucher++
  }

  lotOf({ product, expires }: ParsedVoucher): number {
    const place = `${product} ${expires}`
    let lot = this.#lots.get(place)
    if (lot === undefined) {
      const id = this.#nextLot++
      lot = { id, product: Number(product), expires, vouchers: 0, isNew: true }
      this.#lots.set(place, lot)
    }
    lot.vouchers++
    return lot.id
  }

  /** The first time: key and batch row. False when the store does not take them. */
  begin(refusals: Refusals): Promise<boolean> {
    if (this.#batch !== undefined) return Promise.resolve(true)
    return this.#ports.ring.inTurn(() => this.#begin(refusals))
  }

  async #begin(refusals: Refusals): Promise<boolean> {
    const { database, journal, kek, ring, clock } = this.#ports
    const batch = nextId(database, 'batch')
    const wrapped = wrapNewKey(kek, nextId(database, 'vault_key'), 'pin')
    const atMs = clock.wallMs()
    const { fileName } = this.#order
    const key = { ...wrapped, created_ms: atMs }
    const row = {
      id: batch,
      format: this.format,
      file_name: fileName,
      file_hash: `loading ${batch}`,
      reference: this.#header?.reference ?? null,
      valid_from: this.#header?.validFrom ?? null,
      state: batchCode('loading'),
      vault_key: wrapped.id,
      quantity: 0,
      created_ms: atMs,
    }
    const result = await writeChange(journal, {
      action: 'batch import begun',
      detail: { batch, fileName, format: this.format, key: wrapped.id },
      statements: [
        {
          ...statement(sql('vault_key').insert(key), 1),
          copied: { table: 'vault_key', first: wrapped.id, rows: 1 },
        },
        statement(sql('batch').insert(row), 1),
      ],
      ...this.#by(atMs),
    })
    if (!accepted(result, refusals)) return false
    ring.add(kek, wrapped)
    this.#key = ring.byId(wrapped.id)
    this.#batch = batch
    this.#nextLot = nextId(database, 'lot')
    this.#nextVoucher = nextVoucherId(database)
    return true
  }

  /**
   * Hands the rows over when the write before them is durable, and does not wait for these; `taken`
   * tells which of them are in stock already when the indexes say that some are. False: the batch
   * was refused before, and these were not handed over.
   */
  async write(
    rows: readonly SealedVoucher[],
    refusals: Refusals,
    taken: () => Promise<void>,
  ): Promise<boolean> {
    await this.#underWay
    if (!refusals.empty) return false
    if (this.#lots.size > LOTS_MOST) {
      refusals.notWritten(`more than ${LOTS_MOST} combinations of product and expiry`)
      return true
    }
    const written = writeChange(this.#ports.journal, {
      action: CHUNK_IMPORTED,
      detail: {
        batch: this.batch,
        vouchers: rows.length,
        first: rows[0]?.id,
        digest: digestOf(rows),
      },
      statements: [...this.#newLots(), this.#insertOf(rows)],
      ...this.#by(this.#ports.clock.wallMs()),
    })
    this.#underWay = written.then(async (result) => {
      if (result.kind === 'taken') await taken()
      // They are named: what else is wrong with the file says as much as that.
      if (refusals.empty) accepted(result, refusals)
    })
    return true
  }

  settled(): Promise<void> {
    return this.#underWay
  }

  async finish(fileHash: string, release: boolean, refusals: Refusals): Promise<void> {
    const { journal, clock } = this.#ports
    const state = batchCode(release ? 'released' : 'loaded')
    const lots = [...this.#lots.values()].map(({ id, vouchers }) => {
      const counts = { imported: vouchers, available: vouchers }
      return statement(sql('lot').where({ id, imported: 0 }).update(counts), 1)
    })
    const row = sql('batch').where({ id: this.batch, state: batchCode('loading') })
    const change = { state, quantity: this.vouchers, file_hash: fileHash }
    const result = await writeChange(journal, {
      action: release ? 'batch import and release' : 'batch import',
      detail: {
        batch: this.batch,
        fileName: this.#order.fileName,
        fileHash,
        vouchers: this.vouchers,
        products: Object.fromEntries(this.#products),
      },
      statements: [...lots, statement(row.update(change), 1)],
      ...this.#by(clock.wallMs()),
    })
    this.#finished = accepted(result, refusals)
  }

  async removeUnlessFinished(): Promise<void> {
    await this.#underWay
    if (this.#finished || this.#batch === undefined) return
    this.#finished = true
    const { journal, database, clock } = this.#ports
    await removeLoading({ journal, database }, this.#batch, this.#by(clock.wallMs()))
  }

  #by(atMs: number): By {
    const { by, how } = this.#order
    return { by, how, atMs }
  }

  #newLots(): Statement[] {
    const statements: Statement[] = []
    for (const lot of this.#lots.values()) {
      if (!lot.isNew) continue
      const { id, product, expires } = lot
      const row = { id, batch: this.batch, product, expires }
      statements.push(statement(sql('lot').insert(row), 1))
      lot.isNew = false
    }
    return statements
  }

  /** One statement for all rows; its text is made once, since nearly all chunks are as long. */
  #insertOf(rows: readonly SealedVoucher[]): Statement {
    if (this.#insert.rows !== rows.length) {
      const values = Array(rows.length).fill('(?, ?, ?, ?, ?, ?)').join(', ')
      const columns = 'id, lot, mobile_operator, serial, sealed, fingerprint'
      const text = `insert or fail into voucher (${columns}) values ${values}`
      this.#insert = { rows: rows.length, sql: text }
    }
    // Pushed one after another it is a dense array: any other kind takes several times as long to
    // reach the writer's thread.
    const bindings: (number | string | Buffer)[] = []
    for (const { id, lot, mobileOperator, serial, sealed, fingerprint } of rows) {
      bindings.push(id, lot, mobileOperator, serial, sealed, fingerprint)
    }
    const copied = { table: 'voucher', first: rows[0]?.id ?? 0, rows: rows.length } as const
    return { sql: this.#insert.sql, bindings, expect: rows.length, copied }
  }
}

function accepted(result: ChangeResult, refusals: Refusals): boolean {
  if (result.kind === 'written') return true
  if (result.kind === 'taken') refusals.taken()
  else refusals.notWritten(result.detail)
  return false
}

function nextVoucherId(database: Database.Database): number {
  const query = sql('voucher').max('id as id')
  return (readOne<{ id: number | null }>(database, query)?.id ?? 0) + 1
}
