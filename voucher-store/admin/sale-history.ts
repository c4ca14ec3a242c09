// The records of one sale in the journal, as sentences. The journal is in order of time and has no
// index by sale, so the search is bounded: from the moment the sale was made to its newest record.
// Sentences are made from fields named here; a body is never shown as it is.

import type Database from 'better-sqlite3'
import { isoMoment } from './shown.ts'
import { readOne, sql } from './statements.ts'

export interface HistoryLine {
  readonly jseq: number
  readonly kind: string
  readonly at: string
  readonly text: string
}

interface Row {
  readonly jseq: number
  readonly kind: string
  readonly at_ms: number
  readonly body: string
}

/** Clocks step back, and records are written a little after the moment they carry. */
const CLOCK_MARGIN_MS = 60_000

export function historyOf(
  database: Database.Database,
  sale: { readonly id: number; readonly createdMs: number; readonly jseq: number },
): HistoryLine[] {
  const from = firstSince(database, sale.createdMs - CLOCK_MARGIN_MS)
  const through = Math.max(sale.jseq, lastOfClaims(database, sale.id))
  const lines = linesBetween(database, sale.id, { from, through })
  if (lines.length > 0) return lines
  return linesBetween(database, sale.id, { from: 1, through })
}

function linesBetween(
  database: Database.Database,
  id: number,
  range: { from: number; through: number },
): HistoryLine[] {
  const query = sql('journal')
    .select('jseq', 'kind', 'at_ms', 'body')
    .whereBetween('jseq', [range.from, range.through])
    .whereNotIn('kind', ['lease', 'answered', 'quarantine', 'end-of-day'])
    .andWhere((about) => {
      for (const name of ['id', 'sale']) {
        about.orWhereLike('body', `%"${name}":${id},%`).orWhereLike('body', `%"${name}":${id}}%`)
      }
    })
    .orderBy('jseq')
  const { sql: text, bindings } = query.toSQL().toNative()
  const lines: HistoryLine[] = []
  for (const row of database.prepare(text).iterate(...bindings) as IterableIterator<Row>) {
    const body = JSON.parse(row.body) as Record<string, unknown>
    if ((row.kind === 'admin' ? body.sale : body.id) !== id) continue
    const { jseq, kind } = row
    lines.push({ jseq, kind, at: isoMoment(row.at_ms), text: sentence(kind, body) })
  }
  return lines
}

/** A claim and its end leave their sale's row alone, so it knows neither record's number. */
function lastOfClaims(database: Database.Database, sale: number): number {
  const claim = readOne<{ last_ms: number | null }>(
    database,
    sql('claim').select(sql.raw('max(coalesce(closed_ms, at_ms)) as last_ms')).where({ sale }),
  )
  if (claim === undefined || claim.last_ms === null) return 0
  return firstSince(database, claim.last_ms + CLOCK_MARGIN_MS)
}

/** The first record of about that moment, by halving; the head when all are older. */
function firstSince(database: Database.Database, ms: number): number {
  const at = database.prepare('select at_ms from journal where jseq = ?').pluck()
  let low = 1
  let high = (database.prepare('select max(jseq) from journal').pluck().get() as number | null) ?? 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((at.get(middle) as number) < ms) low = middle + 1
    else high = middle
  }
  return low
}

type Body = Readonly<Record<string, unknown>>

const SENTENCES: Readonly<Record<string, (body: Body) => string>> = {
  intent: (body) => `vouchers reserved, ${word(at(body, 'host', 'link'))} about to be asked`,
  outcome: (body) => outcomeSentence(body),
  refusal: (body) => `refused with ${word(body.responseCode)}, nothing was debited`,
  cancel: (body) =>
    body.isTombstone === true
      ? 'reversed by the terminal before any sale was seen'
      : 'reversed by the terminal',
  refund: (body) =>
    `reversed by the terminal after the sale: ${vouchers(body)} quarantined, debit to be undone`,
  claim: (body) => claimSentence(body),
  confirm: (body) => `confirmed by the terminal (${word(body.by)})`,
  disclosure: (body) => `vouchers given out again (${word(body.by)})`,
  reprint: (body) => `reprint ${word(body.number)}`,
  reversal: (body) => reversalSentence(body),
  admin: (body) => `${word(body.action)} by ${word(body.by)}`,
}

function sentence(kind: string, body: Body): string {
  return SENTENCES[kind]?.(body) ?? kind
}

function claimSentence({ reason }: Body): string {
  if (reason === 'revealed') return 'a PIN was revealed: no reversal is accepted any more'
  if (reason === 'confirmed after its reversal') {
    return 'confirmed by the terminal after its reversal: money and vouchers may both be out'
  }
  return `reversal not accepted: ${word(reason)}`
}

/** One that was damaged stayed as it was. */
function vouchers(body: Body): string {
  return body.leavesStock === true ? 'vouchers that were not damaged' : 'vouchers'
}

function outcomeSentence(body: Body): string {
  const responseCode = word(at(body, 'outcome', 'responseCode'))
  if (body.from === 'declined') return 'approved by the card host after all, debit to be undone'
  switch (at(body, 'outcome', 'kind')) {
    case 'sold':
      return `sold, approval ${word(at(body, 'outcome', 'authCode'))}`
    case 'declined':
      return `declined with ${responseCode}, vouchers back in stock`
    default:
      return `answered ${responseCode}, ${vouchers(body)} back in stock, debit to be undone`
  }
}

function reversalSentence(body: Body): string {
  const code = body.responseCode === undefined ? '' : `, answered ${word(body.responseCode)}`
  return `reversal ${word(body.status)} after ${word(body.tries)} tries: ${word(body.why)}${code}`
}

function at(body: Body, group: string, name: string): unknown {
  const inner = body[group]
  return typeof inner === 'object' && inner !== null ? (inner as Body)[name] : undefined
}

/** Short plain values only: whatever else stands in a body stays there. */
function word(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string' || value.length > 100) return '?'
  return value.replace(/\p{Cc}/gu, ' ').replace(/\d{8,}/g, '***')
}
