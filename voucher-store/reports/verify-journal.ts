// The journal against itself and against the rows that it made: the chain from the first record,
// every intent and refusal against the row of its sale, every sale's state against its newest
// record, and the counts of the lots. Streams; memory does not grow with the store.

import type Database from 'better-sqlite3'
import { reversalStatus, saleState } from '../codes.ts'
import { GENESIS, readHead, verifyChain } from '../writer/chain.ts'
import { audit } from './audit.ts'

export interface JournalVerdict {
  readonly ok: boolean
  readonly records: number
  readonly head: { readonly jseq: number; readonly hash: string }
  readonly problems: string[]
}

const PROBLEMS_MOST = 100

export function verifyJournal(database: Database.Database): JournalVerdict {
  // One moment of the store, while the writer goes on.
  database.exec('begin')
  try {
    const { records, why } = verifyChain(database, { after: GENESIS })
    const problems: string[] = why === undefined ? [] : [why]
    for (const found of [firstRecords(database), newestRecords(database), lots(database)]) {
      for (const problem of found) {
        if (problems.length >= PROBLEMS_MOST) break
        problems.push(problem)
      }
    }
    const { jseq, hash } = readHead(database)
    const head = { jseq, hash: Buffer.from(hash).toString('hex') }
    return { ok: problems.length === 0, records, head, problems }
  } finally {
    database.exec('rollback')
  }
}

interface SaleFacts {
  readonly id: number
  readonly state: number
  readonly day: number
  readonly time: string
  readonly stan: string
  readonly terminal: number
  readonly amount: number | null
  readonly vouchers: string
  readonly response_code: string
  readonly rrn: string | null
  readonly cancelled: number
  readonly status: number | null
}

interface FirstBody {
  readonly id: number
  readonly key: { terminalKey: number; day: number; time: string; stan: string }
  readonly content: { amount: number }
  readonly voucherIds?: readonly number[]
  readonly rrn: string
}

/** What an identity asked for never changes after its first record. */
function* firstRecords(database: Database.Database): Generator<string> {
  const sale = database.prepare('select * from sale where id = ?')
  const rows = database
    .prepare("select jseq, body from journal where kind in ('intent', 'refusal') order by jseq")
    .iterate() as IterableIterator<{ jseq: number; body: string }>
  for (const { jseq, body } of rows) {
    const said = JSON.parse(body) as FirstBody
    const row = sale.get(said.id) as SaleFacts | undefined
    if (row === undefined) {
      yield `sale ${said.id} of record ${jseq} has no row`
      continue
    }
    const { key, content, rrn } = said
    const same =
      row.amount === content.amount &&
      row.rrn === rrn &&
      row.vouchers === JSON.stringify(said.voucherIds ?? []) &&
      row.day === key.day &&
      row.time === key.time &&
      row.stan === key.stan &&
      row.terminal === key.terminalKey
    if (!same) yield `sale ${said.id} is not what record ${jseq} says`
  }
}

/** State and response code of a sale are those of its newest record. */
function* newestRecords(database: Database.Database): Generator<string> {
  const rows = database
    .prepare(
      `select s.id, s.state, s.response_code, s.cancelled, r.status, j.kind, j.body, s.jseq
       from sale s left join journal j on j.jseq = s.jseq left join reversal r on r.sale = s.id
       order by s.id`,
    )
    .iterate() as IterableIterator<SaleFacts & { kind: string | null; body: string; jseq: number }>
  for (const row of rows) {
    if (row.kind === null) {
      yield `sale ${row.id}: record ${row.jseq} is missing`
      continue
    }
    const body = JSON.parse(row.body) as NewestBody
    if (body.id !== row.id) yield `sale ${row.id}: record ${row.jseq} is not about it`
    else if (!agrees(row, row.kind, body)) {
      yield `sale ${row.id} is ${saleState(row.state)}, which record ${row.jseq} does not say`
    }
  }
}

interface NewestBody {
  readonly id: number
  readonly outcome?: { readonly kind: string; readonly responseCode?: string }
  readonly responseCode?: string
  readonly isTombstone?: boolean
  readonly status?: string
}

const ENDED = new Set(['closed', 'no-debit', 'watched'])

function agrees(row: SaleFacts, kind: string, body: NewestBody): boolean {
  const state = saleState(row.state)
  switch (kind) {
    case 'intent':
      return state === 'intent' && row.response_code === ''
    case 'outcome':
      return (
        state === body.outcome?.kind && row.response_code === (body.outcome.responseCode ?? '00')
      )
    case 'refusal':
      return state === 'refused' && row.response_code === body.responseCode
    case 'cancel':
      return row.cancelled === 1 && (state === 'tombstone') === (body.isTombstone === true)
    case 'refund':
      return state === 'refunding' && row.cancelled === 1
    case 'confirm':
    case 'disclosure':
    case 'reprint':
      return state === 'sold'
    case 'reversal': {
      if (row.status === null || reversalStatus(row.status) !== body.status) return false
      const ended = ENDED.has(body.status)
      return ended
        ? state === 'reversed' || state === 'refunded'
        : state === 'reversing' || state === 'refunding'
    }
    default:
      return false
  }
}

function* lots(database: Database.Database): Generator<string> {
  for (const { name, violations, detail } of audit(database).checks) {
    if (violations > 0) yield `not so: ${name} (${detail})`
  }
}
