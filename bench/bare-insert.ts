// The yardstick of an import: the rows of the newest batch of one database, inserted into a copy of
// it that was made before they were. Same table, same indexes, same driver and settings, commits of
// as many rows as an import writes at a time; nothing is parsed, enciphered, compared or chained.
// Parameters: `copy` or `insert`, the database, the copy. Tells its parent the seconds it took.

import { existsSync, rmSync } from 'node:fs'
import { openForReading, openForWriting } from '../voucher-store/open-database.ts'
import { Checkpoints } from '../voucher-store/writer/checkpoint.ts'

const ROWS = 250

const [what, from = '', to = ''] = process.argv.slice(2)
if (what === 'copy') await copy()
else insert()

async function copy(): Promise<void> {
  for (const end of ['', '-wal', '-shm']) if (existsSync(to + end)) rmSync(to + end)
  const database = openForReading(from)
  await database.backup(to)
  database.close()
  process.send?.({ seconds: 0 })
}

function insert(): void {
  const source = openForReading(from)
  const rows = source
    .prepare(
      `select id, lot, mobile_operator, serial, sealed, fingerprint, 0 as state from voucher
       where lot in (select id from lot where batch = (select max(id) from batch)) order by id`,
    )
    .all() as Record<string, unknown>[]
  source.close()
  const database = openForWriting(to)
  const checkpoints = new Checkpoints(database)
  const statement = database.prepare(
    `insert into voucher (id, lot, mobile_operator, serial, sealed, fingerprint, state)
     values (:id, :lot, :mobile_operator, :serial, :sealed, :fingerprint, :state)`,
  )
  const beganMs = performance.now()
  for (let at = 0; at < rows.length; at += ROWS) {
    database.exec('begin immediate')
    for (const row of rows.slice(at, at + ROWS)) statement.run(row)
    database.exec('commit')
    checkpoints.whenGrown()
  }
  const seconds = (performance.now() - beganMs) / 1_000
  database.close()
  process.send?.({ seconds })
}
