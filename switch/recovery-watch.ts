// While a security officer's login is being recovered, everybody who reads the log hears of it: at
// each start, and every hour. It decides nothing and stops nothing.

import { systemTimers } from '../protocol/link/timers.ts'
import type { Store } from '../voucher-store/store.ts'
import { recoveryWarning } from './admin/recovery-operations.ts'
import type { Notice } from './core/notice.ts'

const HOUR_MS = 3_600_000

/** The returned function ends it. */
export function watchRecovery(
  { database }: Pick<Store, 'database'>,
  notice: (notice: Notice) => void,
): () => void {
  let cancel = (): void => undefined
  const look = (): void => {
    const detail = recoveryWarning(database, systemTimers.wallMs())
    if (detail !== undefined) {
      notice({ level: 'alarm', what: 'a login is being recovered', detail })
    }
    cancel = systemTimers.after(HOUR_MS, look)
  }
  look()
  return () => cancel()
}
