// Opens the store with the settings of the configuration; what does not hold becomes an error that
// `docs/errors.md` explains.

import { EvsError } from '../admin-api/errors.ts'
import { UNSAFE } from '../voucher-store/open-database.ts'
import { openStore, type Store } from '../voucher-store/store.ts'
import type { Config } from './config/schema.ts'

export interface OpenDataOptions {
  readonly onFatal: (why: string) => void
  readonly onGroup?: (records: number) => void
}

export async function openData(config: Config, options: OpenDataOptions): Promise<Store> {
  const opening = openStore({
    directory: config.data.directory,
    kekFile: config.vault.kekFile,
    groupMost: config.limits.journalGroupRecords,
    queueMost: config.limits.journalQueueRecords,
    ...options,
  })
  const opened = await opening.catch((error: unknown) => {
    if (!(error instanceof Error) || !error.message.includes(UNSAFE)) throw error
    throw new EvsError('SQLITE_VERSION', { message: error.message })
  })
  if ('kind' in opened) throw new EvsError(opened.code, { message: opened.message })
  return opened
}
