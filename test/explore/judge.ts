// Judges a small world from the outside: what was committed, in its order, what left the switch,
// and what the card host booked. Own code, without anything of the product: it keeps its own idea
// of every voucher and compares.

/** A committed record as far as the rules speak of it. `sale` is the identity's number. */
export type Fact =
  | { kind: 'intent'; id: number; sale: number; vouchers: readonly number[]; trace: string }
  | { kind: 'sold' | 'declined' | 'reversing' | 'refund'; id: number }
  | { kind: 'cancel'; sale: number }
  | { kind: 'reversal'; id: number; status: string }

interface JudgedSale {
  readonly sale: number
  readonly vouchers: readonly number[]
  state: 'intent' | 'sold' | 'undone'
  reversal: string
}

interface SaleReply {
  readonly sale: number
  readonly code: string
  readonly rrn: string
  readonly vouchers: string
}

const ENDED = ['none', 'closed', 'watched', 'no-debit']

export class Judge {
  readonly violations: string[] = []
  #vouchers = new Map<number, string>()
  #sales = new Map<number, JudgedSale>()
  #traces = new Set<string>()
  #soldOnce = new Set<number>()
  #shown = new Map<string, number>()
  #answers = new Map<number, string>()
  #cancelled = new Set<number>()
  #reversed = new Set<number>()

  imported(vouchers: readonly number[]): void {
    for (const id of vouchers) this.#vouchers.set(id, 'available')
  }

  committed(fact: Fact): void {
    if (fact.kind === 'cancel') {
      this.#cancelled.add(fact.sale)
      return
    }
    if (fact.kind === 'intent') return this.#intent(fact)
    const sale = this.#sales.get(fact.id)
    if (sale === undefined) return this.#violation('I2', `${fact.kind} of a sale without intent`)
    if (fact.kind === 'reversal') sale.reversal = fact.status
    else if (fact.kind === 'sold') this.#sold(sale)
    else this.#undone(sale, fact.kind)
  }

  #intent(fact: Extract<Fact, { kind: 'intent' }>): void {
    const { id, sale, vouchers, trace } = fact
    for (const voucher of vouchers) {
      if (this.#soldOnce.has(voucher)) this.#violation('I3', `voucher ${voucher} is sold again`)
      this.#move(voucher, 'available', 'reserved')
    }
    this.#sales.set(id, { sale, vouchers, state: 'intent', reversal: 'none' })
    this.#traces.add(trace)
  }

  #sold(sale: JudgedSale): void {
    if (sale.state !== 'intent')
      this.#violation('I2', `sale ${sale.sale} is sold when it has ended`)
    sale.state = 'sold'
    for (const voucher of sale.vouchers) {
      this.#move(voucher, 'reserved', 'sold')
      this.#soldOnce.add(voucher)
    }
  }

  #undone(sale: JudgedSale, kind: 'declined' | 'reversing' | 'refund'): void {
    const [from, to] = kind === 'refund' ? ['sold', 'quarantined'] : ['reserved', 'available']
    for (const voucher of sale.vouchers) this.#move(voucher, from as string, to as string)
    sale.state = 'undone'
    if (kind !== 'declined') sale.reversal = 'pending'
    if (kind === 'refund') this.#cancelled.add(sale.sale)
  }

  #move(voucher: number, from: string, to: string): void {
    const now = this.#vouchers.get(voucher)
    if (now !== from) this.#violation('I2', `voucher ${voucher} goes from ${now} to ${to}`)
    this.#vouchers.set(voucher, to)
  }

  /** After every commit: the store's rows and counts are what the commits have made of them. */
  stock(
    rows: Iterable<readonly [id: number, state: string]>,
    counts: Record<string, number>,
  ): void {
    const counted: Record<string, number> = {}
    for (const [id, state] of rows) {
      counted[state] = (counted[state] ?? 0) + 1
      if (state === 'available' && this.#soldOnce.has(id)) {
        this.#violation('I3', `voucher ${id} was sold and is available again`)
      }
      const own = this.#vouchers.get(id)
      if (own !== state) this.#violation('I2', `voucher ${id} is ${state} and should be ${own}`)
    }
    for (const [state, count] of Object.entries(counts)) {
      if ((counted[state] ?? 0) === count) continue
      this.#violation('I2', `${count} counted as ${state}, ${counted[state] ?? 0} are`)
    }
  }

  /** The first byte of a 0200 leaves for the card host. */
  askedHost(trace: string, sale: number): void {
    if (!this.#traces.has(trace)) this.#violation('I4', `sale ${sale} is debited before its C1`)
  }

  /** The first byte of a 0210 or 0110 leaves for the terminal. */
  answered(reply: SaleReply): void {
    const { sale, code, rrn, vouchers } = reply
    for (const voucherPin of vouchers === '' ? [] : vouchers.split(' ')) {
      const owner = this.#shown.get(voucherPin)
      if (owner === undefined) this.#shown.set(voucherPin, sale)
      else if (owner !== sale) this.#violation('I1', `one PIN for sales ${owner} and ${sale}`)
    }
    const isSold = [...this.#sales.values()].some((each) => {
      return each.sale === sale && each.vouchers.every((voucher) => this.#soldOnce.has(voucher))
    })
    if (code === '00' && !isSold) this.#violation('I4', `sale ${sale} is approved before its C2`)
    if ((code === '00') !== (vouchers !== '')) {
      this.#violation('I5', `sale ${sale}: ${code} with vouchers '${vouchers.length}'`)
    }
    this.#sameAsBefore(sale, code, `${code} ${rrn} ${vouchers}`)
  }

  #sameAsBefore(sale: number, code: string, answer: string): void {
    // 96 and 09 say that nothing is known yet; no answer of a sale was stored.
    if (code === '96' || code === '09' || code === '25') return
    if (code === '94' && this.#cancelled.has(sale)) return
    if (this.#reversed.has(sale)) {
      return this.#violation('I5', `sale ${sale}: ${code} after an accepted reversal`)
    }
    const first = this.#answers.get(sale)
    if (first === undefined) this.#answers.set(sale, answer)
    else if (first !== answer) this.#violation('I5', `sale ${sale} has two different answers`)
  }

  /** The first byte of a 0410 leaves for the terminal. */
  reversed(sale: number, code: string): void {
    if (code !== '00') return
    if (!this.#cancelled.has(sale)) {
      this.#violation('I4', `the reversal of sale ${sale} is accepted before it is durable`)
    }
    this.#reversed.add(sale)
  }

  /** Nothing is under way any more. `debits`: net debits of each identity at the card host. */
  atRest(
    debits: ReadonlyMap<number, number>,
    terminals: Iterable<readonly [sale: number, outcome: string]>,
  ): void {
    const sold = new Map<number, number>()
    for (const { sale, state, reversal } of this.#sales.values()) {
      if (state === 'intent') this.#violation('rest', `sale ${sale} is still an intent`)
      if (state === 'sold') sold.set(sale, (sold.get(sale) ?? 0) + 1)
      if (!ENDED.includes(reversal)) {
        this.#violation('rest', `the reversal of sale ${sale} is ${reversal}`)
      }
    }
    for (const sale of new Set([...sold.keys(), ...debits.keys()])) {
      const [paid, got] = [debits.get(sale) ?? 0, sold.get(sale) ?? 0]
      if (paid !== got) this.#violation('I7', `sale ${sale}: ${paid} debits stand, ${got} sold`)
    }
    for (const [sale, outcome] of terminals) {
      if ((outcome === 'sold') === sold.has(sale)) continue
      this.#violation('rest', `sale ${sale}: ${outcome} at the terminal, not at the switch`)
    }
  }

  #violation(rule: string, what: string): void {
    this.violations.push(`${rule}: ${what}`)
  }

  copy(): Judge {
    const copy = new Judge()
    copy.#vouchers = new Map(this.#vouchers)
    for (const [id, sale] of this.#sales) copy.#sales.set(id, { ...sale })
    copy.#traces = new Set(this.#traces)
    copy.#soldOnce = new Set(this.#soldOnce)
    copy.#shown = new Map(this.#shown)
    copy.#answers = new Map(this.#answers)
    copy.#cancelled = new Set(this.#cancelled)
    copy.#reversed = new Set(this.#reversed)
    return copy
  }

  /** What it remembers of what left the switch, for the comparison of states. */
  memory(): string {
    const sorted = (values: Iterable<unknown>): string => [...values].map(String).sort().join()
    const codes = [...this.#answers].map(([sale, answer]) => `${sale}${answer.slice(0, 2)}`)
    const shown = sorted(this.#shown)
    return `${shown}|${sorted(codes)}|${sorted(this.#reversed)}|${sorted(this.#soldOnce)}`
  }
}
