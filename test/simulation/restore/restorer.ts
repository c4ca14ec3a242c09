// Restores a backup with the product's own code without giving up the turn: the loop of a
// simulation is synchronous. A restore waits for promises that its own steps keep, and for nothing
// of the event loop, so carrying them out ends it.

import {
  type RestoreOrder,
  type RestoreResult,
  restoreBackup,
} from '../../../voucher-store/backup/restore.ts'
import { drain } from '../drain.ts'

export function restoreNow(order: RestoreOrder): RestoreResult {
  let result: RestoreResult | undefined
  let failure: unknown = new Error('the restore waits for the event loop')
  restoreBackup(order).then(
    (restored) => {
      result = restored
    },
    (error: unknown) => {
      failure = error
    },
  )
  drain()
  if (result === undefined) throw failure
  return result
}
