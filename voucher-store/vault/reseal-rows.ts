// Seals rows anew under another key, a chunk at a time: vouchers by the chunks of their import,
// card numbers of sales by their numbers. A row is changed only if it still holds what was read.
// What does not open, or is not what the journal says, is left as it is and counted: sealing it
// anew would make damage look sound.

import type Database from 'better-sqlite3'
import { type ChangeResult, type StoreJournal, writeChange } from '../admin/admin-write.ts'
import type { By } from '../admin/merchants.ts'
import { CHUNK_RESEALED, type Chunk, digestOf } from '../import/chunk-digests.ts'
import type { SealedVoucher } from '../import/seal-vouchers.ts'
import type { Slices } from '../import/slices.ts'
import type { Statement } from '../store-record.ts'
import { keyIdOf, type VaultKey } from './seal.ts'
import { type KeyRing, resealCard, resealPin } from './vault.ts'

export interface ResealPorts {
  readonly database: Database.Database
  readonly journal: StoreJournal
  readonly ring: KeyRing
  readonly slices: Slices
}

export type Resealed =
  | { readonly kind: 'done'; readonly rows: number; readonly left: number }
  | { readonly kind: 'not-written'; readonly result: ChangeResult }

type VoucherRow = SealedVoucher & { readonly batch: number; readonly product: number }

/** Rows between two looks at the clock: well under a millisecond of work. */
const STEP = 25
const NOTHING: Resealed = { kind: 'done', rows: 0, left: 0 }

export async function resealChunk(
  { database, journal, ring, slices }: ResealPorts,
  chunk: Chunk,
  key: VaultKey,
  by: By,
): Promise<Resealed> {
  const { batch, first } = chunk
  const rows = vouchersOf(database, chunk)
  const old = rows.filter(({ sealed }) => !isUnder(key, sealed))
  if (old.length === 0) return NOTHING
  if (digestOf(rows) !== chunk.digest || rows.some((row) => row.batch !== batch)) {
    return { kind: 'done', rows: 0, left: old.length }
  }
  const fresh = new Map<number, Buffer>()
  for (const [index, { id, product, sealed }] of old.entries()) {
    const place = { id, batch, product: String(product).padStart(6, '0') }
    const resealed = resealPin(ring, key, sealed, place)
    if (resealed !== undefined) fresh.set(id, resealed)
    if (index % STEP === 0 && slices.due) await slices.pause()
  }
  const left = old.length - fresh.size
  if (fresh.size === 0) return { kind: 'done', rows: 0, left }
  const after = rows.map((row) => ({ ...row, sealed: fresh.get(row.id) ?? row.sealed }))
  const result = await writeChange(journal, {
    action: CHUNK_RESEALED,
    detail: { batch, vouchers: rows.length, first, digest: digestOf(after), key: key.id },
    statements: updatesOf(old, fresh, { table: 'voucher', first, rows: rows.length }),
    ...by,
  })
  if (result.kind !== 'written') return { kind: 'not-written', result }
  return { kind: 'done', rows: fresh.size, left }
}

function vouchersOf(database: Database.Database, { first, rows }: Chunk): VoucherRow[] {
  return database
    .prepare(
      `select v.id, v.lot, v.mobile_operator as mobileOperator, v.serial, v.sealed, v.fingerprint,
         l.batch, l.product
       from voucher v join lot l on l.id = v.lot where v.id between ? and ? order by v.id`,
    )
    .all(first, first + rows - 1) as VoucherRow[]
}

/** One record has as many statements as rows: each is found by its number. */
function updatesOf(
  old: readonly VoucherRow[],
  fresh: ReadonlyMap<number, Buffer>,
  about: { readonly table: 'voucher'; readonly first: number; readonly rows: number },
): Statement[] {
  const statements: Statement[] = []
  for (const { id, sealed } of old) {
    const resealed = fresh.get(id)
    if (resealed === undefined) continue
    const text = 'update voucher set sealed = ? where id = ? and sealed = ?'
    const bindings = [resealed, id, sealed]
    // The journal names the chunk once; what else would be kept of each row is ciphertext.
    if (statements.length > 0) statements.push({ sql: text, bindings, expect: 1, unkept: true })
    else {
      statements.push({ sql: text, bindings, expect: 1, copied: { ...about, resealed: true } })
    }
  }
  return statements
}

/** A damaged row may hold anything, whatever its type says. */
function isUnder(key: VaultKey, sealed: Buffer): boolean {
  return Buffer.isBuffer(sealed) && keyIdOf(sealed) === key.id
}

/** Sales looked at in one step; few of them still have a card number. */
const SALES = 1_000

export interface CardStep {
  /** Sales with higher numbers come next; undefined when there are none. */
  readonly next: number | undefined
  readonly resealed: Resealed
}

/** A card number may be destroyed meanwhile, when its reversal is done: that row is let go. */
export async function resealCards(
  { database, journal, ring, slices }: ResealPorts,
  after: number,
  key: VaultKey,
  by: By,
): Promise<CardStep> {
  const rows = database
    .prepare(`select id, sealed_card as sealed from sale where id > ? order by id limit ${SALES}`)
    .all(after) as { id: number; sealed: Buffer | null }[]
  const next = rows.length < SALES ? undefined : rows.at(-1)?.id
  const statements: Statement[] = []
  let left = 0
  for (const [index, { id, sealed }] of rows.entries()) {
    if (index % STEP === 0 && slices.due) await slices.pause()
    if (sealed === null || isUnder(key, sealed)) continue
    const resealed = Buffer.isBuffer(sealed) ? resealCard(ring, key, sealed, id) : undefined
    if (resealed === undefined) left++
    else {
      const text = 'update sale set sealed_card = ? where id = ? and sealed_card = ?'
      statements.push({ sql: text, bindings: [resealed, id, sealed], unkept: true })
    }
  }
  if (statements.length === 0) return { next, resealed: { kind: 'done', rows: 0, left } }
  const detail = { sales: statements.length, key: key.id }
  const action = 'vault reseal cards'
  const result = await writeChange(journal, { action, detail, statements, ...by })
  if (result.kind !== 'written') return { next, resealed: { kind: 'not-written', result } }
  return { next, resealed: { kind: 'done', rows: result.changes, left } }
}
