// Opens the store with the settings of the configuration; what does not hold becomes an error that
// `docs/errors.md` explains.

import { EvsError } from '../admin-api/errors.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import { openStore, type Store } from '../voucher-store/store.ts'
import type { Config } from './config/schema.ts'

/** How far the outside mark may be behind the journal. */
const MARK_MS = 1_000

export interface OpenDataOptions {
  readonly onFatal: (why: string) => void
  readonly onGroup?: (records: number) => void
}

export async function openData(config: Config, options: OpenDataOptions): Promise<Store> {
  const opened = await openStore({
    directory: config.data.directory,
    kekFile: config.vault.kekFile,
    groupMost: config.limits.journalGroupRecords,
    queueMost: config.limits.journalQueueRecords,
    later: (run) => systemTimers.after(MARK_MS, run),
    ...options,
  })
  if ('kind' in opened) throw new EvsError(opened.code, { message: opened.message })
  return opened
}
