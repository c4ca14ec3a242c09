// Looks at the token every few seconds, so that it is missed before a terminal needs a key, and
// noticed when it is back. Without a token there is nothing to look at.

import { systemTimers } from '../protocol/link/timers.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { OpenToken } from './token.ts'

const EVERY_MS = 3_000
const GONE = 'the hardware security module is away'

/** The returned function ends it. */
export function watchToken(opened: OpenToken | undefined): () => void {
  if (opened === undefined) return () => undefined
  const { token } = opened
  let cancel = (): void => undefined
  const schedule = (): void => {
    cancel = systemTimers.after(EVERY_MS, () => {
      token.check()
      schedule()
    })
  }
  schedule()
  return () => cancel()
}

export function tokenChanged(
  { log, metrics }: { readonly log: Log; readonly metrics: Pick<Metrics, 'alarm'> },
  away: string | undefined,
): void {
  if (away === undefined) return void log.info({}, 'the hardware security module is back')
  log.error({ detail: away }, GONE)
  metrics.alarm(GONE)
}
