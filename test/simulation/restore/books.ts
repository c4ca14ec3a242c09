// What the product shows an administrator when everything is at rest: the differences between its
// sales and the card host's ledger, and the reversals of a gap that wait for a person. Judges
// nothing; the oracle compares it with what it knows itself.

import type Database from 'better-sqlite3'
import { LedgerEntries } from '../../../voucher-store/reports/ledger-entries.ts'
import { reconcile } from '../../../voucher-store/reports/reconcile.ts'
import { CARD_HOSTS } from '../config.ts'

/** One purchase of the host's ledger. */
export interface LedgerRow {
  /** The card host that has it. */
  readonly link: string
  readonly transmission: string
  readonly stan: string
  readonly tid: string
  readonly rrn: string
  readonly amount: number
  readonly reversed: boolean
}

export interface Books {
  readonly differences: readonly { readonly kind: string; readonly rrn: string }[]
  /** Claims `in the gap`: institution, MID, TID, STAN, DE 12 and DE 13. */
  readonly claims: readonly string[]
}

export function booksOf(database: Database.Database, ledger: readonly LedgerRow[]): Books {
  const differences = CARD_HOSTS.flatMap(({ name }) => {
    const own = ledger.filter(({ link }) => link === name)
    return differencesOf(database, name, own)
  })
  return { differences, claims: claimsOf(database) }
}

/** Each card host sends a ledger of its own. */
function differencesOf(
  database: Database.Database,
  cardHost: string,
  ledger: readonly LedgerRow[],
): Books['differences'] {
  const entries = new LedgerEntries(database)
  for (const row of ledger) {
    const { transmission: de7, stan, tid, rrn, amount } = row
    const original = { originalDe7: de7, originalStan: stan, tid, rrn }
    push(entries, { kind: 'debit', amount, de7, stan, tid, rrn })
    if (row.reversed) push(entries, { kind: 'reversal', amount, ...original })
  }
  entries.end()
  if (entries.problems.length > 0) throw new Error('the ledger cannot be read')
  const { differences } = reconcile(database, entries, { cardHost, endedBeforeMs: 0 })
  return differences.map(({ kind, rrn }) => ({ kind, rrn: rrn ?? '' }))
}

function push(entries: LedgerEntries, line: Record<string, string | number>): void {
  entries.push(Buffer.from(`${JSON.stringify(line)}\n`))
}

function claimsOf(database: Database.Database): string[] {
  const rows = database
    .prepare(
      `select m.institution, m.mid, t.tid, s.stan, s.time, s.day from claim c
       join sale s on s.id = c.sale join terminal t on t.id = s.terminal
       join merchant m on m.id = s.merchant where c.reason = 'in the gap'`,
    )
    .all() as Record<'institution' | 'mid' | 'tid' | 'stan' | 'time' | 'day', string | number>[]
  return rows.map(({ institution, mid, tid, stan, time, day }) => {
    const date = String(day).slice(4)
    return `${institution} ${mid} ${tid} ${stan}${time}${date}`
  })
}
