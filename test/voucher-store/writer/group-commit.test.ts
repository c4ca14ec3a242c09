// Groups: one commit for all, a savepoint for each, a full disk that is proven to be rolled back,
// and errors that prove nothing.

import { readFileSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openForReading } from '../../../voucher-store/open-database.ts'
import { audit } from '../../../voucher-store/reports/audit.ts'
import type { AdminRecord } from '../../../voucher-store/store-record.ts'
import { GENESIS, readHead, verifyChain } from '../../../voucher-store/writer/chain.ts'
import { GroupCommit } from '../../../voucher-store/writer/group-commit.ts'
import {
  addTerminal,
  genericFile,
  importFile,
  intentOf,
  type TemporaryStore,
  temporaryStore,
  vouchersFrom,
} from '../temporary-store.ts'
import { AT, cancel, lease, outcome, SOLD } from './ledger-desk.ts'

let store: TemporaryStore
let groups: GroupCommit

beforeEach(async () => {
  store = await temporaryStore()
  groups = new GroupCommit(store.writer)
})

afterEach(() => store.close())

const admin = (sql: string, detail = ''): AdminRecord => ({
  ...{ kind: 'admin', action: 'test', by: 'test', detail: { detail }, atMs: AT },
  statements: [{ sql, bindings: [] }],
})

/** Commits in the write-ahead log: its frames whose header says how large the database is now. */
function commits(): number {
  const log = readFileSync(`${store.file}-wal`)
  const frame = 24 + log.readUInt32BE(8)
  let found = 0
  for (let at = 32; at + frame <= log.length; at += frame) {
    // A frame of an earlier log has other salts.
    if (log.compare(log, 16, 24, at + 8, at + 16) === 0 && log.readUInt32BE(at + 4) > 0) found++
  }
  return found
}

function high(database: Database.Database, name: string): unknown {
  return database.prepare('select high from counter where name = ?').pluck().get(name)
}

function chainLength(): number {
  const { records, why } = verifyChain(store.database, { after: GENESIS })
  expect(why).toBeUndefined()
  return records
}

describe('a group', () => {
  it('is one commit, whatever the number of its records', () => {
    const before = commits()
    groups.write(Array.from({ length: 50 }, (_, n) => lease(`c${n}`, n + 1)))
    expect(commits() - before).toBe(1)
    expect(high(store.database, 'c49')).toBe(50)
    groups.write([lease('one', 1)])
    groups.write([lease('two', 1)])
    expect(commits() - before).toBe(3)
  })

  it('keeps its order in the chain, and tells its head', () => {
    const start = readHead(store.database).jseq
    const result = groups.write([lease('a', 1), lease('b', 2), lease('c', 3)])
    const rows = store.database.prepare('select body from journal where jseq > ? order by jseq')
    const names = (rows.pluck().all(start) as string[]).map((body) => JSON.parse(body).counter)
    expect(names).toEqual(['a', 'b', 'c'])
    expect(result.kind === 'done' && result.head).toEqual(readHead(store.database))
  })

  it('with a record that a guard refuses keeps the others, and the chain has no gap', () => {
    const before = chainLength()
    const result = groups.write([
      lease('a', 1),
      cancel(404),
      lease('b', 2),
      cancel(405),
      lease('c', 3),
    ])
    const fates = result.kind === 'done' ? result.results.map(({ kind }) => kind) : []
    expect(fates).toEqual(['written', 'rolled-back', 'written', 'rolled-back', 'written'])
    expect(['a', 'b', 'c'].map((name) => high(store.database, name))).toEqual([1, 2, 3])
    expect(chainLength()).toBe(before + 3)
    expect(
      store.database.prepare("select count(*) from journal where kind = 'cancel'").pluck().get(),
    ).toBe(0)
  })

  it('undoes all that a refused record had done before its guard spoke', () => {
    const half: AdminRecord = {
      ...admin("insert into meta values ('half', '1')"),
      statements: [
        { sql: "insert into meta values ('half', '1')", bindings: [] },
        { sql: "update meta set value = '2' where name = 'nobody'", bindings: [], expect: 1 },
      ],
    }
    const result = groups.write([half, lease('a', 1)])
    expect(result).toMatchObject({
      results: [{ kind: 'rolled-back', reason: 'guard' }, { kind: 'written' }],
    })
    expect(store.database.prepare("select * from meta where name = 'half'").all()).toEqual([])
  })

  it('refuses a record that a constraint of the schema refuses, and only that', () => {
    const twice = admin("insert into meta values ('epoch', '9')")
    const orphan = admin(
      "insert into terminal (id, merchant, tid, scheme, enabled) values (9, 999, 'T', 'none', 1)",
    )
    const result = groups.write([twice, orphan, lease('a', 1)])
    expect(result).toMatchObject({
      results: [
        { reason: 'guard', detail: expect.stringContaining('SQLITE_CONSTRAINT') },
        { reason: 'guard', detail: expect.stringContaining('FOREIGN') },
        { kind: 'written' },
      ],
    })
  })

  it('of nothing is written, too', () => {
    const head = readHead(store.database)
    expect(groups.write([])).toEqual({ kind: 'done', results: [], head })
  })
})

describe('a full disk', () => {
  it('refuses the whole group, proven by the rows, and writing goes on when there is room', () => {
    const { writer } = store
    groups.write([lease('before', 1)])
    const head = readHead(store.database)
    writer.pragma(`max_page_count = ${writer.pragma('page_count', { simple: true })}`)
    const big = Array.from({ length: 40 }, (_, n) =>
      admin('delete from meta where 0', `${n}`.repeat(2_000)),
    )
    const result = groups.write([lease('during', 1), ...big])
    expect(result.kind).toBe('done')
    const results = result.kind === 'done' ? result.results : []
    expect(results).toHaveLength(41)
    for (const each of results) expect(each).toMatchObject({ kind: 'rolled-back', reason: 'full' })
    expect(result.kind === 'done' && result.head).toEqual(head)
    expect(writer.inTransaction).toBe(false)
    const reader = openForReading(store.file)
    expect(high(reader, 'during')).toBeUndefined()
    expect(readHead(reader)).toEqual(head)
    reader.close()

    writer.pragma('max_page_count = 100000')
    const before = chainLength()
    expect(groups.write([lease('during', 2), ...big])).toMatchObject({ kind: 'done' })
    expect(high(store.database, 'during')).toBe(2)
    expect(readHead(store.database).jseq).toBe(head.jseq + 41)
    expect(chainLength()).toBe(before + 41)
  })

  it('leaves nothing of the sales of a group in what is written next', async () => {
    const { writer } = store
    await addTerminal(store)
    await importFile(store, genericFile(vouchersFrom(0, 3)))
    // Other records than its own went before, so the chain is read anew.
    groups = new GroupCommit(writer)
    const sale = [intentOf({ id: 1, voucherIds: [1] }), outcome(1, SOLD)]
    // Room for the sale, and not for what comes after it.
    const pages = writer.pragma('page_count', { simple: true }) as number
    writer.pragma(`max_page_count = ${pages + 20}`)
    const lost = { kind: 'rolled-back', reason: 'full' }
    const tooLong = lease('x'.repeat(500_000), 1)
    expect(groups.write([...sale, tooLong])).toMatchObject({ results: [lost, lost, lost] })
    writer.pragma('max_page_count = 100000')
    const written = { kind: 'written' }
    expect(groups.write(sale)).toMatchObject({ results: [written, written] })
    expect(audit(store.database).checks.filter(({ violations }) => violations > 0)).toEqual([])
    const use = store.database.prepare('select use_count, use_amount from merchant_use')
    expect(use.all()).toEqual([{ use_count: 1, use_amount: 50_000 }])
  })
})

/** The writer's connection, whose COMMIT fails as the disk would make it fail. */
function failingCommit(code: string): Database.Database {
  const { writer } = store
  const fail = () => {
    throw Object.assign(new Error('from the test'), { code })
  }
  return {
    prepare: (sql: string) => (sql === 'commit' ? { run: fail } : writer.prepare(sql)),
    exec: (sql: string) => writer.exec(sql),
    get inTransaction() {
      return writer.inTransaction
    },
  } as unknown as Database.Database
}

describe('a COMMIT that fails', () => {
  it('for a full disk is rolled back, and the chain goes on without a gap', () => {
    const before = chainLength()
    const failing = new GroupCommit(failingCommit('SQLITE_FULL'))
    expect(failing.write([lease('lost', 1)])).toMatchObject({
      ...{ kind: 'done', results: [{ kind: 'rolled-back', reason: 'full' }] },
    })
    expect(store.writer.inTransaction).toBe(false)
    expect(chainLength()).toBe(before)
    expect(groups.write([lease('next', 1)])).toMatchObject({ kind: 'done' })
    expect(chainLength()).toBe(before + 1)
  })

  it('for a full disk is told to every record of the group', () => {
    const failing = new GroupCommit(failingCommit('SQLITE_FULL'))
    const lost = { kind: 'rolled-back', reason: 'full' }
    expect(failing.write([lease('a', 1), lease('b', 1)])).toMatchObject({ results: [lost, lost] })
  })

  it.each(['SQLITE_IOERR', 'SQLITE_IOERR_FSYNC', 'SQLITE_BUSY', 'SQLITE_CORRUPT'])(
    'with %s is fatal: nobody is told that it was not written',
    (code) => {
      const failing = new GroupCommit(failingCommit(code))
      expect(failing.write([lease('lost', 1)])).toMatchObject({ kind: 'fatal' })
    },
  )
})

describe('an error that proves nothing', () => {
  const visible = (): number => {
    const reader = openForReading(store.file)
    const found = reader.prepare("select count(*) from counter where name = 'lost'").pluck().get()
    reader.close()
    return found as number
  }

  it('of COMMIT itself is fatal', () => {
    const result = groups.write([
      lease('lost', 1),
      admin('pragma defer_foreign_keys = on'),
      admin(
        "insert into terminal (id, merchant, tid, scheme, enabled) values (9, 999, 'T', 'none', 1)",
      ),
    ])
    expect(result).toMatchObject({ kind: 'fatal', why: expect.stringContaining('commit failed') })
    expect(visible()).toBe(0)
  })

  it('of a statement is fatal, not a refusal', () => {
    const result = groups.write([lease('lost', 1), admin('select nonsense from nowhere')])
    expect(result).toMatchObject({ kind: 'fatal', why: expect.stringContaining('SQLITE_ERROR') })
    expect(visible()).toBe(0)
  })

  it('of a database that is closed is fatal', () => {
    store.writer.close()
    expect(groups.write([lease('lost', 1)])).toMatchObject({ kind: 'fatal' })
  })
})
