// The store once more, from its journal alone: every record is written again, by the same writer,
// into an empty scratch database, and then every row of every table is compared. What differs was
// changed by something that is not in the journal: damage, or a hand.
//
// Rows that hold ciphertext are named in the journal and not repeated there: vouchers and keys are
// copied from the store. A chunk of vouchers has its digest in the journal, and the last one that
// was written for it holds; a key or a card number that was changed does not open. The scratch
// database holds as much as the store; it lies beside it, and goes at the end or with the next one.

import { closeSync, openSync, rmSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { verifierDigest } from '../admin/login-passwords.ts'
import { type Chunk, ChunkDigests, chunkOf, digestOf, rangeOf } from '../import/chunk-digests.ts'
import { REMOVING } from '../import/remove-loading.ts'
import type { SealedVoucher } from '../import/seal-vouchers.ts'
import { Sqlite } from '../sqlite.ts'
import type { CopiedRows, SeenRecord, Statement, StoreRecord } from '../store-record.ts'
import type { JournalRow } from '../writer/chain.ts'
import { RecordWriter } from '../writer/record-writer.ts'

const PAGE = 1_000
const PROBLEMS_MOST = 100
const NAMED_MOST = 5
/**
 * The scratch database holds no journal of its own, and knex keeps tables of migrations. Keys are
 * not in the journal: one that was changed, or moved to another owner, does not open. When a
 * terminal was last seen is written without a record: it decides nothing, and there is much of it.
 */
const NOT_COMPARED = /^(sqlite_|journal$|knex_|master_key$|key_set$|terminal_seen$)/

/**
 * What the rows have that the journal does not say, and the other way round. `inMemory` needs no
 * disk, and as much memory as the store has on disk.
 */
export function compareWithRebuilt(file: string, options: { inMemory: boolean }): string[] {
  if (options.inMemory) return compareIn(':memory:', file)
  const scratch = scratchOf(file)
  removeScratch(file)
  // SQLite takes an empty file: made first, so that nobody else may ever read it.
  closeSync(openSync(scratch, 'wx', 0o600))
  try {
    return compareIn(scratch, file)
  } finally {
    removeScratch(file)
  }
}

/** What a comparison that was cut off left in the data directory. */
export function removeScratch(file: string): void {
  rmSync(scratchOf(file), { force: true })
}

export function scratchOf(file: string): string {
  return `${file}.rebuilt`
}

/**
 * The first record of administration without its statements: versions before them wrote such
 * records, and from a journal that has one no rows can be rebuilt.
 */
export function withoutStatements(database: Database.Database): number | undefined {
  return database
    .prepare(
      `select jseq from journal
       where kind = 'admin' and json_type(body, '$.statements') is not 'array'
       order by jseq limit 1`,
    )
    .pluck()
    .get() as number | undefined
}

function compareIn(place: string, file: string): string[] {
  const scratch = new Sqlite(place)
  try {
    scratch.pragma('journal_mode = OFF')
    scratch.pragma('synchronous = OFF')
    // A row may refer to one that was removed since and is not there to be copied.
    scratch.pragma('foreign_keys = OFF')
    scratch.prepare('attach database ? as live').run(file)
    const rebuild = new Rebuild(scratch)
    return scratch.transaction(() => rebuild.problems()).deferred()
  } finally {
    scratch.close()
  }
}

class Rebuild {
  readonly #database: Database.Database
  readonly #problems: string[] = []
  readonly #sealedCard: Database.Statement
  readonly #chunks = new ChunkDigests()
  readonly #removing = new Set<number>()
  readonly #tables: readonly string[]

  constructor(scratch: Database.Database) {
    this.#database = scratch
    const schema = scratch
      .prepare(
        `select type, name, sql from live.sqlite_master
         where sql is not null and name not like 'sqlite_%'
         order by type = 'index'`,
      )
      .all() as { type: string; name: string; sql: string }[]
    for (const { sql } of schema) scratch.exec(sql)
    this.#tables = schema.flatMap(({ type, name }) =>
      type === 'table' && !NOT_COMPARED.test(name) ? [name] : [],
    )
    this.#sealedCard = scratch.prepare('select sealed_card from live.sale where id = ?').pluck()
  }

  problems(): string[] {
    if (this.#writeAgain()) {
      this.#copyRemoving()
      this.#reportChunks()
      for (const table of this.#tables) this.#compare(table)
    }
    return this.#problems
  }

  /** False: a record does not fit what came before it, and what follows would prove nothing. */
  #writeAgain(): boolean {
    const writer = new RecordWriter(this.#database)
    const page = this.#database.prepare(
      `select jseq, kind, at_ms, body from live.journal where jseq > ? order by jseq limit ${PAGE}`,
    )
    for (let after = 0; ; ) {
      const rows = page.all(after) as JournalRow[]
      for (const row of rows) {
        after = row.jseq
        try {
          writer.write(this.#recordOf(row), row.jseq)
        } catch (error) {
          this.#tell(`record ${row.jseq} cannot be written again: ${(error as Error).message}`)
          return false
        }
      }
      if (rows.length < PAGE) {
        writer.writeSums()
        return true
      }
    }
  }

  #recordOf(row: JournalRow): Exclude<StoreRecord, SeenRecord> {
    const body = JSON.parse(row.body) as Record<string, unknown>
    const record = { ...body, kind: row.kind, atMs: row.at_ms } as Record<string, unknown>
    if (row.kind === 'intent') {
      const card = this.#sealedCard.get(body.id)
      record.sealedCard = Buffer.isBuffer(card) ? card.toString('latin1') : undefined
    }
    if (row.kind === 'admin') {
      const { action = '', by = '', how, statements = [], ...detail } = body
      if (action === REMOVING) this.#removing.add(Number(detail.batch))
      const written = (statements as (Statement | { copied: CopiedRows })[]).flatMap((one) =>
        'copied' in one && one.copied !== undefined ? this.#copy(one.copied, detail) : [one],
      )
      Object.assign(record, { action, by, how, detail, statements: written })
    }
    return record as unknown as Exclude<StoreRecord, SeenRecord>
  }

  /** Rows that were inserted then, as they are now; some may have been removed since. */
  #copy(copied: CopiedRows, detail: Record<string, unknown>): Statement[] {
    const { table, first, rows } = copied
    if (table === 'login_password') return [this.#copyPassword(first, detail)]
    if (table === 'vault_key') {
      // A key that was removed since is not there to be copied; its removal follows, or is missed.
      const sql = `insert into vault_key (id, purpose, wrapped, created_ms)
        select gone.id, coalesce(key.purpose, ''), coalesce(key.wrapped, x''),
          coalesce(key.created_ms, 0)
        from (select ? as id) gone left join live.vault_key key on key.id = gone.id`
      return [{ sql, bindings: [first] }]
    }
    if (copied.resealed === true) {
      this.#chunks.resealed(chunkOf(detail))
      return []
    }
    this.#chunks.imported(chunkOf(detail))
    // Numbers of a removed import were given to the vouchers of a later one: those are not of this.
    const sql = `insert into voucher (id, lot, mobile_operator, serial, sealed, fingerprint)
        select id, lot, mobile_operator, serial, sealed, fingerprint from live.voucher
        where id between ? and ? and lot in (select id from main.lot where batch = ?)`
    return [{ sql, bindings: [first, first + rows - 1, Number(detail.batch)] }]
  }

  /**
   * The removal of an import names how many rows it takes, and not which: of a batch that is being
   * removed what is left is as it is. It is not stock, and never becomes it.
   */
  #copyRemoving(): void {
    const lots = 'lot in (select id from main.lot where batch = @batch)'
    for (const batch of this.#removing) {
      const values = { batch }
      this.#database.prepare(`delete from main.voucher where ${lots}`).run(values)
      this.#database
        .prepare(`insert into main.voucher select * from live.voucher where ${lots}`)
        .run(values)
    }
  }

  /** Batch by batch the last chunk that is not as it was. Of a removed batch nothing is left. */
  #reportChunks(): void {
    const batch = this.#database.prepare('select 1 from batch where id = ?').pluck()
    const broken = new Map(this.#chunks.strange)
    for (const chunk of this.#chunks.all()) {
      if (this.#removing.has(chunk.batch)) continue
      if (batch.get(chunk.batch) === undefined || this.#isWhole(chunk)) continue
      broken.set(chunk.batch, `vouchers ${rangeOf(chunk)} are not as imported`)
    }
    for (const [id, problem] of broken) {
      if (batch.get(id) !== undefined) this.#tell(`batch ${id}: ${problem}`)
    }
  }

  /** The journal has a digest of what a password is verified with, and not that itself. */
  #copyPassword(id: number, detail: Record<string, unknown>): Statement {
    const row = this.#database
      .prepare('select login, verifier from live.login_password where id = ?')
      .get(id) as { login: unknown; verifier: unknown } | undefined
    const digest = row === undefined ? detail.verifier : verifierDigest(String(row.verifier))
    if (digest !== detail.verifier) this.#tell(`login_password ${id} is not what was set`)
    return {
      sql: `insert into login_password (id, login, verifier, created_ms)
        select ?, ?, coalesce(max(verifier), ''), coalesce(max(created_ms), 0)
        from live.login_password where id = ?`,
      // That of a recovery waits under the negative number of its login.
      bindings: [id, detail.recovery === true ? -Number(detail.id) : detail.id, id],
    }
  }

  #isWhole({ first, rows, digest }: Chunk): boolean {
    const found = this.#database
      .prepare(
        `select id, lot, mobile_operator as mobileOperator, serial, sealed, fingerprint
         from live.voucher where id between ? and ? order by id`,
      )
      .iterate(first, first + rows - 1) as IterableIterator<SealedVoucher>
    return digestOf(found) === digest
  }

  #compare(table: string): void {
    const sides = [
      ['is not what the journal says', 'live', 'main'],
      ['is in the journal and not in the table', 'main', 'live'],
    ] as const
    for (const [what, has, lacks] of sides) {
      const rows = this.#database
        .prepare(`select * from ${has}."${table}" except select * from ${lacks}."${table}"`)
        .iterate() as IterableIterator<Record<string, unknown>>
      let count = 0
      for (const row of rows) {
        count++
        if (count <= NAMED_MOST) this.#tell(`${table} ${nameOf(row)} ${what}`)
      }
      if (count > NAMED_MOST) this.#tell(`${table}: ${count} rows: ${what}`)
    }
  }

  #tell(problem: string): void {
    if (this.#problems.length < PROBLEMS_MOST) this.#problems.push(problem)
  }
}

/** By the first column of its primary key; values of other columns are nobody's business here. */
function nameOf(row: Record<string, unknown>): string {
  const [first] = Object.values(row)
  return String(first)
}
