// A reversal that no card host has answered for hours is somebody's money: whoever reads the log
// hears of it, once, and again when it has been better in between. It decides nothing, and the
// reversal goes on. [nothing-lost, row 19]

import type { Timers } from '../protocol/link/timers.ts'
import type { Notice } from './core/notice.ts'

const MINUTE_MS = 60_000
const LOOK_MS = 10 * MINUTE_MS
const HOURS_MOST = 4

export interface ReversalWatchPorts {
  /** When the one was opened that is open for longest, those in suspense aside. */
  readonly sales: { oldestReversalMs(): number | undefined }
  readonly timers: Timers
  readonly notice: (notice: Notice) => void
}

/** The returned function ends it. */
export function watchReversals({ sales, timers, notice }: ReversalWatchPorts) {
  let cancel = (): void => undefined
  let isTold = false
  const look = (): void => {
    const since = sales.oldestReversalMs()
    const hours = since === undefined ? 0 : (timers.wallMs() - since) / (60 * MINUTE_MS)
    if (hours >= HOURS_MOST && !isTold) {
      const detail = `the oldest is open for ${Math.floor(hours)} hours`
      notice({ level: 'alarm', what: 'reversals are not answered', detail })
    }
    isTold = hours >= HOURS_MOST
    cancel = timers.after(LOOK_MS, look)
  }
  look()
  return () => cancel()
}
