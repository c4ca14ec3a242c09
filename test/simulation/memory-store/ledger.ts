// The rows beside stock: sales, reversals, refunds, claims, tallies, ends of day, counters. Holds
// them with the ways to find them; what may change them is the writer's, what is seen the reader's.

import {
  type ClaimRow,
  type DayEndRow,
  hostKeyOf,
  identityOf,
  type RefundRow,
  type ReversalRow,
  type SaleRow,
  type TallyRow,
  type UseRow,
} from './rows.ts'

export class MemoryLedger {
  readonly sales = new Map<number, SaleRow>()
  readonly byIdentity = new Map<string, SaleRow>()
  readonly intents = new Set<number>()
  readonly reversals = new Map<number, ReversalRow>()
  readonly openReversals = new Set<number>()
  readonly byHost = new Map<string, ReversalRow[]>()
  readonly refunds = new Map<number, RefundRow>()
  /** Counted refunds of a day, by terminal and by merchant. */
  readonly refundTallies = new Map<string, { count: number; amount: number }>()
  readonly claims = new Map<string, ClaimRow>()
  readonly tallies = new Map<number, TallyRow>()
  readonly terminalUses = new Map<number, UseRow>()
  readonly merchantUses = new Map<number, UseRow>()
  readonly dayEnds = new Map<string, DayEndRow>()
  readonly dayEndIds = new Set<number>()
  readonly counters = new Map<string, number>()
  highestId = 0

  addSale(row: SaleRow): void {
    this.sales.set(row.id, row)
    this.byIdentity.set(identityOf(row.key), row)
    if (row.state === 'intent') this.intents.add(row.id)
    if (row.id > this.highestId) this.highestId = row.id
  }

  addReversal(row: ReversalRow): void {
    this.reversals.set(row.sale, row)
    if (isOpen(row)) this.openReversals.add(row.sale)
    const key = hostKeyOf(row.host)
    const others = this.byHost.get(key)
    if (others === undefined) this.byHost.set(key, [row])
    else others.push(row)
  }

  addRefund(row: RefundRow): void {
    this.refunds.set(row.sale, row)
    if (!row.counted) return
    for (const key of [`${row.day} terminal ${row.terminalKey}`, `${row.day} ${row.merchantKey}`]) {
      const tally = this.refundTallies.get(key)
      if (tally === undefined) this.refundTallies.set(key, { count: 1, amount: row.amount })
      else {
        tally.count++
        tally.amount += row.amount
      }
    }
  }

  addDayEnd(row: DayEndRow): void {
    this.dayEnds.set(identityOf(row.key), row)
    this.dayEndIds.add(row.id)
    if (row.id > this.highestId) this.highestId = row.id
  }

  reversalChanged(row: ReversalRow): void {
    if (isOpen(row)) this.openReversals.add(row.sale)
    else this.openReversals.delete(row.sale)
  }

  copy(): MemoryLedger {
    const copy = new MemoryLedger()
    for (const row of this.sales.values()) copy.addSale({ ...row })
    for (const row of this.reversals.values()) copy.addReversal({ ...row })
    for (const row of this.dayEnds.values()) copy.addDayEnd(row)
    for (const row of this.refunds.values()) copy.addRefund(row)
    for (const [key, row] of this.claims) copy.claims.set(key, row)
    for (const [key, row] of this.tallies) copy.tallies.set(key, { ...row })
    for (const [key, row] of this.terminalUses) copy.terminalUses.set(key, { ...row })
    for (const [key, row] of this.merchantUses) copy.merchantUses.set(key, { ...row })
    for (const [name, high] of this.counters) copy.counters.set(name, high)
    return copy
  }
}

function isOpen({ status }: ReversalRow): boolean {
  return status === 'pending' || status === 'unfound' || status === 'suspense'
}
