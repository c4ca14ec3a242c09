// The schema: made once, left alone when it is current, and never touched when it is newer.

import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrate } from '../../../voucher-store/schema/migrate.ts'
import { Sqlite } from '../../../voucher-store/sqlite.ts'

let directory: string
let file: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evs-migrate-'))
  file = join(directory, 'evs.db')
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

function schema(): unknown {
  const database = new Sqlite(file, { readonly: true })
  const rows = database.prepare('select name, sql from sqlite_master order by name').all()
  database.close()
  return rows
}

describe('the schema', () => {
  it('is made in an empty file, and a second start changes nothing', async () => {
    const first = await migrate(file)
    expect(first).toMatchObject({ kind: 'current' })
    expect(first.kind === 'current' && first.applied.length).toBeGreaterThan(0)
    const made = schema()
    expect(await migrate(file)).toEqual({ kind: 'current', applied: [] })
    expect(schema()).toEqual(made)
  })

  it('is for its owner alone, log included, whatever the shell says and whatever it was', async () => {
    const mode = (path: string) => statSync(path).mode & 0o777
    const before = process.umask(0)
    try {
      await migrate(file)
      expect(mode(file)).toBe(0o600)
      chmodSync(file, 0o644)
      const database = new Sqlite(file)
      database.exec('create table noise (x); drop table noise')
      expect(mode(`${file}-wal`)).toBe(0o644)
      await migrate(file)
      expect([file, `${file}-wal`, `${file}-shm`].map(mode)).toEqual([0o600, 0o600, 0o600])
      database.close()
    } finally {
      process.umask(before)
    }
  })

  it('of a later version is refused by name, and not touched', async () => {
    await migrate(file)
    const database = new Sqlite(file)
    database.exec("insert into knex_migrations (name, batch) values ('999-later', 9)")
    database.close()
    const before = schema()
    expect(await migrate(file)).toEqual({ kind: 'too-new', unknown: ['999-later'] })
    expect(schema()).toEqual(before)
  })

  it('keeps serials, fingerprints, identities and files of batches unique', async () => {
    await migrate(file)
    const database = new Sqlite(file)
    const unique = database
      .prepare(
        `select t.name as "table", group_concat(c.name) as columns from sqlite_master t
         join pragma_index_list(t.name) l join pragma_index_info(l.name) c
         where t.type = 'table' and l."unique" = 1 and l.origin <> 'pk'
         group by t.name, l.name`,
      )
      .all()
    database.close()
    for (const [table, columns] of [
      ...[
        ['voucher', 'mobile_operator,serial'],
        ['voucher', 'fingerprint'],
      ],
      ...[
        ['sale', 'day,time,terminal,stan'],
        ['day_end', 'day,time,terminal,stan'],
      ],
      ...[
        ['batch', 'file_hash'],
        ['terminal', 'merchant,tid'],
        ['merchant', 'institution,mid'],
      ],
    ]) {
      expect(unique).toContainEqual({ table, columns })
    }
  })
})
