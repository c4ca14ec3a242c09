// Takes a batch file into stock, whole or not at all, while sales go on: read and checked, PINs
// sealed under a key of the batch, compared with the stock, written in chunks into a batch that is
// `loading` and invisible, and made visible by one last record. Any problem removes what was
// written; what a crash leaves behind is removed soon after the next start. [nothing-lost, row 45]
//
// Work on this thread is sliced: after some 3 ms it lets everything else run.

import { createHash, type Hash } from 'node:crypto'
import { readAll, sql } from './admin/statements.ts'
import type { ParsedVoucher } from './batch-formats/batch-format.ts'
import { parseBatch } from './batch-formats/parse-batch.ts'
import { batchCode } from './codes.ts'
import { earlierBatchOf } from './import/earlier-batch.ts'
import type { ImportOrder, ImportPorts } from './import/import-order.ts'
import { LoadingBatch } from './import/loading-batch.ts'
import { Refusals, type Refused } from './import/refusals.ts'
import { type RemovingPorts, removeLoading } from './import/remove-loading.ts'
import { fingerprintsOf, sealVouchers } from './import/seal-vouchers.ts'
import { Slices } from './import/slices.ts'
import { StockDuplicates } from './import/stock-duplicates.ts'

export type ImportProgress =
  | { readonly kind: 'progress'; readonly vouchers: number; readonly bytes: number }
  | {
      readonly kind: 'done'
      readonly dryRun: boolean
      readonly batch: number | null
      readonly format: string
      readonly vouchers: number
      readonly released: boolean
      readonly products: { product: string; vouchers: number }[]
      readonly seconds: number
    }
  | Refused

const LINE_BYTES_MOST = 4_096
const PROGRESS_EVERY_MS = 200

/** Ends with `done` or `refused`. Left early by its reader, it removes what it wrote. */
export async function* importBatch(
  ports: ImportPorts,
  order: ImportOrder,
  file: AsyncIterable<Uint8Array>,
): AsyncGenerator<ImportProgress, void, undefined> {
  const { clock } = ports
  const startedMs = clock.monotonicMs()
  const slices = new Slices(clock)
  const source = new CountedFile(file, order.fileBytesMost)
  const refusals = new Refusals()
  const loading = new LoadingBatch(ports, order)
  const stock = new StockDuplicates(ports.database)
  const running = { loading, refusals, slices, stock }
  let toldMs = startedMs
  try {
    let count = 0
    for await (const part of parseBatch(source.chunks(), parseOptions(order))) {
      if (part.kind === 'header') loading.header(part)
      else if (part.kind === 'end') refusals.addParsed(part.problems)
      else if (source.tooLarge) break
      else {
        await take(ports, order, running, part.vouchers)
        count += part.vouchers.length
      }
      if (refusals.full) break
      if (clock.monotonicMs() - toldMs < PROGRESS_EVERY_MS) continue
      toldMs = clock.monotonicMs()
      yield { kind: 'progress', vouchers: count, bytes: source.bytes }
    }
    await loading.settled()
    // A batch that cannot be taken is still hashed to its end, to know whether it came before.
    const hash = await source.digest(slices)
    if (source.tooLarge) refusals.tooLarge(order.fileBytesMost)
    const earlier = earlierBatchOf(ports.database, hash)
    if (earlier !== undefined) refusals.earlier(earlier)
    if (refusals.empty && !order.dryRun) await loading.finish(hash, order.release, refusals)
    await loading.removeUnlessFinished()
    if (!refusals.empty) yield refusals.refused()
    else yield doneWith(order, loading, (clock.monotonicMs() - startedMs) / 1_000)
  } finally {
    await loading.removeUnlessFinished()
  }
}

function parseOptions(order: ImportOrder) {
  const { catalogue, expires, today, release } = order
  const limits = { maxLineBytes: LINE_BYTES_MOST, maxProblems: Refusals.most }
  return { catalogue, expires, today, release, ...limits }
}

interface Running {
  readonly loading: LoadingBatch
  readonly refusals: Refusals
  readonly slices: Slices
  readonly stock: StockDuplicates
}

/** Rows of one write: some 20 ms of the writer's time, and a fifth of that while sales go on. */
const WRITE_ROWS = 250
const WRITE_ROWS_BESIDE_SALES = 50

/**
 * What is written need not be looked for before: the unique indexes find it, and then it is looked
 * for, and with it all that follows. The first rows are: a file that came before begins no batch.
 */
async function take(
  ports: ImportPorts,
  order: ImportOrder,
  { loading, refusals, slices, stock }: Running,
  vouchers: readonly ParsedVoucher[],
): Promise<void> {
  for (let at = 0, some = 0; at < vouchers.length; at += some) {
    some = ports.journal.isBusy === true ? WRITE_ROWS_BESIDE_SALES : WRITE_ROWS
    const rows = vouchers.slice(at, at + some)
    const prints = await fingerprintsOf(ports.ring, rows, slices)
    const look = async () => refusals.addDuplicates(await stock.among(rows, prints, slices))
    const isWritten = !order.dryRun && refusals.empty
    const isLookedAt = !isWritten || loading.vouchers === 0
    if (isLookedAt) await look()
    loading.count(rows)
    if (!isWritten || !refusals.empty) continue
    if (!(await loading.begin(refusals))) continue
    const sealed = await sealVouchers(loading, rows, prints, slices)
    const isHandedOver = await loading.write(sealed, refusals, look)
    if (!isHandedOver && !isLookedAt) await look()
  }
}

function doneWith(order: ImportOrder, loading: LoadingBatch, seconds: number): ImportProgress {
  return {
    kind: 'done',
    dryRun: order.dryRun,
    batch: order.dryRun ? null : loading.batch,
    format: loading.format,
    vouchers: loading.vouchers,
    released: !order.dryRun && order.release,
    products: loading.products(),
    seconds: Math.round(seconds * 1_000) / 1_000,
  }
}

/** The file as it streams by: counted, hashed, and cut off above its limit. */
class CountedFile {
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #hash: Hash = createHash('sha256')
  readonly #most: number
  #ended = false
  bytes = 0

  constructor(file: AsyncIterable<Uint8Array>, most: number) {
    this.#iterator = file[Symbol.asyncIterator]()
    this.#most = most
  }

  get tooLarge(): boolean {
    return this.bytes > this.#most
  }

  /** May be left early without closing the file: `digest` reads the rest. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const chunk = await this.#next()
      if (chunk === undefined) return
      yield chunk
    }
  }

  async digest(slices: Slices): Promise<string> {
    while ((await this.#next()) !== undefined) await slices.pause()
    if (this.tooLarge) await this.#iterator.return?.()
    return this.#hash.digest('hex')
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#ended || this.tooLarge) return undefined
    const { value, done } = await this.#iterator.next()
    if (done === true) {
      this.#ended = true
      return undefined
    }
    this.bytes += value.length
    this.#hash.update(value)
    return this.tooLarge ? undefined : value
  }
}

export interface UnfinishedImports {
  readonly removed: number
  /** Why some are left: they are invisible, and removed another time. */
  readonly problem: string | undefined
}

/**
 * Batches that a crash left half loaded, and those that a full disk did not let go. Called while
 * no import is under way: that one would be removed as well.
 */
export async function removeUnfinishedImports(
  ports: RemovingPorts,
  wallMs: () => number,
): Promise<UnfinishedImports> {
  const loading = sql('batch')
    .select('id')
    .where({ state: batchCode('loading') })
  let removed = 0
  for (const { id } of readAll<{ id: number }>(ports.database, loading)) {
    const removal = await removeLoading(ports, id, { by: 'start', atMs: wallMs() })
    if (removal.kind === 'stopped') break
    if (removal.kind === 'not-written') return { removed, problem: `batch ${id}: ${removal.why}` }
    removed++
  }
  return { removed, problem: undefined }
}
