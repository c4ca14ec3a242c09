// The acts of administration as the journal has them: the bodies word for word, with the hash of
// each and of the record before it, so that anybody can compute them again. It only reads.

import type Database from 'better-sqlite3'
import { GENESIS, readHead, verifyChain } from '../writer/chain.ts'

export interface AuditRange {
  readonly fromMs: number
  readonly toMs: number
  readonly after: number
  readonly limit: number
}

export interface ActRecord {
  readonly jseq: number
  readonly kind: string
  readonly atMs: number
  readonly before: string
  readonly body: string
  readonly hash: string
}

export interface ActPage {
  readonly records: ActRecord[]
  readonly after: number | null
}

interface Raw {
  readonly jseq: number
  readonly kind: string
  readonly at_ms: number
  readonly before: Uint8Array | null
  readonly body: string
  readonly hash: Uint8Array
}

export function auditRecords(database: Database.Database, range: AuditRange): ActPage {
  const { fromMs, toMs, after, limit } = range
  const rows = database
    .prepare(
      `select j.jseq, j.kind, j.at_ms, j.body, j.hash,
         (select p.hash from journal p where p.jseq = j.jseq - 1) as before
       from journal j
       where j.jseq > ? and j.kind = 'admin' and j.at_ms between ? and ?
       order by j.jseq limit ?`,
    )
    .all(after, fromMs, toMs, limit) as Raw[]
  const last = rows.at(-1)
  return {
    records: rows.map(({ jseq, kind, at_ms, before, body, hash }) => ({
      ...{ jseq, kind, body, atMs: at_ms, hash: hex(hash) },
      before: hex(before ?? GENESIS.hash),
    })),
    after: rows.length < limit || last === undefined ? null : last.jseq,
  }
}

export interface AuditVerdict {
  readonly ok: boolean
  readonly acts: number
  readonly records: number
  readonly head: { readonly jseq: number; readonly hash: string }
  readonly problems: string[]
}

/** The chain as a whole: between two acts there are sales, and a gap among them is one too. */
export function verifyAudit(database: Database.Database): AuditVerdict {
  // One moment of the store, while the writer goes on.
  database.exec('begin')
  try {
    const { records, why } = verifyChain(database, { after: GENESIS })
    const acts = database.prepare("select count(*) from journal where kind = 'admin'").pluck()
    const { jseq, hash } = readHead(database)
    const problems = why === undefined ? [] : [why]
    const head = { jseq, hash: hex(hash) }
    return { ok: problems.length === 0, acts: Number(acts.get()), records, head, problems }
  } finally {
    database.exec('rollback')
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
