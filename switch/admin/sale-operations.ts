// Sales, and what of them waits for a person: reversals in suspense, claims, ends of day that
// differ. Searching sales may take long, so it happens on a report thread under the report's limit.

import { EvsError } from '../../admin-api/errors.ts'
import type { AdminOperations } from '../../admin-api/operations.ts'
import {
  closeClaim,
  closeDayEndDifference,
  findClaim,
  findDayEndDifference,
  listClaims,
  listDayEndDifferences,
} from '../../voucher-store/admin/claims.ts'
import {
  findSuspense,
  isWaiting,
  listSuspense,
  resolveSuspense,
} from '../../voucher-store/admin/suspense.ts'
import { mustFind, mustFinish, mustWrite } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'

type SaleOperations = Pick<
  AdminOperations,
  | 'sales'
  | 'sale'
  | 'suspense'
  | 'resolveSuspense'
  | 'claims'
  | 'resolveClaim'
  | 'dayEndDifferences'
  | 'closeDayEnd'
>

export function saleOperations(tools: OperationTools): SaleOperations {
  const { store, threads, config, by, wallMs, runtime } = tools
  const { journal, database } = store
  const { reportMs: limitMs } = config.timeouts
  const reversalOf = (sale: number) =>
    mustFind(findSuspense(database, sale, wallMs()), `reversal of sale ${sale}`)
  const claimOf = (id: number) => mustFind(findClaim(database, id), `claim ${id}`)
  const dayEndOf = (id: number) => {
    return mustFind(findDayEndDifference(database, id), `end of day ${id} that differs`)
  }
  return {
    sales: async (search) => mustFinish(await threads.run({ kind: 'sales', search }, { limitMs })),
    sale: async (id) => {
      if (!/^\d{1,15}$/.test(id)) throw new EvsError('NOT_FOUND', { message: NOT_A_SALE })
      const found = mustFinish(await threads.run({ kind: 'sale', id }, { limitMs }))
      return mustFind(found, `sale ${id}`)
    },
    suspense: async () => listSuspense(database, wallMs()),
    resolveSuspense: async (actor, id, resolution) => {
      const item = reversalOf(id)
      if (!isWaiting(item.status)) {
        const message = `the reversal of sale ${id} has ended: ${item.status}`
        throw new EvsError('CONFLICT', { message })
      }
      const result = await resolveSuspense(journal, item, resolution, by(actor))
      mustWrite(result, `the reversal of sale ${id}`)
      if (resolution.as === 'retry') runtime?.reversals.retry(id)
      else runtime?.reversals.resolved(id)
      return reversalOf(id)
    },
    claims: async () => listClaims(database),
    resolveClaim: async (actor, id, { resolution }) => {
      const claim = claimOf(id)
      if (claim.closedAt !== null) throw closedAlready(`claim ${id}`, claim.closedAt)
      mustWrite(await closeClaim(journal, claim, resolution, by(actor)), `claim ${id}`)
      return claimOf(id)
    },
    dayEndDifferences: async () => listDayEndDifferences(database),
    closeDayEnd: async (actor, id) => {
      const { closedAt } = dayEndOf(id)
      if (closedAt !== null) throw closedAlready(`end of day ${id}`, closedAt)
      mustWrite(await closeDayEndDifference(journal, id, by(actor)), `end of day ${id}`)
      return dayEndOf(id)
    },
  }
}

const NOT_A_SALE = 'a sale is named by its number or its RRN'

function closedAlready(what: string, closedAt: string): EvsError {
  return new EvsError('CONFLICT', { message: `${what} was closed already, ${closedAt}` })
}
