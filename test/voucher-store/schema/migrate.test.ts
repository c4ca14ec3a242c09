// The schema: made once, left alone when it is current, and never touched when it is newer.

import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openForWriting } from '../../../voucher-store/open-database.ts'
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

describe('the write-ahead log', () => {
  const bytes = (path: string) => statSync(path).size

  it('that an earlier process left is not moved by a start that has nothing to migrate', async () => {
    await migrate(file)
    const writer = openForWriting(file)
    try {
      writer.exec('create table noise (x); insert into noise values (zeroblob(8000000))')
      const before = [bytes(file), statSync(file, { bigint: true }).mtimeNs]
      expect(await migrate(file)).toEqual({ kind: 'current', applied: [] })
      expect([bytes(file), statSync(file, { bigint: true }).mtimeNs]).toEqual(before)
    } finally {
      writer.close()
    }
  })

  it('of a migration is in the database when it ends, and is given back', async () => {
    // Open as the reader of a start is: a last connection that closes would move it as well.
    const other = openForWriting(file)
    other.exec('create table noise (x)')
    await migrate(file)
    expect(bytes(`${file}-wal`)).toBe(0)
    other.close()
  })

  it.each(['SQLITE_IOERR_FSYNC', 'SQLITE_FULL'])(
    'of a migration that cannot be moved with %s ends the start, and the next one goes on',
    async (code) => {
      const prepare = Sqlite.prototype.prepare
      const broken = vi.spyOn(Sqlite.prototype, 'prepare').mockImplementation(function (
        this: Database.Database,
        query,
      ) {
        if (/wal_checkpoint/.test(query)) throw Object.assign(new Error('broken'), { code })
        return prepare.call(this, query)
      })
      try {
        await expect(migrate(file)).rejects.toMatchObject({ code })
      } finally {
        broken.mockRestore()
      }
      expect(await migrate(file)).toEqual({ kind: 'current', applied: [] })
    },
  )
})
