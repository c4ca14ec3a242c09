// The switch's sales against a card host's ledger. Every sale that asked the host is looked up
// among the host's purchases, and every purchase that no sale accounts for is a difference. It
// only reads; what the ledger settles is given back for the caller to write.

import type Database from 'better-sqlite3'
import { addDays, type Day, tehranMidnight } from '../../protocol/values/moment.ts'
import { reversalStatus, saleState } from '../codes.ts'
import { countDoubleSold } from './audit.ts'
import { type Difference, judgeSale, type SaleFacts, type Settleable } from './judge-sale.ts'
import type { LedgerEntries, LedgerEntry } from './ledger-entries.ts'

export interface ReconcileQuestion {
  readonly cardHost?: string | undefined
  readonly from?: Day | undefined
  readonly to?: Day | undefined
  /** Sales that ended before this moment can no longer be reversed by their terminal. */
  readonly endedBeforeMs: number
}

export interface ReconcileResult {
  readonly differenceRial: number
  readonly differences: Difference[]
  readonly hostDebits: number
  readonly hostReversals: number
  readonly hostNetRial: number
  readonly salesSold: number
  readonly salesNetRial: number
  readonly openReversals: number
  readonly doubleSold: number
  readonly settleable: Settleable[]
}

const DIFFERENCES_MOST = 10_000

export function reconcile(
  database: Database.Database,
  entries: LedgerEntries,
  question: ReconcileQuestion,
): ReconcileResult {
  // One moment of the store, while sales go on.
  database.exec('begin')
  try {
    return compare(database, entries, question)
  } finally {
    database.exec('commit')
  }
}

function compare(
  database: Database.Database,
  entries: LedgerEntries,
  question: ReconcileQuestion,
): ReconcileResult {
  const tally = new Tally()
  const period = periodOf(question)
  for (const row of salesAskedOf(database, question.cardHost)) {
    const entry = entries.find({
      de7: row.host_transmission,
      stan: row.host_stan,
      tid: row.tid,
      rrn: row.rrn,
    })
    if (entry !== undefined) entries.match(entry, row.id)
    const facts = factsOf(row, entries)
    if (row.created_ms >= period.fromMs && row.created_ms < period.toMs) {
      tally.sale(facts, entry, question.endedBeforeMs)
    } else if (entry !== undefined && isBookedIn(period, entry)) {
      tally.ofAnotherDay(facts, entry, question.endedBeforeMs)
    }
  }
  for (const entry of entries.unmatched()) {
    const at = entry.at_ms
    if (at !== null && (at < period.fromMs || at >= period.toMs)) continue
    tally.stranger(entry)
  }
  return { ...tally.result(), doubleSold: countDoubleSold(database) }
}

interface Period {
  readonly fromMs: number
  readonly toMs: number
}

function periodOf({ from, to }: ReconcileQuestion): Period {
  return {
    fromMs: from === undefined ? -Infinity : tehranMidnight(from),
    toMs: to === undefined ? Infinity : tehranMidnight(addDays(to, 1)),
  }
}

/** Something of it was, or may have been. */
function isBookedIn({ fromMs, toMs }: Period, { at_ms: first, last_ms: last }: LedgerEntry) {
  return (first === null || first < toMs) && (last === null || last >= fromMs)
}

interface Row {
  readonly id: number
  readonly state: number
  readonly amount: number
  readonly created_ms: number
  readonly outcome_ms: number | null
  readonly confirmed_ms: number | null
  readonly rrn: string
  readonly tid: string
  readonly host_stan: string
  readonly host_transmission: string
  readonly has_card: number
  readonly status: number | null
  readonly tries: number | null
  readonly approval_seen: number | null
  readonly ended_ms: number | null
}

/** Found entries are marked while this is read; the two are different tables. */
function* salesAskedOf(
  database: Database.Database,
  cardHost: string | undefined,
): Generator<Row, void, undefined> {
  const page = database.prepare(
    `select s.id, s.state, s.amount, s.created_ms, s.outcome_ms, s.confirmed_ms, s.rrn, t.tid,
       s.host_stan, s.host_transmission, s.sealed_card is not null as has_card, r.status, r.tries,
       r.approval_seen, r.ended_ms
     from sale s join terminal t on t.id = s.terminal left join reversal r on r.sale = s.id
     where s.id > ? and s.host_link = coalesce(?, s.host_link) order by s.id limit 1000`,
  )
  for (let after = 0; ; ) {
    const rows = page.all(after, cardHost ?? null) as Row[]
    yield* rows
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.id
  }
}

function factsOf(row: Row, ledger: LedgerEntries): SaleFacts {
  const endedMs = Math.max(row.outcome_ms ?? row.created_ms, row.ended_ms ?? 0)
  return {
    id: row.id,
    state: saleState(row.state),
    amountRial: row.amount,
    rrn: row.rrn,
    tid: row.tid,
    hostStan: row.host_stan,
    hostTransmission: row.host_transmission,
    hasCard: row.has_card === 1,
    confirmed: row.confirmed_ms !== null,
    isCovered: ledger.covers(row.created_ms, endedMs),
    endedMs,
    reversal: row.status === null ? undefined : reversalStatus(row.status),
    tries: row.tries ?? 0,
    approvalSeen: row.approval_seen === 1,
  }
}

class Tally {
  readonly #differences: Difference[] = []
  readonly #settleable: Settleable[] = []
  #hostDebits = 0
  #hostReversals = 0
  #hostNetRial = 0
  #salesSold = 0
  #salesNetRial = 0
  #openReversals = 0

  sale(facts: SaleFacts, entry: LedgerEntry | undefined, endedBeforeMs: number): void {
    this.#host(entry)
    if (facts.state === 'sold') {
      this.#salesSold++
      this.#salesNetRial += facts.amountRial
    }
    const verdict = judgeSale(facts, entry, endedBeforeMs)
    if (verdict.open) this.#openReversals++
    if (verdict.settle !== undefined) this.#settleable.push(verdict.settle)
    if (verdict.difference !== undefined) this.#difference(verdict.difference)
  }

  /**
   * A sale beside the period with something booked in it: its own day may have agreed before that
   * was there. What agrees is counted on its own day. Where its debit is in another ledger, what is
   * in this one says too little.
   */
  ofAnotherDay(facts: SaleFacts, entry: LedgerEntry, endedBeforeMs: number): void {
    if (entry.debits === 0) return
    const { difference } = judgeSale(facts, entry, endedBeforeMs)
    if (difference !== undefined) this.sale(facts, entry, endedBeforeMs)
  }

  /** A purchase at the host that belongs to no sale. */
  stranger(entry: LedgerEntry): void {
    this.#host(entry)
    const net = entry.debited - entry.reversed
    if (net === 0) return
    const what =
      net > 0 ? 'debited and not given back' : 'given back without a debit in this ledger'
    this.#difference({
      kind: 'debit without sale',
      amountRial: net,
      sale: null,
      rrn: entry.rrn,
      tid: entry.tid,
      hostStan: entry.stan,
      hostTransmission: entry.de7,
      text: `the host ${what} ${Math.abs(net)} rial; no sale of the switch asked for it`,
    })
  }

  result(): Omit<ReconcileResult, 'doubleSold'> {
    return {
      differenceRial: this.#hostNetRial - this.#salesNetRial,
      differences: this.#differences,
      hostDebits: this.#hostDebits,
      hostReversals: this.#hostReversals,
      hostNetRial: this.#hostNetRial,
      salesSold: this.#salesSold,
      salesNetRial: this.#salesNetRial,
      openReversals: this.#openReversals,
      settleable: this.#settleable,
    }
  }

  #host(entry: LedgerEntry | undefined): void {
    this.#hostDebits += entry?.debits ?? 0
    this.#hostReversals += entry?.reversals ?? 0
    this.#hostNetRial += (entry?.debited ?? 0) - (entry?.reversed ?? 0)
  }

  #difference(difference: Difference): void {
    if (this.#differences.length < DIFFERENCES_MOST) this.#differences.push(difference)
  }
}
