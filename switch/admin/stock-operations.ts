// Batches and stock. A hold takes the batch out of the running inventory first and is made durable
// then; a release is durable first. Either way no sale is made from a batch that the journal does
// not call released. [nothing-lost, rule 16]

import { EvsError } from '../../admin-api/errors.ts'
import type { AdminOperations } from '../../admin-api/operations.ts'
import type { BatchChange, BatchSummary } from '../../admin-api/schemas.ts'
import { type Day, tehranTime } from '../../protocol/values/moment.ts'
import {
  type BatchMove,
  findBatch,
  listBatches,
  lotsOf,
  moveBatch,
  voidAvailable,
} from '../../voucher-store/admin/batches.ts'
import { batchCatalogue } from '../../voucher-store/admin/products.ts'
import { dayNumber } from '../../voucher-store/admin/shown.ts'
import { importBatch } from '../../voucher-store/import.ts'
import type { ImportTurn } from './import-turn.ts'
import { mustFind, mustFinish, mustWrite } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'

type StockOperations = Pick<
  AdminOperations,
  'batches' | 'batch' | 'importBatch' | 'changeBatch' | 'stock'
>

export function stockOperations(tools: OperationTools, imports: ImportTurn): StockOperations {
  const { store, threads, config } = tools
  const { database } = store
  const today = () => tehranTime(tools.wallMs()).day
  return {
    batches: async (filter) => listBatches(database, filter),
    batch: async (id) => {
      const batch = mustFind(findBatch(database, id), `batch ${id}`)
      return { ...batch, lots: lotsOf(database, id) }
    },
    importBatch: (actor, request, file) => {
      const order = {
        fileName: request.fileName,
        by: actor.name,
        how: actor.how,
        catalogue: batchCatalogue(database, today()),
        expires: request.expires === undefined ? undefined : dayNumber(request.expires),
        today: today(),
        release: request.release,
        dryRun: request.dryRun,
        fileBytesMost: config.limits.batchFileBytes,
      }
      const { journal, ring } = store
      const ports = {
        ...{ journal, database, ring, clock: clockOf(tools) },
        // Read when the batch's key is wrapped: a rotation may have replaced it by then.
        get kek() {
          return store.kek
        },
      }
      return imports.run(async function* () {
        for await (const event of importBatch(ports, order, file)) {
          // The running switch must see the batch before its importer hears that it is there.
          if (event.kind === 'done' && event.released) stockReleased(tools, event.batch)
          yield event
        }
      })
    },
    changeBatch: async (actor, id, { action }) => {
      await changeBatch(tools, tools.by(actor), id, action)
      return mustFind(findBatch(database, id), `batch ${id}`)
    },
    stock: async () => {
      const { reportMs: limitMs } = config.timeouts
      const { expiryMarginDays: marginDays } = config.limits
      const job = { kind: 'stock', today: today(), marginDays } as const
      return mustFinish(await threads.run(job, { limitMs }))
    },
  }
}

function clockOf({ clock, wallMs }: OperationTools) {
  return {
    monotonicMs: () => clock.monotonicMs(),
    wallMs,
    after: (ms: number, run: () => void) => clock.after(ms, run),
  }
}

function stockReleased({ runtime }: OperationTools, batch: number | null): void {
  if (batch !== null) runtime?.inventory.stockChanged(batch)
}

const MOVES = {
  release: { action: 'release', from: ['loaded', 'held'], to: 'released' },
  hold: { action: 'hold', from: ['loaded', 'released'], to: 'held' },
  recall: { action: 'recall', from: ['loaded', 'released', 'held'], to: 'held' },
  close: { action: 'close', from: ['loaded', 'released', 'held'], to: 'closed', whenEmpty: true },
} as const satisfies Record<BatchChange['action'], BatchMove>

async function changeBatch(
  tools: OperationTools,
  by: { readonly by: string; readonly atMs: number },
  id: number,
  action: BatchChange['action'],
): Promise<void> {
  const { store, runtime } = tools
  const { journal, database } = store
  const batch = mustFind(findBatch(database, id), `batch ${id}`)
  const move: BatchMove = MOVES[action]
  if (!move.from.includes(batch.state)) throw notFrom(id, batch.state, action)
  if (move.to === 'released') refuseEarly(batch, tehranTime(tools.wallMs()).day)
  const { available, reserved, fenced } = batch.counts
  if (move.whenEmpty === true && available + reserved + fenced > 0) {
    const message = `batch ${id} still has ${available + reserved + fenced} vouchers in stock`
    throw new EvsError('CONFLICT', { message, hint: 'recall it first, which voids them' })
  }
  const takesOut = move.to === 'held'
  if (takesOut) runtime?.inventory.hold(id)
  const result = await moveBatch(journal, id, move, by)
  if (result.kind !== 'written' && takesOut && batch.state === 'released') {
    runtime?.inventory.stockChanged(id)
  }
  mustWrite(result, `batch ${id}`)
  // A release that was written just before it has let sales read the batch anew.
  if (takesOut) runtime?.inventory.hold(id)
  if (move.to === 'released') runtime?.inventory.stockChanged(id)
  if (action !== 'recall') return
  const { problem } = await voidAvailable(journal, database, id, by)
  if (problem !== undefined) mustWrite(problem, `batch ${id}`)
}

/** Whoever bought one would have a PIN that nobody takes yet. */
function refuseEarly({ id, validFrom }: Pick<BatchSummary, 'id' | 'validFrom'>, today: Day): void {
  if (validFrom === null || dayNumber(validFrom) <= today) return
  const message = `the vouchers of batch ${id} work from ${validFrom} on`
  throw new EvsError('CONFLICT', { message, hint: 'release it on that day' })
}

function notFrom(id: number, state: BatchSummary['state'], action: string): EvsError {
  return new EvsError('CONFLICT', { message: `batch ${id} is ${state}: it cannot ${action} now` })
}
