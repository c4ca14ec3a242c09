// Reversals that wait: for the card host, or for a person. Closing one by hand says what the card
// host did, or that there was nothing to undo; the note stays in the journal. [nothing-lost, rule
// 6]

import type Database from 'better-sqlite3'
import type { ReversalStatus } from '../../switch/core/journal.ts'
import { reversalCode, reversalStatus } from '../codes.ts'
import { type ChangeResult, changeResult, type StoreJournal, writeChange } from './admin-write.ts'
import type { By } from './merchants.ts'
import { isoMoment } from './shown.ts'
import { readAll, readOne, sql, statement } from './statements.ts'

export interface SuspenseRow {
  readonly sale: number
  readonly status: ReversalStatus
  readonly amountRial: number
  readonly rrn: string
  readonly mid: string
  readonly tid: string
  readonly card: string
  readonly openedAt: string
  readonly ageSeconds: number
  readonly tries: number
  readonly responseCode: string | null
  readonly approvalSeen: boolean
}

const OPEN = (['pending', 'unfound', 'suspense'] as const).map(reversalCode)
/** Ended by 00 after a late approval: listed until the card host's ledger shows net zero. */
const WATCHED = reversalCode('watched')
/** In these words, and no value bound: SQLite finds them by the index with this condition. */
const IS_OPEN = `status in (${OPEN.join(', ')})`
/** Each by its own index, and never through all that have ended. */
const WAITING = `select sale from reversal where ${IS_OPEN}
  union all select sale from reversal where status = ${WATCHED}`
const LISTED_MOST = 10_000

/** Those that need a person first, then the oldest. */
export function listSuspense(database: Database.Database, nowMs: number): SuspenseRow[] {
  const query = suspenseQuery()
    .whereRaw(`r.sale in (${WAITING})`)
    .orderByRaw('r.status desc, r.opened_ms, r.sale')
    .limit(LISTED_MOST)
  return readAll<RawSuspense>(database, query).map((row) => shownSuspense(row, nowMs))
}

export function findSuspense(
  database: Database.Database,
  sale: number,
  nowMs: number,
): SuspenseRow | undefined {
  const row = readOne<RawSuspense>(database, suspenseQuery().where({ 'r.sale': sale }))
  return row === undefined ? undefined : shownSuspense(row, nowMs)
}

export function isWaiting(status: ReversalStatus): boolean {
  return [...OPEN, WATCHED].includes(reversalCode(status))
}

const STATUS_OF = { reversed: 'closed', 'no-debit': 'no-debit', retry: 'pending' } as const

/**
 * The administrator's record comes first and refuses when the reversal moved meanwhile; then the
 * reversal itself moves, unless an approval came between the two. A crash there leaves it listed.
 */
export async function resolveSuspense(
  journal: StoreJournal,
  item: SuspenseRow,
  resolution: { readonly as: keyof typeof STATUS_OF; readonly note: string },
  by: By,
): Promise<ChangeResult> {
  const { sale, status, tries, approvalSeen } = item
  const unchanged = sql('reversal').where({ sale, status: reversalCode(status), tries })
  const said = await writeChange(journal, {
    action: 'suspense resolve',
    detail: { sale, was: status, as: resolution.as, note: resolution.note },
    statements: [
      statement(unchanged.where({ approval_seen: approvalSeen ? 1 : 0 }).update({ tries }), 1),
    ],
    ...by,
  })
  if (said.kind !== 'written') return said
  return changeResult(
    await journal.write({
      kind: 'reversal',
      id: sale,
      status: STATUS_OF[resolution.as],
      responseCode: undefined,
      tries,
      approval: undefined,
      fresh: undefined,
      from: { status, approvalSeen },
      why: resolution.as === 'retry' ? 'asked for by an administrator' : 'by an administrator',
      atMs: by.atMs,
    }),
  )
}

interface RawSuspense {
  sale: number
  status: number
  amount: number
  rrn: string
  mid: string
  tid: string
  masked_card: string
  opened_ms: number
  tries: number
  response_code: string | null
  approval_seen: number
}

function suspenseQuery() {
  return sql('reversal as r')
    .join('sale as s', 's.id', 'r.sale')
    .join('terminal as t', 't.id', 's.terminal')
    .join('merchant as m', 'm.id', 's.merchant')
    .select('r.sale', 'r.status', 's.amount', 's.rrn', 'm.mid', 't.tid', 's.masked_card')
    .select('r.opened_ms', 'r.tries', 'r.response_code', 'r.approval_seen')
}

function shownSuspense(row: RawSuspense, nowMs: number): SuspenseRow {
  return {
    sale: row.sale,
    status: reversalStatus(row.status),
    amountRial: row.amount,
    rrn: row.rrn,
    mid: row.mid,
    tid: row.tid,
    card: row.masked_card,
    openedAt: isoMoment(row.opened_ms),
    ageSeconds: Math.max(0, Math.round((nowMs - row.opened_ms) / 1_000)),
    tries: row.tries,
    responseCode: row.response_code,
    approvalSeen: row.approval_seen === 1,
  }
}
