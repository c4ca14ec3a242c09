// What the desks of the core share: the ports, the settings, the sales that are running, and how an
// identity without a year finds its sale. Each desk is a file of its own beside this one.

import type { ProductId } from '../../protocol/values/identifiers.ts'
import type { InFlight } from '../../protocol/values/in-flight.ts'
import {
  addDays,
  candidateDays,
  type Day,
  tehranMoment,
  tehranTime,
} from '../../protocol/values/moment.ts'
import type { Pan } from '../../protocol/values/pan.ts'
import type { Rial } from '../../protocol/values/rial.ts'
import type { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import type { Admission } from './admission.ts'
import type { AnsweredNotes } from './answered-notes.ts'
import type { CardHost } from './card-host.ts'
import type { Clock } from './clock.ts'
import type { RrnSource } from './counters.ts'
import type { DailyUses } from './daily-use.ts'
import type { Inventory, StockVoucher } from './inventory.ts'
import type { Journal, SaleKey, SaleReader } from './journal.ts'
import type { Notice } from './notice.ts'
import type { ReversalQueue } from './reversal-queue.ts'
import type { Content, HostTrace, Identity, OpenedVoucher, StoredSale } from './sale-record.ts'
import type { SeenIdentities } from './seen-identities.ts'
import type { Told } from './told.ts'
import type { Turns } from './turns.ts'

/** A product as it is sold today. */
export interface Product {
  readonly id: ProductId
  readonly priceRial: Rial
  readonly enabled: boolean
}

export interface Catalogue {
  product(id: ProductId, day: Day): Product | undefined
}

/** Opens and seals what lies enciphered in the store. Synchronous: keys are in memory. */
export interface Vault {
  openPin(voucher: StockVoucher): VoucherPin | undefined
  /** Vouchers of an ended sale, in the sale's order; undefined when one does not open. */
  openVouchers(ids: readonly number[]): OpenedVoucher[] | undefined
  /** A character a byte. */
  sealCard(pan: Pan, saleId: number): string
}

export interface RefundLimit {
  readonly count: number
  readonly rial: number
}

export interface SaleSettings {
  readonly switchTimeoutMs: number
  readonly cardHostTimeoutMs: number
  /** A sale that is not known and further than this from host time is refused with 05. */
  readonly clockSkewMs: number
  readonly identityDays: number
  readonly reversalWindowMs: number
  /** Accepted reversals of sold sales in a day; a sum of 0 rial is no limit. */
  readonly refundLimits: { readonly terminal: RefundLimit; readonly merchant: RefundLimit }
  readonly disclosureAfterConfirmationMs: number
  readonly reprintWindowMs: number
  readonly reprintsPerSale: number
  /** Vouchers are not sold in the last days before they expire. */
  readonly expiryMarginDays: number
  /** Messages of one kind that wait for the same sale; more are not answered. */
  readonly waitingMost: number
  readonly salesInFlight: number
  /** Taken at a time however slow the card host is. */
  readonly salesInFlightLeast: number
  /** From the frame to the card host's result: longer, and fewer new sales are taken. */
  readonly slowSaleMs: number
  readonly outcomeRetryMs: number
}

/** A running sale, as reversals, inquiries and late approvals find it. */
export interface RunningSale {
  readonly id: number
  readonly trace: HostTrace
  readonly content: Content
  /**
   * The terminal reversed it. True: its end will be with nothing debited, and the reversal may be
   * written and answered at once. False: wait for the end, then treat it as any ended sale.
   */
  cancel(): boolean
}

export interface Book {
  readonly journal: Journal
  readonly reader: SaleReader
  readonly clock: Clock
  readonly inventory: Inventory
  readonly catalogue: Catalogue
  readonly vault: Vault
  readonly cardHost: CardHost
  readonly reversals: ReversalQueue
  readonly rrns: RrnSource
  readonly answered: AnsweredNotes
  readonly admission: Admission
  readonly uses: DailyUses
  readonly seen: SeenIdentities
  readonly told: Told
  readonly nextSaleId: () => number
  readonly settings: SaleSettings
  readonly turns: Turns
  readonly running: InFlight<RunningSale>
  readonly notice: (notice: Notice) => void
  /** Times of which a restored store knows nothing: sales dated in them are never taken. */
  readonly gaps: readonly { readonly fromMs: number; readonly toMs: number }[]
  /** The response code of every new sale while none is taken: 91 draining, 96 not fit to sell. */
  readonly refusing: () => '91' | '96' | undefined
  /** The clock stands so far back that what is not found under a date may well be there. */
  readonly clockBehind?: (() => boolean) | undefined
}

/** The key of an identity while its year does not matter: one turn, one running sale. */
export function turnKey(identity: Identity): string {
  return `${identity.terminal.key}/${identity.stan}/${identity.date}${identity.time}`
}

/** The sale of an identity, under every year its date may mean. [wire-protocol 3.1] */
export function findSale(book: Book, identity: Identity): StoredSale | undefined {
  return findByKeys(book, keysOf(book, identity))
}

export function findByKeys(
  { seen, reader }: Book,
  keys: readonly SaleKey[],
): StoredSale | undefined {
  return firstFound(keys, (key) => (seen.mayBeStored(key) ? reader.find(key) : undefined))
}

export function firstFound<Found>(
  keys: readonly SaleKey[],
  find: (key: SaleKey) => Found | undefined,
): Found | undefined {
  for (const key of keys) {
    const found = find(key)
    if (found !== undefined) return found
  }
  return undefined
}

/** The terminal's newest sale that was not reversed; every message with a tag 01 asks for it. */
export function newestStillSold({ reader }: Book, terminalKey: number): StoredSale | undefined {
  const [newest] = reader.newestSold(terminalKey, 1)
  if (newest === undefined || isStillSold(newest)) return newest
  return reader.newestSold(terminalKey, SALES_LOOKED_AT).find(isStillSold)
}

function isStillSold(sale: StoredSale): boolean {
  return sale.state === 'sold' && !sale.cancelled
}

/** How far back a sale that is not reversed is looked for. */
const SALES_LOOKED_AT = 50

/**
 * The identity under every year in which its date is remembered, the nearest to host time first: a
 * new sale takes that one. Empty when there is no such date.
 */
export function keysOf(book: Book, identity: Identity): SaleKey[] {
  const { time, stan, terminal } = identity
  const days = candidateDays(identity.date, book.clock.wallMs(), {
    backDays: book.settings.identityDays,
    aheadDays: AHEAD_DAYS,
  })
  return days.map((day) => ({ terminalKey: terminal.key, day, time, stan }))
}

/**
 * The identity may have been sold in a time that the store does not know of: it is dated in it, or
 * so little before it that its sale could still be taken then. [nothing-lost, rule 9]
 */
export function inGap(book: Book, key: SaleKey): boolean {
  if (book.gaps.length === 0) return false
  const moment = tehranMoment(key.day, key.time)
  if (moment === undefined) return false
  const { clockSkewMs } = book.settings
  return book.gaps.some((gap) => gap.fromMs - clockSkewMs <= moment && moment <= gap.toMs)
}

/** What lies ahead of a clock that is behind is of any age: no window of it is known to be open. */
export function ageOf(book: Book, wallMs: number): number {
  const age = book.clock.wallMs() - wallMs
  return age < 0 && book.clockBehind?.() === true ? Number.POSITIVE_INFINITY : age
}

/** Today in Tehran, by host time. */
export function today(book: Book): Day {
  return tehranTime(book.clock.wallMs()).day
}

/** The first day on which a voucher sold today must still be good. */
export function sellableDay(book: Book): Day {
  return addDays(today(book), book.settings.expiryMarginDays)
}

/**
 * A sale is recognised although it is dated a year ahead: the clock was, or is a year behind now. A
 * leap year and the skew of the terminal's own clock, and then some.
 */
const AHEAD_DAYS = 400
