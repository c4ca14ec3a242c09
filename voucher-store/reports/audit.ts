// The invariants over the whole store, each as one query that counts what breaks it and names the
// first cases. It only reads; what to do about a violation is a person's decision.
// [nothing-lost, rules 3, 6, 11, 14]

import type Database from 'better-sqlite3'
import { batchCode, reversalCode, saleCode, VOUCHER_STATES, voucherCode } from '../codes.ts'

export interface Check {
  readonly name: string
  readonly violations: number
  readonly detail: string
}

export interface AuditResult {
  readonly ok: boolean
  readonly checks: Check[]
}

const SALE = {
  intent: saleCode('intent'),
  sold: saleCode('sold'),
  reversing: saleCode('reversing'),
  refunding: saleCode('refunding'),
  refunded: saleCode('refunded'),
}
const OWNING = [SALE.intent, SALE.sold, SALE.refunding, SALE.refunded].join(', ')
const OPEN = (['pending', 'unfound', 'suspense'] as const).map(reversalCode).join(', ')
const V = {
  available: voucherCode('available'),
  reserved: voucherCode('reserved'),
  sold: voucherCode('sold'),
  quarantined: voucherCode('quarantined'),
  voided: voucherCode('voided'),
}

const DOUBLE_SOLD = `select entry.value as what from sale s, json_each(s.vouchers) entry
  where s.state in (${OWNING}) group by entry.value having count(*) > 1`

/** Each query gives one column `what` for every violation. */
const CHECKS: readonly { readonly name: string; readonly query: string }[] = [
  { name: 'no voucher is under two sales', query: DOUBLE_SOLD },
  {
    name: 'imported is the sum of all states, lot by lot',
    query: `select id as what from lot where imported <> ${VOUCHER_STATES.join(' + ')}`,
  },
  {
    name: 'the counts of a lot are those of its vouchers',
    query: `select l.id as what from lot l join batch b on b.id = l.batch
      left join (select lot, ${VOUCHER_STATES.map(
        (state) => `sum(state = ${voucherCode(state)}) as ${state}`,
      ).join(', ')} from voucher group by lot) v on v.lot = l.id
      where b.state <> ${batchCode('loading')}
        and (${VOUCHER_STATES.map((state) => `l.${state} <> coalesce(v.${state}, 0)`).join(
          ' or ',
        )})`,
  },
  {
    name: 'a reserved, sold or refunded voucher is in its sale, and the sale is so too',
    query: `select v.id as what from voucher v left join sale s on s.id = v.sale
      where v.state in (${V.reserved}, ${V.sold}) and not coalesce(
        (v.state = ${V.reserved} and s.state = ${SALE.intent} or
         v.state = ${V.sold} and s.state = ${SALE.sold})
        and exists (select 1 from json_each(s.vouchers) e where e.value = v.id), 0)`,
  },
  {
    // Voided when the refund had ended; a ledger or a late approval may open the refund once more.
    name: 'every voucher of a sale is in the state of the sale',
    query: `select s.id as what from sale s, json_each(s.vouchers) e
      left join voucher v on v.id = e.value
      where s.state in (${OWNING}) and not coalesce(v.sale = s.id and v.state = case s.state
        when ${SALE.intent} then ${V.reserved} when ${SALE.sold} then ${V.sold}
        else iif(v.state = ${V.voided}, ${V.voided}, ${V.quarantined}) end, 0)`,
  },
  {
    name: 'a voucher in stock belongs to no sale',
    query: `select id as what from voucher where state = ${V.available} and sale is not null`,
  },
  {
    name: 'every sale whose debit is to be undone has an open reversal',
    query: `select s.id as what from sale s left join reversal r on r.sale = s.id
      where s.state in (${SALE.reversing}, ${SALE.refunding})
        and not coalesce(r.status in (${OPEN}), 0)`,
  },
  {
    name: 'every open reversal belongs to such a sale',
    query: `select r.sale as what from reversal r left join sale s on s.id = r.sale
      where r.status in (${OPEN})
        and not coalesce(s.state in (${SALE.reversing}, ${SALE.refunding}), 0)`,
  },
  {
    name: 'every refunded sale is counted in its day',
    query: `select s.id as what from sale s left join refund f on f.sale = s.id
      where s.state in (${SALE.refunding}, ${SALE.refunded}) and f.sale is null`,
  },
]

const NAMED_MOST = 10

export function audit(database: Database.Database): AuditResult {
  const checks = CHECKS.map(({ name, query }) => checkOf(database, name, query))
  return { ok: checks.every((check) => check.violations === 0), checks }
}

export function countDoubleSold(database: Database.Database): number {
  return database.prepare(`select count(*) from (${DOUBLE_SOLD})`).pluck().get() as number
}

function checkOf(database: Database.Database, name: string, query: string): Check {
  let violations = 0
  const named: unknown[] = []
  for (const row of database.prepare(query).iterate() as IterableIterator<{ what: unknown }>) {
    violations++
    if (named.length < NAMED_MOST) named.push(row.what)
  }
  const more = violations > named.length ? ', ...' : ''
  return { name, violations, detail: violations === 0 ? '' : `${named.join(', ')}${more}` }
}
