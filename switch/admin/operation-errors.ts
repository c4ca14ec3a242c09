// Typed results of the store as the errors that an administrator meets. Nothing else decides which
// code a refused change or a report that was cut off has.

import { EvsError } from '../../admin-api/errors.ts'
import type { ChangeResult } from '../../voucher-store/admin/admin-write.ts'
import { lacksRoom } from '../../voucher-store/file-errors.ts'
import type { JobResult } from '../../voucher-store/reports/report-threads.ts'

/** Throws unless it was written. `what` names the thing: `merchant 000000000012345`. */
export function mustWrite(result: ChangeResult, what: string): void {
  switch (result.kind) {
    case 'written':
      return
    case 'taken':
      throw new EvsError('ALREADY_EXISTS', { message: `${what} exists already` })
    case 'changed':
      throw new EvsError('CONFLICT', { message: `${what} changed meanwhile: ${result.detail}` })
    case 'full':
      throw new EvsError('NOT_READY', {
        message: `the store takes no writes at present: ${result.detail}`,
        hint: 'look at the disk, then try again; nothing was changed',
      })
  }
}

export function mustFind<Thing>(thing: Thing | undefined, what: string): Thing {
  if (thing === undefined) throw new EvsError('NOT_FOUND', { message: `there is no ${what}` })
  return thing
}

export function mustFinish<Answer>(result: JobResult<Answer>): Answer {
  switch (result.kind) {
    case 'done':
      return result.value
    case 'timed-out':
      throw new EvsError('TIMED_OUT')
    case 'stopped':
      throw new EvsError('NOT_READY')
    case 'busy':
      throw new EvsError('NOT_READY', {
        message: 'too many reports are being made',
        hint: 'try again when one of them has ended',
      })
    case 'failed':
      if (lacksRoom(result)) throw noRoom(result.message)
      throw new EvsError('INTERNAL', { message: `the report failed: ${result.message}` })
  }
}

/** Of a report, which changes nothing: it is as if nobody had asked. */
function noRoom(why: string): EvsError {
  const hint = 'make room, then try again; nothing was changed'
  return new EvsError('NOT_READY', { message: `there is no room on the disk: ${why}`, hint })
}
