// Writes down what a card host's ledger settles: a watched reversal has shown net zero and is
// closed, and the card number of a sale that is over is destroyed. In chunks, so that sales never
// wait. [nothing-lost, rule 15]

import type Database from 'better-sqlite3'
import { saleCode } from '../codes.ts'
import type { Settleable } from '../reports/judge-sale.ts'
import { changeResult, type StoreJournal, writeChange } from './admin-write.ts'
import type { By } from './merchants.ts'
import { sql, statement } from './statements.ts'
import { findSuspense } from './suspense.ts'

const CHUNK = 500

/** How many sales were settled; stops quietly where the store takes no more. */
export async function settle(
  store: { readonly journal: StoreJournal; readonly database: Database.Database },
  settleable: readonly Settleable[],
  by: By,
): Promise<number> {
  const settled = new Set<number>()
  for (const { sale, watchedTries } of settleable) {
    if (watchedTries === undefined) continue
    // A late approval may have reopened it since the ledger was read.
    const waiting = findSuspense(store.database, sale, by.atMs)
    if (waiting?.status !== 'watched') continue
    const result = changeResult(
      await store.journal.write({
        kind: 'reversal',
        id: sale,
        status: 'closed',
        responseCode: undefined,
        tries: watchedTries,
        approval: undefined,
        fresh: undefined,
        from: { status: 'watched', approvalSeen: waiting.approvalSeen },
        why: "the card host's ledger shows net zero",
        atMs: by.atMs,
      }),
    )
    if (result.kind === 'written') settled.add(sale)
  }
  const cards = settleable.filter(({ destroyCard }) => destroyCard).map(({ sale }) => sale)
  for (let at = 0; at < cards.length; at += CHUNK) {
    const sales = cards.slice(at, at + CHUNK)
    const result = await writeChange(store.journal, {
      action: 'settle',
      detail: { sales },
      statements: [statement(destroyed(sales))],
      ...by,
    })
    if (result.kind !== 'written') break
    for (const sale of sales) settled.add(sale)
  }
  return settled.size
}

/** Only of sales that are still over: a reopened one needs its card number again. */
function destroyed(sales: readonly number[]) {
  const over = (['sold', 'declined', 'reversed', 'refunded'] as const).map(saleCode)
  return sql('sale').whereIn('id', sales).whereIn('state', over).update({ sealed_card: null })
}
