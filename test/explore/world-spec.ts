// The small worlds: who is in each, what may go wrong and how often. A fault is a message lost, a
// message repeated, a timer that fires while something is still on its way, or a full disk.

import type { Book } from '../../switch/core/book.ts'
import type { CardHost } from '../../switch/core/card-host.ts'
import type { Journal, JournalRecord } from '../../switch/core/journal.ts'
import type { MemoryStore } from '../simulation/memory-store.ts'
import type { After } from './till.ts'

export interface WorldSpec {
  readonly name: string
  /** What it is about, for a reader of its results. */
  readonly about: string
  /** For each terminal, what happens after each of its sales; several are all tried. */
  readonly terminals: readonly (readonly (readonly After[])[])[]
  readonly vouchers: number
  readonly faults: number
  readonly crashes: number
  /** The card host may decline. */
  readonly declines: boolean
  /** The card host may refuse a reversal; costs a fault. */
  readonly refuses?: boolean
  /** A commit may find the disk full; costs a fault. */
  readonly diskFull: boolean
  /** The notes of what was answered are written in arrears, as they are in the product. */
  readonly answeredNotes: boolean
  /** More than can be visited: half of the search begins at random places. */
  readonly isLarge?: boolean
  readonly defect?: Defect
}

/** A part of the switch that is replaced by a broken one, to see that it is found out. */
export interface Defect {
  readonly journal?: (journal: Journal) => Journal
  readonly cardHost?: (cardHost: CardHost) => CardHost
  readonly book?: (book: Book) => void
  readonly committed?: (store: MemoryStore, record: JournalRecord) => void
  readonly voucherPin?: (id: number) => number
  /** A start is not told of intents without an outcome. */
  readonly forgetsIntents?: boolean
}

const PLAIN = { declines: false, diskFull: false, answeredNotes: false }

export const WORLDS: readonly WorldSpec[] = [
  {
    ...{ name: 'sale and repeat', about: 'one sale, whose messages are lost and repeated' },
    ...{ terminals: [[['nothing']]], vouchers: 2, faults: 2, crashes: 1 },
    ...{ ...PLAIN, declines: true },
  },
  {
    ...{ name: 'sale and reversal', about: 'a sold sale is reversed by its terminal' },
    ...{ terminals: [[['reverse']]], vouchers: 2, faults: 2, crashes: 1 },
    ...{ ...PLAIN, answeredNotes: true },
  },
  {
    ...{ name: 'confirmation against reversal', about: 'both at once, or one of them' },
    ...{ terminals: [[['confirm', 'both']]], vouchers: 1, faults: 2, crashes: 1, ...PLAIN },
  },
  {
    ...{ name: 'inquiry', about: 'a sold sale is inquired about' },
    ...{ terminals: [[['inquire']]], vouchers: 1, faults: 2, crashes: 1, ...PLAIN },
  },
  {
    ...{ name: 'full disk', about: 'commits find the disk full at any moment' },
    ...{ terminals: [[['nothing', 'reverse']]], vouchers: 1, faults: 2, crashes: 1 },
    ...{ ...PLAIN, declines: true, diskFull: true },
  },
  {
    ...{ name: 'crashes', about: 'the switch dies twice, also while it starts' },
    ...{ terminals: [[['nothing']]], vouchers: 1, faults: 1, crashes: 2 },
    ...{ ...PLAIN, declines: true },
  },
  {
    ...{ name: 'late approval', about: 'the approval comes after the deadline, again and again' },
    ...{ terminals: [[['nothing']]], vouchers: 1, faults: 3, crashes: 0, ...PLAIN },
  },
  {
    ...{ name: 'refused reversal', about: 'the card host refuses a reversal: suspense, and again' },
    ...{ terminals: [[['reverse']]], vouchers: 1, faults: 2, crashes: 1, ...PLAIN, refuses: true },
  },
  {
    ...{ name: 'last voucher', about: 'two terminals race for one voucher' },
    ...{ terminals: [[['nothing']], [['nothing']]], vouchers: 1, faults: 1, crashes: 0, ...PLAIN },
  },
  {
    ...{ name: 'voucher sold again', about: 'what one sale gives back another one sells' },
    ...{ terminals: [[['reverse'], ['nothing']]], vouchers: 2, faults: 1, crashes: 1, ...PLAIN },
  },
  {
    ...{ name: 'two terminals, a crash', about: 'two sales, and a crash at any moment' },
    ...{ terminals: [[['nothing', 'reverse']], [['nothing', 'confirm']]], vouchers: 2 },
    ...{ faults: 0, crashes: 1, ...PLAIN, declines: true },
  },
  {
    ...{ name: 'two terminals, a fault', about: 'two sales, and one fault at any moment' },
    ...{ terminals: [[['nothing', 'reverse']], [['nothing', 'confirm']]], vouchers: 2 },
    ...{ faults: 1, crashes: 0, ...PLAIN },
  },
  {
    ...{ name: 'two terminals', about: 'two terminals, two vouchers, three faults, two crashes' },
    ...{ terminals: [[['nothing', 'reverse']], [['nothing', 'confirm']]], vouchers: 2 },
    ...{ faults: 3, crashes: 2, ...PLAIN, declines: true, isLarge: true },
  },
]
