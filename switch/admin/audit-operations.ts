// The audit record: its acts page by page, and its chain verified. Reading it from the start is an
// act itself. What an act is, is written where it is done.

import type { ControlOperations } from '../../admin-api/control-operations.ts'
import { EvsError } from '../../admin-api/errors.ts'
import { tehranMoment } from '../../protocol/values/moment.ts'
import { dayNumber } from '../../voucher-store/admin/shown.ts'
import type { AccessTools } from '../access/access.ts'
import { mustFinish } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'

type AuditOperations = Pick<ControlOperations, 'auditRecords' | 'verifyAudit'>

const DAY_MS = 86_400_000
/** Verifying grows with the store; this only ends what hangs. */
const LONG_MS = 4 * 3_600_000

export function auditOperations(
  { threads, config }: OperationTools,
  { acts }: AccessTools,
): AuditOperations {
  const limitMs = Math.max(config.timeouts.reportMs, 60_000)
  return {
    auditRecords: async (actor, { from, to, after, limit }) => {
      const fromMs = from === undefined ? 0 : midnightOf(from)
      const toMs = to === undefined ? Number.MAX_SAFE_INTEGER : midnightOf(to) + DAY_MS - 1
      if (toMs < fromMs) {
        throw new EvsError('USAGE', { message: 'the period ends before it begins' })
      }
      if (after === 0) {
        const detail = { from: from ?? null, to: to ?? null }
        await acts.must({ action: 'audit export', by: actor.name, how: actor.how, detail })
      }
      const range = { fromMs, toMs, after, limit }
      return mustFinish(await threads.run({ kind: 'acts', range }, { limitMs }))
    },
    verifyAudit: async () =>
      mustFinish(await threads.run({ kind: 'verify-acts' }, { limitMs: LONG_MS })),
  }
}

function midnightOf(day: string): number {
  const moment = tehranMoment(dayNumber(day), '000000')
  if (moment === undefined) throw new EvsError('USAGE', { message: `there is no day ${day}` })
  return moment
}
