// The SQLite driver for this Node. better-sqlite3 12 is the last line for Node 20; on Node 24 its
// objects end the process when an idle garbage collection meets them, so there the driver is 13,
// which is installed beside it where the machine can run it. Both carry a SQLite that is safe.

import { createRequire } from 'node:module'
import type Database from 'better-sqlite3'

const FIRST_FOR_13 = 24

export const Sqlite: typeof Database = load()

function load(): typeof Database {
  const require = createRequire(import.meta.url)
  const [major = 0] = process.versions.node.split('.').map(Number)
  const name = major >= FIRST_FOR_13 ? 'better-sqlite3-13' : 'better-sqlite3'
  return require(name) as typeof Database
}
