// What a start does not wait for: the whole chain, the pages and indexes of the database, the
// invariants of the audit, and the rows of a small store, checked on a thread of their own once the
// switch sells. A store that does not hold is not sold from any more; reversals and confirmations
// go on. A check that could not go on, for want of room or memory, says nothing about the store.

import { isDamage } from '../voucher-store/file-errors.ts'
import { type JobResult, ReportThreads } from '../voucher-store/reports/report-threads.ts'
import type { JournalVerdict } from '../voucher-store/reports/verify-journal.ts'
import type { Clock } from './core/clock.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

const AFTER_MS = 5_000
/** It grows with the store; this only ends what hangs. */
const LIMIT_MS = 4 * 3_600_000

export interface SelfCheckPorts {
  readonly file: string
  readonly clock: Clock
  /** How soon it begins; a start has enough to do at first. */
  readonly afterMs?: number
  readonly log: Log
  readonly metrics: Pick<Metrics, 'alarm'>
  /** No new sale is taken from now on, for this reason. */
  readonly doubt: (reason: string) => void
}

/** The returned function ends it. */
export function checkInBackground(ports: SelfCheckPorts): () => Promise<void> {
  const { file, clock } = ports
  const threads = new ReportThreads(file, clock)
  let stopped = false
  const run = async (): Promise<void> => {
    const result = await threads.run({ kind: 'verify', quick: true }, { limitMs: LIMIT_MS })
    await threads.close()
    if (stopped) return
    if (result.kind === 'done') judge(ports, result.value)
    else if (result.kind === 'failed' && isDamage(result)) doubt(ports, [result.message])
    else unchecked(ports, result)
  }
  const cancel = clock.after(ports.afterMs ?? AFTER_MS, () => void run())
  return async () => {
    stopped = true
    cancel()
    await threads.close()
  }
}

function judge(ports: SelfCheckPorts, { ok, records, problems }: JournalVerdict): void {
  if (ok) ports.log.info({ count: records }, 'the store was checked')
  else doubt(ports, problems)
}

function unchecked({ log, metrics }: SelfCheckPorts, result: JobResult<JournalVerdict>): void {
  const what = 'the store was not checked to its end'
  const why = result.kind === 'failed' ? result.message : result.kind
  log.warn({ detail: `${why}: run evs journal verify` }, what)
  metrics.alarm(what)
}

function doubt({ log, metrics, doubt: tell }: SelfCheckPorts, problems: readonly string[]): void {
  const what = 'the store is damaged'
  for (const detail of problems) log.error({ detail }, what)
  metrics.alarm(what)
  tell(`${what}: run evs journal verify`)
}
