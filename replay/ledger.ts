// The books of a replay, kept from what came over the wire and nothing else: how every sale ended,
// and whatever the switch said that cannot be true of a switch that loses nothing. A sale that was
// begun is in exactly one of its ends when the books are closed, or it is lost.

import { SeenOnce } from './seen-once.ts'

export interface SoldEnd {
  readonly kind: 'sold'
  readonly rrn: string | null
  readonly serials: readonly string[]
}

export type SaleEnd =
  | SoldEnd
  | { readonly kind: 'declined'; readonly responseCode: string; readonly rrn: string | null }
  | { readonly kind: 'reversed' }

/** Each of them is a loss, or the sign of one. */
export type Fault =
  | 'a voucher was given to two sales'
  | 'an RRN was given to two sales'
  | 'a repeat was answered otherwise than its sale'
  | 'an inquiry was answered otherwise than its sale'
  | 'sold to a repeat after its reversal or decline'
  | 'sold without its vouchers'
  | 'a sold sale is not known any more'
  | 'neither answered nor reversed'

export interface Finding {
  readonly fault: Fault
  readonly tid: string
  readonly stan: string
  readonly detail: string
}

interface BegunSale {
  readonly tid: string
  readonly stan: string
  readonly product: string
  readonly rial: number
}

export interface SaleName {
  /** In this run, from 1. */
  readonly number: number
  readonly tid: string
  readonly stan: string
  /** Two of them may have vouchers of one serial. */
  readonly mobileOperator: string
  readonly rial: number
}

const FINDINGS_KEPT = 100

/** Counted, and no loss. */
export type Tally =
  | 'repeats answered as their sale'
  | 'repeats unanswered'
  | 'confirmations accepted'
  | 'confirmations unanswered at first'
  | 'reversals accepted'
  | 'reversals refused: the sale stands'
  | 'inquiries'
  | 'reprints'
  | 'ends of day closed'
  | 'ends of day that differ'
  | 'ends of day refused'
  | 'ends of day unanswered'
  | 'logons'
  | 'catalogues'
  | 'echoes'
  | 'other messages unanswered'
  | 'records of a sale that was not played'
  | 'records that had nothing left to do'

export class Ledger {
  readonly declined = new Map<string, number>()
  readonly tallies = new Map<Tally, number>()
  readonly findings: Finding[] = []
  begun = 0
  notSent = 0
  sold = 0
  soldRial = 0
  vouchers = 0
  reversed = 0
  /** Of these 100 are kept. */
  faults = 0
  readonly #serials = new SeenOnce()
  readonly #rrns = new SeenOnce()
  readonly #open = new Map<number, SaleName>()

  /** A byte of it may be on its way. */
  begin({ tid, stan, product, rial }: BegunSale): SaleName {
    this.begun += 1
    const mobileOperator = product.slice(0, 4)
    const sale = { number: this.begun, tid, stan, mobileOperator, rial }
    this.#open.set(sale.number, sale)
    return sale
  }

  end(sale: SaleName, end: SaleEnd): void {
    this.#open.delete(sale.number)
    if (end.kind !== 'reversed') this.#checkRrn(sale, end.rrn)
    switch (end.kind) {
      case 'sold':
        this.sold += 1
        this.soldRial += sale.rial
        this.vouchers += end.serials.length
        return this.#checkSerials(sale, end.serials)
      case 'declined':
        this.declined.set(end.responseCode, (this.declined.get(end.responseCode) ?? 0) + 1)
        return
      case 'reversed':
        this.reversed += 1
    }
  }

  /** A sold sale is being reversed: how that ends is told by `end`. */
  reopen(sale: SaleName, { serials }: SoldEnd): void {
    this.#open.set(sale.number, sale)
    this.sold -= 1
    this.soldRial -= sale.rial
    this.vouchers -= serials.length
  }

  get unended(): number {
    return this.#open.size
  }

  tally(what: Tally): void {
    this.tallies.set(what, (this.tallies.get(what) ?? 0) + 1)
  }

  find(fault: Fault, { tid, stan }: Pick<SaleName, 'tid' | 'stan'>, detail: string): void {
    this.faults += 1
    if (this.findings.length < FINDINGS_KEPT) this.findings.push({ fault, tid, stan, detail })
  }

  /** Nothing more is asked of the switch: what is open now is lost. */
  close(): void {
    for (const sale of this.#open.values()) {
      this.find('neither answered nor reversed', sale, `sale ${sale.number}`)
    }
  }

  #checkRrn(sale: SaleName, rrn: string | null): void {
    if (rrn === null) return
    const owner = this.#rrns.ownerOf(rrn, sale.number)
    if (owner === sale.number) return
    this.find('an RRN was given to two sales', sale, `RRN ${rrn}, before to sale ${owner}`)
  }

  #checkSerials(sale: SaleName, serials: readonly string[]): void {
    const { mobileOperator } = sale
    for (const [place, serial] of serials.entries()) {
      const owner = this.#serials.ownerOf(`${mobileOperator} ${serial}`, sale.number)
      if (owner === sale.number && serials.indexOf(serial) === place) continue
      const detail = `serial ${serial} of ${mobileOperator}, before to sale ${owner}`
      this.find('a voucher was given to two sales', sale, detail)
    }
  }
}
