// Brings the schema to this version with knex. Called by the owner of the data directory before the
// writer opens the file; a schema from a later version is refused, never touched. What was written
// is moved into the database here, where an error is thrown. [nothing-lost, rule 10]

import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import knex from 'knex'
import { Sqlite } from '../sqlite.ts'
import { initial } from './001-initial.ts'
import { keys } from './002-keys.ts'
import { logins } from './003-logins.ts'
import { terminals } from './004-terminals.ts'
import { acquirer } from './005-acquirer.ts'
import { batchStart } from './006-batch-start.ts'
import { rowKeys } from './007-row-keys.ts'
import { openEnds } from './008-open-ends.ts'
import { acts } from './009-acts.ts'

const MIGRATIONS = [
  { name: '001-initial', ...initial },
  { name: '002-keys', ...keys },
  { name: '003-logins', ...logins },
  { name: '004-terminals', ...terminals },
  { name: '005-acquirer', ...acquirer },
  { name: '006-batch-start', ...batchStart },
  { name: '007-row-keys', ...rowKeys },
  { name: '008-open-ends', ...openEnds },
  { name: '009-acts', ...acts },
]

/** knex's own client, with the driver that this Node can run. knex gives it no type. */
const BetterSqlite3Client = createRequire(import.meta.url)(
  'knex/lib/dialects/better-sqlite3/index.js',
) as typeof knex.Client

class SqliteClient extends BetterSqlite3Client {
  _driver(): unknown {
    return Sqlite
  }
}

export type MigrationResult =
  | { readonly kind: 'current'; readonly applied: readonly string[] }
  | { readonly kind: 'too-new'; readonly unknown: readonly string[] }

const silent = (): void => undefined

export async function migrate(file: string): Promise<MigrationResult> {
  forOwnerOnly(file)
  const database = knex({
    client: SqliteClient,
    connection: { filename: file },
    useNullAsDefault: true,
    // It would print to standard output what it throws as well.
    log: { warn: silent, error: silent, deprecate: silent, debug: silent },
    pool: {
      min: 1,
      max: 1,
      afterCreate: (connection: { pragma(text: string): void }, done: (error?: Error) => void) => {
        connection.pragma('journal_mode = WAL')
        connection.pragma('synchronous = FULL')
        // As of the writer: SQLite swallows the errors of its own checkpoints.
        connection.pragma('wal_autocheckpoint = 0')
        done()
      },
    },
  })
  try {
    const unknown = await unknownMigrations(database)
    if (unknown.length > 0) return { kind: 'too-new', unknown }
    const [, applied] = (await database.migrate.latest({ migrationSource })) as [number, string[]]
    // Tables that are written anew are in the log whole. What it throws ends the start: the next
    // one finds the schema as it is to be, and its writer moves what was not moved. A log that an
    // earlier process left is the writer's.
    if (applied.length > 0) await database.raw('pragma wal_checkpoint(TRUNCATE)')
    return { kind: 'current', applied }
  } finally {
    await database.destroy()
  }
}

/**
 * SQLite gives its log the mode of the database; both are for the user of the switch alone. A file
 * that is there is not opened: closing it would drop the locks that connections of this process
 * hold on it.
 */
function forOwnerOnly(file: string): void {
  if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600))
  for (const path of [file, `${file}-wal`, `${file}-shm`]) {
    const there = statSync(path, { throwIfNoEntry: false })
    if (there !== undefined && (there.mode & 0o077) !== 0) chmodSync(path, 0o600)
  }
}

const migrationSource = {
  getMigrations: () => Promise.resolve(MIGRATIONS),
  getMigrationName: (migration: (typeof MIGRATIONS)[number]) => migration.name,
  getMigration: (migration: (typeof MIGRATIONS)[number]) => Promise.resolve(migration),
}

async function unknownMigrations(database: knex.Knex): Promise<string[]> {
  if (!(await database.schema.hasTable('knex_migrations'))) return []
  const rows = (await database('knex_migrations').select('name')) as { name: string }[]
  const known = new Set(MIGRATIONS.map((migration) => migration.name))
  return rows.map((row) => row.name).filter((name) => !known.has(name))
}
