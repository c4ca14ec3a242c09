// The SQLite driver for this Node. better-sqlite3 12 is the last line for Node 20; on Node 24 its
// objects end the process when an idle garbage collection meets them, so there the driver is 13,
// which is installed beside it where the machine can run it. Both carry a SQLite that is safe.

import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type Database from 'better-sqlite3'

const FIRST_FOR_13 = 24

export const Sqlite: typeof Database = load()

/**
 * What SQLite sorts beyond its memory goes into files without a name, which are gone with whoever
 * had them open. Where `/var/tmp` and `/tmp` are read-only or small there is none: the place of the
 * data is known to take writes. Before the first database is opened, for it asks only once.
 */
export function spillInto(directory: string): void {
  process.env.SQLITE_TMPDIR ??= resolve(directory)
}

function load(): typeof Database {
  const require = createRequire(import.meta.url)
  const [major = 0] = process.versions.node.split('.').map(Number)
  const name = major >= FIRST_FOR_13 ? 'better-sqlite3-13' : 'better-sqlite3'
  return require(name) as typeof Database
}
