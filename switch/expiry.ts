// Takes vouchers out of stock once their last day has passed: at the start, and then every hour,
// which meets midnight in Tehran soon enough. Selling never depends on it. There is no way back, so
// nothing is done while the clock is doubted: by one that is a year ahead all stock has expired.

import { systemTimers } from '../protocol/link/timers.ts'
import { tehranTime } from '../protocol/values/moment.ts'
import type { StoreJournal } from '../voucher-store/admin/admin-write.ts'
import { expireVouchers } from '../voucher-store/admin/expire.ts'
import type { Store } from '../voucher-store/store.ts'
import type { Log } from './log.ts'

const HOUR_MS = 3_600_000

export interface ExpiryPorts {
  readonly store: Pick<Store, 'database'> & { readonly journal: StoreJournal }
  readonly clock: { isBelieved(): Promise<boolean> }
  readonly log: Log
}

/** The returned function ends it. */
export function keepExpiring({ store, clock, log }: ExpiryPorts): () => void {
  let cancel = (): void => undefined
  let ended = false
  const run = async (): Promise<void> => {
    if (!(await clock.isBelieved())) return
    const nowMs = systemTimers.wallMs()
    const count = await expireVouchers(store, tehranTime(nowMs).day, nowMs)
    if (count > 0) log.info({ count }, 'vouchers expired')
  }
  const schedule = (): void => {
    if (ended) return
    cancel = systemTimers.after(HOUR_MS, () => void run().then(schedule))
  }
  void run().then(schedule)
  return () => {
    ended = true
    cancel()
  }
}
