// The audit record: its acts page by page, and its chain verified. Reading it is an act itself,
// once for all pages of an export. What an act is, is written where it is done.

import type { ControlOperations } from '../../admin-api/control-operations.ts'
import { EvsError } from '../../admin-api/errors.ts'
import { tehranMoment } from '../../protocol/values/moment.ts'
import { dayNumber } from '../../voucher-store/admin/shown.ts'
import type { AccessTools } from '../access/access.ts'
import { mustFinish } from './operation-errors.ts'
import type { OperationTools } from './operation-ports.ts'

type AuditOperations = Pick<ControlOperations, 'auditRecords' | 'verifyAudit'>

const DAY_MS = 86_400_000
/** What is read grows with the store, and must come to its end; this only ends what hangs. */
const LONG_MS = 4 * 3_600_000

export function auditOperations(
  { threads, clock }: OperationTools,
  { acts }: AccessTools,
): AuditOperations {
  const long = { limitMs: LONG_MS }
  const exports = new Exports(() => clock.monotonicMs())
  return {
    auditRecords: async (actor, { from, to, after, limit }) => {
      const fromMs = from === undefined ? 0 : midnightOf(from)
      const toMs = to === undefined ? Number.MAX_SAFE_INTEGER : midnightOf(to) + DAY_MS - 1
      if (toMs < fromMs) {
        throw new EvsError('USAGE', { message: 'the period ends before it begins' })
      }
      const who = actor.session?.id ?? actor.name
      const of = `${from ?? ''} ${to ?? ''}`
      if (!exports.goesOn(who, `${of} ${after}`)) {
        const detail = { from: from ?? null, to: to ?? null, after }
        await acts.must({ action: 'audit export', by: actor.name, how: actor.how, detail })
      }
      const range = { fromMs, toMs, after, limit }
      const page = mustFinish(await threads.run({ kind: 'acts', range }, long))
      exports.told(who, page.after === null ? undefined : `${of} ${page.after}`)
      return page
    },
    verifyAudit: async () => mustFinish(await threads.run({ kind: 'verify-acts' }, long)),
  }
}

const EXPORT_PAUSE_MS = 600_000
const EXPORTS_MOST = 100

/** Which page each reader may ask for next as a part of the export that he has on record. */
class Exports {
  readonly #nowMs: () => number
  readonly #next = new Map<string, { readonly place: string; readonly untilMs: number }>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  goesOn(who: string, place: string): boolean {
    const next = this.#next.get(who)
    return next?.place === place && this.#nowMs() < next.untilMs
  }

  told(who: string, place: string | undefined): void {
    this.#next.delete(who)
    if (place === undefined) return
    this.#next.set(who, { place, untilMs: this.#nowMs() + EXPORT_PAUSE_MS })
    const [oldest] = this.#next.keys()
    if (this.#next.size > EXPORTS_MOST && oldest !== undefined) this.#next.delete(oldest)
  }
}

function midnightOf(day: string): number {
  const moment = tehranMoment(dayNumber(day), '000000')
  if (moment === undefined) throw new EvsError('USAGE', { message: `there is no day ${day}` })
  return moment
}
