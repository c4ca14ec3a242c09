// What a card host's ledger reopens: a reversal that had ended here while the host still keeps the
// debit. It overtook its debit, or the approval was lost with the process that waited for it. The
// reversal is pending again and goes out once more. [wire-protocol 4; nothing-lost, row 18]

import type Database from 'better-sqlite3'
import type { Difference } from '../reports/judge-sale.ts'
import type { StoreJournal } from './admin-write.ts'
import { readOne, sql } from './statements.ts'
import { findSuspense } from './suspense.ts'

const ENDED = ['closed', 'no-debit', 'watched']

/** The sales whose reversals are pending again. */
export async function reopenReversals(
  store: { readonly journal: StoreJournal; readonly database: Database.Database },
  differences: readonly Difference[],
  atMs: number,
): Promise<number[]> {
  const reopened: number[] = []
  for (const { sale, kind } of differences) {
    const isDebited = kind === 'reversal missing at host' || kind === 'unknown debit'
    if (sale === null || !isDebited) continue
    const reversal = findSuspense(store.database, sale, atMs)
    if (reversal === undefined || !ENDED.includes(reversal.status)) continue
    const result = await store.journal.write({
      kind: 'reversal',
      id: sale,
      status: 'pending',
      responseCode: undefined,
      tries: reversal.tries,
      // The ledger proves the debit: a 25 of the host is no end of it any more.
      approval: { authCode: knownAuthCode(store.database, sale), hostDate: undefined },
      fresh: undefined,
      from: { status: reversal.status, approvalSeen: reversal.approvalSeen },
      why: "the card host's ledger still has the debit",
      atMs,
    })
    if (result.kind === 'written') reopened.push(sale)
  }
  return reopened
}

/** An approval that was seen has its code, which the reversal goes on to name. */
function knownAuthCode(database: Database.Database, sale: number): string {
  const query = sql('reversal').select('auth_code').where({ sale })
  return readOne<{ auth_code: string | null }>(database, query)?.auth_code ?? ''
}
