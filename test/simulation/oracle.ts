// Judges a simulated run from the outside: what terminals were shown, what the card host booked,
// and at the end the store's own counts. Knows nothing of how the switch decides.

import type Database from 'better-sqlite3'
import type { SimLedger } from './sim-card-host.ts'

export class Oracle {
  readonly violations: string[] = []
  /** PIN to the identity that was shown it. */
  readonly #shown = new Map<string, string>()
  /** Identity to its first complete answer. */
  readonly #answers = new Map<string, string>()
  readonly #cancelled = new Set<string>()
  readonly soldIdentities = new Set<string>()

  /** A reply to 0200 or 0201 reached its terminal. */
  sawSaleReply(
    identity: string,
    reply: { code: string; rrn: string; pins: string[]; count: number },
  ): void {
    const { code, pins } = reply
    for (const voucherPin of pins) {
      const owner = this.#shown.get(voucherPin)
      if (owner === undefined) this.#shown.set(voucherPin, identity)
      else if (owner !== identity) this.#violation(`one PIN for ${owner} and ${identity}`)
    }
    if (code === '00' && pins.length !== reply.count) {
      this.#violation(`${identity}: approved with ${pins.length} of ${reply.count} vouchers`)
    }
    if (code !== '00' && pins.length > 0) this.#violation(`${identity}: ${code} with vouchers`)
    if (code === '94' && this.#cancelled.has(identity)) return
    if (this.#cancelled.has(identity)) {
      this.#violation(`${identity}: ${code} after an accepted reversal`)
    }
    if (code === '00') this.soldIdentities.add(identity)
    // Answers given before the identity check, and those of a store that could not write, are free.
    if (code === '96') return
    const answer = `${code} ${reply.rrn} ${pins.join()}`
    const first = this.#answers.get(identity)
    if (first === undefined) this.#answers.set(identity, answer)
    else if (first !== answer) this.#violation(`${identity}: answered ${first}, then ${answer}`)
  }

  /** A reversal was accepted with 00. */
  sawReversed(identity: string): void {
    this.#cancelled.add(identity)
  }

  isCancelled(identity: string): boolean {
    return this.#cancelled.has(identity)
  }

  /** Everything has come to rest: money and stock must agree. */
  checkRest(database: Database.Database, ledger: SimLedger): void {
    this.#checkMoney(database, ledger)
    this.#checkStock(database)
    this.#checkOpen(database)
  }

  #checkMoney(database: Database.Database, ledger: SimLedger): void {
    const sold = new Map<string, number>()
    const rows = database.prepare('select rrn, amount from sale where state = 1').all()
    for (const row of rows as { rrn: string; amount: number }[]) sold.set(row.rrn, row.amount)
    const paid = new Map<string, number>()
    for (const debit of ledger.debits.values()) {
      if (debit.reversed) continue
      if (paid.has(debit.rrn)) this.#violation(`${debit.rrn} is debited twice`)
      paid.set(debit.rrn, debit.amount)
    }
    for (const [rrn, amount] of paid) {
      if (sold.get(rrn) !== amount) this.#violation(`${rrn}: ${amount} debited without a sale`)
    }
    for (const [rrn, amount] of sold) {
      if (paid.get(rrn) !== amount) this.#violation(`${rrn}: ${amount} sold without a debit`)
    }
  }

  #checkStock(database: Database.Database): void {
    const lots = database
      .prepare(
        `select lot.id, imported, available, reserved, sold, quarantined, fenced, voided, expired,
           (select count(*) from voucher where lot = lot.id and state = 0) as s0,
           (select count(*) from voucher where lot = lot.id and state = 1) as s1,
           (select count(*) from voucher where lot = lot.id and state = 2) as s2,
           (select count(*) from voucher where lot = lot.id and state = 3) as s3 from lot`,
      )
      .all() as Record<string, number>[]
    for (const lot of lots) {
      const counted = [lot.s0, lot.s1, lot.s2, lot.s3].join()
      const kept = [lot.available, lot.reserved, lot.sold, lot.quarantined].join()
      if (counted !== kept) this.#violation(`lot ${lot.id}: counts ${kept}, rows ${counted}`)
      if (lot.reserved !== 0) this.#violation(`lot ${lot.id}: ${lot.reserved} still reserved`)
    }
    const owners = database
      .prepare('select id, vouchers from sale where state in (1, 5, 6)')
      .all() as { id: number; vouchers: string }[]
    const owned = new Map<number, number>()
    for (const { id, vouchers } of owners) {
      for (const voucher of JSON.parse(vouchers) as number[]) {
        const other = owned.get(voucher)
        if (other !== undefined) this.#violation(`voucher ${voucher} in sales ${other} and ${id}`)
        owned.set(voucher, id)
      }
    }
  }

  #checkOpen(database: Database.Database): void {
    const intents = database.prepare('select count(*) from sale where state = 0').pluck().get()
    if (intents !== 0) this.#violation(`${intents} intents without an outcome`)
    const open = database
      .prepare('select count(*) from reversal where status in (0, 1)')
      .pluck()
      .get()
    if (open !== 0) this.#violation(`${open} reversals are not ended`)
  }

  #violation(what: string): void {
    this.violations.push(what)
  }
}
