// How a run is going, on standard error: one line that is written over on a terminal, else a line
// now and then for a log. It only looks; the run knows nothing of it.

import type { Timers } from '../protocol/link/timers.ts'
import type { Progress } from './player.ts'
import type { Stage } from './stage.ts'

export interface ProgressOut {
  readonly stderr: (text: string) => void
  readonly isTTY: boolean
}

export interface Watched {
  readonly stage: Stage
  readonly progress: Progress
  readonly timers: Timers
}

const ON_TERMINAL_MS = 500
const IN_LOG_MS = 5_000
const WRITTEN_OVER = '\r\u001b[2K'

/** Gives the function that ends it. */
export function showProgress(watched: Watched, out: ProgressOut): () => void {
  const { timers, stage } = watched
  const everyMs = out.isTTY ? ON_TERMINAL_MS : IN_LOG_MS
  let lastMs = timers.monotonicMs()
  let lastSales = 0
  let cancel = (): void => undefined
  const show = (): void => {
    const nowMs = timers.monotonicMs()
    const sales = stage.ledger.begun
    const perSecond = ((sales - lastSales) * 1_000) / Math.max(1, nowMs - lastMs)
    lastMs = nowMs
    lastSales = sales
    const line = progressText(watched, perSecond)
    out.stderr(out.isTTY ? WRITTEN_OVER + line : `replay: ${line}\n`)
    cancel = timers.after(everyMs, show)
  }
  cancel = timers.after(everyMs, show)
  return () => {
    cancel()
    if (out.isTTY) out.stderr(WRITTEN_OVER)
  }
}

function progressText({ stage, progress }: Watched, perSecond: number): string {
  const { ledger, work, slots, waits } = stage
  const { p99Ms } = waits.takeRecent()
  const declined = [...ledger.declined.values()].reduce((sum, count) => sum + count, 0)
  const where = progress.isReading ? clock(progress.atMs) : 'ending'
  return [
    where,
    `${Math.round(perSecond).toLocaleString('en-US')} sales/s`,
    `p99 ${p99Ms.toFixed(0)} ms`,
    `${ledger.sold.toLocaleString('en-US')} sold`,
    `${declined.toLocaleString('en-US')} declined`,
    `${ledger.reversed.toLocaleString('en-US')} reversed`,
    `${work.underWay} under way`,
    `${work.waiting} waiting`,
    `${slots.held} connections`,
    ...(ledger.faults > 0 ? [`${ledger.faults} LOST`] : []),
  ].join(' | ')
}

/** Hours, minutes and seconds since the traffic began. */
function clock(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
