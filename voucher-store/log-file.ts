// The database's write-ahead log, named in its directory before SQLite looks for it. SQLite syncs
// the directory when it makes the log itself, and ignores it when that fails: after a power cut
// the log, and all that was answered out of it, might have no name. [nothing-lost, rule 10]

import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectory } from './sync-directory.ts'

/** Throws what the file system says; then nothing may be sold. An empty log is no log to SQLite. */
export function nameLog(databaseFile: string): void {
  closeSync(openSync(`${databaseFile}-wal`, 'a', 0o600))
  syncDirectory(dirname(databaseFile))
}
