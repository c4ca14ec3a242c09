// End of day: a terminal's totals against the switch's, the answer stored like that of a sale.
// The figures are compared inside the store, with what is sold at that moment. [wire-protocol 3.3]

import { type Book, firstFound, keysOf, turnKey } from './book.ts'
import type { StoredDayEnd, Totals } from './journal.ts'
import type { Identity } from './sale-record.ts'

export interface EndOfDayAnswer {
  readonly responseCode: string
  /** The switch's own four figures; undefined when nothing could be compared. */
  readonly totals: Totals | undefined
}

/** 0500 / 920000. Undefined: too many of them wait already. */
export function endOfDay(
  book: Book,
  identity: Identity,
  claimed: Totals,
): Promise<EndOfDayAnswer> | undefined {
  return book.turns.ask(`day end/${turnKey(identity)}`, 'end of day', async () => {
    const keys = keysOf(book, identity)
    const earlier = firstFound(keys, (each) => book.reader.dayEnd(each))
    if (earlier !== undefined) return again(earlier, claimed)
    const [key] = keys
    if (book.clockBehind?.() === true) return { responseCode: '96', totals: undefined }
    if (key === undefined) return { responseCode: '30', totals: undefined }
    const result = await book.journal.write({
      kind: 'end-of-day',
      id: book.nextSaleId(),
      key,
      merchantKey: identity.terminal.merchantKey,
      claimed,
      atMs: book.clock.wallMs(),
    })
    if (result.kind !== 'written' || result.totals === undefined) {
      return { responseCode: '96', totals: undefined }
    }
    return { responseCode: result.agreed === true ? '00' : '95', totals: result.totals }
  })
}

function again(stored: StoredDayEnd, claimed: Totals): EndOfDayAnswer {
  if (!sameTotals(stored.claimed, claimed)) return { responseCode: '94', totals: undefined }
  return { responseCode: stored.agreed ? '00' : '95', totals: stored.actual }
}

function sameTotals(one: Totals, other: Totals): boolean {
  return (
    one.salesCount === other.salesCount &&
    one.salesAmount === other.salesAmount &&
    one.reversalsCount === other.reversalsCount &&
    one.reversalsAmount === other.reversalsAmount
  )
}

/**
 * Whether a terminal's figures agree: sales minus reversals, in count and in amount. A reversal of
 * a sale that was never answered cannot agree gross. [wire-protocol 3.3]
 */
export function totalsAgree(claimed: Totals, actual: Totals): boolean {
  return (
    claimed.salesCount - claimed.reversalsCount === actual.salesCount - actual.reversalsCount &&
    claimed.salesAmount - claimed.reversalsAmount === actual.salesAmount - actual.reversalsAmount
  )
}
