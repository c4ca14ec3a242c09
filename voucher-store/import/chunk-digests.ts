// What the journal says of vouchers whose ciphertext it does not hold: chunk by chunk the rows of
// an import, and their digest. A rotation of keys seals a chunk anew and writes its new digest: of
// the records of one chunk the last one holds.

import { createHash } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { SealedVoucher } from './seal-vouchers.ts'

export interface Chunk {
  readonly batch: number
  readonly first: number
  readonly rows: number
  readonly digest: string
}

/** Rows are put together before they are hashed: a call for each costs more than its hash. */
const PAGE_BYTES = 16_384
/** Bytes of one UTF-16 code unit in UTF-8, at most. */
const UTF8_MOST = 3

export const CHUNK_IMPORTED = 'batch import chunk'
export const CHUNK_RESEALED = 'vault reseal chunk'

export class ChunkDigests {
  readonly #chunks = new Map<string, Chunk>()
  /** Batches with a chunk that was sealed anew and never imported: no rotation writes that. */
  readonly strange = new Map<number, string>()

  imported(chunk: Chunk): void {
    this.#chunks.set(nameOf(chunk), chunk)
  }

  resealed(chunk: Chunk): void {
    const name = nameOf(chunk)
    if (this.#chunks.has(name)) this.#chunks.set(name, chunk)
    else this.strange.set(chunk.batch, `vouchers ${rangeOf(chunk)} were never imported like that`)
  }

  all(): IterableIterator<Chunk> {
    return this.#chunks.values()
  }
}

/** In the order of the journal: batch by batch, and in a batch from front to back. */
export function chunksOf(database: Database.Database, batches: ReadonlySet<number>): Chunk[] {
  const digests = new ChunkDigests()
  // Text first: a body is taken apart only when it is one of the two.
  const bodies = database
    .prepare(
      `select body from journal where kind = 'admin' and
       (body like '{"action":"${CHUNK_IMPORTED}"%' or body like '{"action":"${CHUNK_RESEALED}"%')
       order by jseq`,
    )
    .pluck()
    .iterate() as IterableIterator<string>
  for (const body of bodies) {
    const detail = JSON.parse(body) as Record<string, unknown>
    const chunk = chunkOf(detail)
    if (!batches.has(chunk.batch)) continue
    if (detail.action === CHUNK_IMPORTED) digests.imported(chunk)
    else digests.resealed(chunk)
  }
  return [...digests.all()]
}

/** As the record of an import or of a resealing describes it. */
export function chunkOf(detail: Record<string, unknown>): Chunk {
  const { batch, first, vouchers, digest } = detail
  return {
    ...{ batch: Number(batch), first: Number(first), rows: Number(vouchers) },
    digest: String(digest),
  }
}

export function digestOf(rows: Iterable<SealedVoucher>): string {
  const digest = createHash('sha256')
  const page = Buffer.allocUnsafe(PAGE_BYTES)
  let at = 0
  for (const row of rows) {
    const [head, sealed, print] = digestInputOf(row)
    const most = head.length * UTF8_MOST + sealed.length + print.length
    if (at + most > PAGE_BYTES) {
      digest.update(page.subarray(0, at))
      at = 0
    }
    if (most > PAGE_BYTES) {
      digest.update(head).update(sealed).update(print)
      continue
    }
    at += page.write(head, at)
    page.set(sealed, at)
    page.set(print, at + sealed.length)
    at += sealed.length + print.length
  }
  return digest.update(page.subarray(0, at)).digest('hex')
}

export function rangeOf({ first, rows }: Chunk): string {
  return `${first} to ${first + rows - 1}`
}

function nameOf({ batch, first, rows }: Chunk): string {
  return `${batch} ${first} ${rows}`
}

/** What of a voucher never changes but by a rotation, which tells of it. */
function digestInputOf(row: SealedVoucher): [head: string, sealed: Buffer, print: Buffer] {
  const head = `${row.id} ${row.lot} ${row.mobileOperator} ${row.serial}\n`
  return [head, bytesOf(row.sealed), bytesOf(row.fingerprint)]
}

/** A damaged row may hold anything, whatever its type says. */
function bytesOf(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(`not bytes: ${String(value)}`)
}
