// What a terminal and its merchant have sold today, against the limits that they have. Counted are
// sold sales and those under way, by the Tehran day on which they began; a refund of the same day
// gives back. [wire-protocol 3: limits 61; nothing-lost N13]
//
// Exact while many sales run: a sale takes its place before anything of it is written, and the
// numbers of the store are read only while nothing of that terminal or merchant is under way.
// From then on this memory goes ahead of the store, and the two agree again when all has ended.

import type { Day } from '../../protocol/values/moment.ts'
import type { DailyLimit, Terminal } from './sale-record.ts'

/** Sold on the newest day on which anything was sold. */
export interface DayUse {
  readonly day: Day
  readonly count: number
  readonly amount: number
}

export type UseOf = { readonly terminalKey: number } | { readonly merchantKey: number }

export interface UseReader {
  dayUse(of: UseOf): DayUse | undefined
}

/** A place in the day's limits. Exactly one of both is called, once. */
export interface TakenUse {
  /** The sale ended as sold, and the store says so. */
  sold(): void
  /** Nothing was sold. */
  released(): void
}

export type UseResult =
  | { readonly kind: 'taken'; readonly use: TakenUse }
  /** `first`: nobody was told yet that this limit is reached today. */
  | { readonly kind: 'over'; readonly whose: 'terminal' | 'merchant'; readonly first: boolean }

/** Of terminals and of merchants each; what is not under way makes room and is read again. */
const ENTRIES_MOST = 50_000

interface Entry {
  day: Day
  count: number
  amount: number
  /** Of sales under way that began on `day`. */
  heldCount: number
  heldAmount: number
  /** Sales and refunds under way, of any day: while there are some the entry stays. */
  underWay: number
  told: boolean
}

export class DailyUses {
  readonly #terminals: Entries
  readonly #merchants: Entries

  constructor(reader: UseReader, most = ENTRIES_MOST) {
    this.#terminals = new Entries((key) => reader.dayUse({ terminalKey: key }), most)
    this.#merchants = new Entries((key) => reader.dayUse({ merchantKey: key }), most)
  }

  take({ key, merchantKey, terms }: Terminal, amount: number, day: Day): UseResult {
    const own = this.#terminals.of(key, day)
    const shop = this.#merchants.of(merchantKey, day)
    if (exceeds(own, amount, terms?.terminalLimit)) return over(own, 'terminal')
    if (exceeds(shop, amount, terms?.merchantLimit)) return over(shop, 'merchant')
    return { kind: 'taken', use: new HeldUse(own, shop, amount) }
  }

  /** A refund of a sale of `day` is about to be written: tell then whether it was. */
  giveBack(
    sale: { readonly terminalKey: number; readonly merchantKey: number; readonly amount: number },
    day: Day,
  ): (written: boolean) => void {
    const entries = [
      this.#terminals.of(sale.terminalKey, day),
      this.#merchants.of(sale.merchantKey, day),
    ]
    for (const entry of entries) entry.underWay++
    return (written) => {
      for (const entry of entries) {
        entry.underWay--
        if (!written || entry.day !== day) continue
        entry.count--
        entry.amount -= sale.amount
      }
    }
  }
}

function over(entry: Entry, whose: 'terminal' | 'merchant'): UseResult {
  const first = !entry.told
  entry.told = true
  return { kind: 'over', whose, first }
}

function exceeds(entry: Entry, amount: number, limit: DailyLimit | undefined): boolean {
  if (limit === undefined) return false
  const { count: most = Infinity, rial = Infinity } = limit
  return entry.count + entry.heldCount + 1 > most || entry.amount + entry.heldAmount + amount > rial
}

class HeldUse implements TakenUse {
  readonly #own: Entry
  readonly #shop: Entry
  readonly #ownDay: Day
  readonly #shopDay: Day
  readonly #amount: number

  constructor(own: Entry, shop: Entry, amount: number) {
    this.#own = own
    this.#shop = shop
    this.#ownDay = hold(own, amount)
    this.#shopDay = hold(shop, amount)
    this.#amount = amount
  }

  sold(): void {
    letGo(this.#own, this.#ownDay, this.#amount, true)
    letGo(this.#shop, this.#shopDay, this.#amount, true)
  }

  released(): void {
    letGo(this.#own, this.#ownDay, this.#amount, false)
    letGo(this.#shop, this.#shopDay, this.#amount, false)
  }
}

/** Gives the day that it counts towards. */
function hold(entry: Entry, amount: number): Day {
  entry.underWay++
  entry.heldCount++
  entry.heldAmount += amount
  return entry.day
}

function letGo(entry: Entry, day: Day, amount: number, sold: boolean): void {
  entry.underWay--
  // It belongs to a day that is over.
  if (entry.day !== day) return
  entry.heldCount--
  entry.heldAmount -= amount
  if (!sold) return
  entry.count++
  entry.amount += amount
}

class Entries {
  readonly #read: (key: number) => DayUse | undefined
  readonly #most: number
  readonly #entries = new Map<number, Entry>()

  constructor(read: (key: number) => DayUse | undefined, most: number) {
    this.#read = read
    this.#most = most
  }

  /** Of `day`, or of a later one that was seen already: a clock that jumps back begins no day. */
  of(key: number, day: Day): Entry {
    const known = this.#entries.get(key)
    const entry = known ?? this.#load(key)
    if (day > entry.day) {
      const fresh = { day, count: 0, amount: 0, heldCount: 0, heldAmount: 0, told: false }
      Object.assign(entry, fresh)
    }
    return entry
  }

  #load(key: number): Entry {
    if (this.#entries.size >= this.#most) this.#makeRoom()
    const stored = this.#read(key) ?? { day: 0, count: 0, amount: 0 }
    const nothing = { heldCount: 0, heldAmount: 0, underWay: 0, told: false }
    const entry = { ...stored, ...nothing }
    this.#entries.set(key, entry)
    return entry
  }

  /** The oldest with nothing under way: a Map keeps the order in which they came. */
  #makeRoom(): void {
    for (const [key, { underWay }] of this.#entries) {
      if (underWay > 0) continue
      this.#entries.delete(key)
      return
    }
  }
}
