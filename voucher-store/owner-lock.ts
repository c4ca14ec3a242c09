// One process owns a data directory. The owner is held by the kernel, through a lock that SQLite
// keeps on a small file of its own: it goes when the process goes, however it ends, and a file that
// a dead process left behind locks nobody out. [nothing-lost, rule 8]

import { join } from 'node:path'
import { Sqlite } from './sqlite.ts'

export interface OwnerLock {
  release(): void
}

/** The lock, or undefined when another process has it. */
export function lockDataDirectory(directory: string): OwnerLock | undefined {
  const database = new Sqlite(join(directory, 'owner.lock'), { timeout: 0 })
  try {
    database.pragma('journal_mode = DELETE')
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
  return {
    release: () => {
      database.exec('rollback')
      database.close()
    },
  }
}
