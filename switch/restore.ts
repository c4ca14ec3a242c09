// `evs restore`: puts a backup back with the switch stopped. The store does it; here the key is
// read and what does not hold becomes an error that `docs/errors.md` explains.

import { EvsError } from '../admin-api/errors.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import { restoreBackup } from '../voucher-store/backup/restore.ts'
import { type CodedError, lacksRoom } from '../voucher-store/file-errors.ts'
import { spillInto } from '../voucher-store/sqlite.ts'
import type { Config } from './config/schema.ts'
import { mustReadKek } from './open-data.ts'
import { openToken } from './token.ts'

export interface Restored {
  readonly epoch: number
  readonly jseq: number
  /** Null: nothing was lost, and selling may start at once. */
  readonly gap: { readonly from: string; readonly to: string } | null
  readonly vouchersFenced: number
  readonly oldDatabase: string | null
}

export async function restore(
  config: Config,
  options: { readonly file: string; readonly by: string },
): Promise<Restored> {
  const token = await openToken(config, systemTimers)
  spillInto(config.data.directory)
  const restoring = restoreBackup({
    directory: config.data.directory,
    backup: options.file,
    kek: mustReadKek(config, token),
    by: options.by,
    atMs: systemTimers.wallMs(),
  })
  const result = await restoring.catch((error: unknown) => {
    if (!lacksRoom(error as CodedError)) throw error
    throw noRoom(`there is no room for the copy: ${(error as Error).message}`)
  })
  if (result.kind === 'problem' && result.code === 'NOT_READY') throw noRoom(result.message)
  if (result.kind === 'problem') throw new EvsError(result.code, { message: result.message })
  const { epoch, jseq, gap, vouchersFenced, oldDatabase = null } = result
  const shown = gap === undefined ? null : { from: isoOf(gap.fromMs), to: isoOf(gap.toMs) }
  return { epoch, jseq, gap: shown, vouchersFenced, oldDatabase }
}

/** It says nothing of the backup: what could be wrong with that is told when all of it was read. */
function noRoom(message: string): EvsError {
  const hint = 'make room in the data directory, then run the restore again; the backup stays good'
  return new EvsError('NOT_READY', { message, hint })
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
