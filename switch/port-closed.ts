// A port that cannot be opened. The configuration may be right all the same: at a boot the address
// may come later than the switch, and an earlier process may still hold the port. Not an error of
// the configuration, so that a supervisor tries again.

import { EvsError } from '../admin-api/errors.ts'

/** `door`: which one it is, in words. */
export function portClosed(door: string, error: unknown): EvsError {
  return new EvsError('PORT_UNAVAILABLE', { message: `${door}: ${(error as Error).message}` })
}
