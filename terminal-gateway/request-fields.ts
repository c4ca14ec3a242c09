// Reads the fields of a request into the core's values. Whatever is missing or unfit is a format
// error (RC 30) that names the field. [wire-protocol 3.1 to 3.3]

import type { FieldReader } from '../protocol/message/message.ts'
import { ChipData, Track2 } from '../protocol/values/card.ts'
import {
  type ProductId,
  parseProductId,
  parseStan,
  type Stan,
} from '../protocol/values/identifiers.ts'
import { tehranMoment } from '../protocol/values/moment.ts'
import { Pan } from '../protocol/values/pan.ts'
import { isReason, type Reason, reason } from '../protocol/values/reason.ts'
import { parseRial, type Rial } from '../protocol/values/rial.ts'
import type { Totals } from '../switch/core/journal.ts'
import type { Identity, RequestCard, Terminal } from '../switch/core/sale-record.ts'

/** DE 7, MMDDhhmmss in UTC. */
function isTransmissionTime(field: string): boolean {
  const day = Number(`${ANY_YEAR}${field.slice(0, 4)}`)
  return /^\d{10}$/.test(field) && tehranMoment(day, field.slice(4)) !== undefined
}

/** The first of `numbers` that the message does not carry. */
export function missing(message: FieldReader, numbers: readonly number[]): Reason | undefined {
  const absent = numbers.find((de) => !message.has(de))
  return absent === undefined ? undefined : reason(`DE ${absent} is missing`)
}

/** DE 11, 12 and 13; DE 7 is no part of the identity, and is checked with them. */
export function identityOf(message: FieldReader, terminal: Terminal): Identity | Reason {
  if (!isTransmissionTime(message.get(7) ?? '')) return reason('DE 7: no such time or date')
  return identityFrom(terminal, message.get(11) ?? '', message.get(12) ?? '', message.get(13) ?? '')
}

/** DE 48 of an inquiry: original STAN n6 + DE 12 n6 + DE 13 n4. */
export function originalOf(order: string, terminal: Terminal): Identity | Reason {
  if (!/^\d{16}$/.test(order)) return reason('DE 48: 16 digits expected')
  return identityFrom(terminal, order.slice(0, 6), order.slice(6, 12), order.slice(12))
}

/** A leap year, so that 29 February is a date. */
const ANY_YEAR = 2024

function identityFrom(
  terminal: Terminal,
  stanText: string,
  time: string,
  date: string,
): Identity | Reason {
  const stan = parseStan(stanText)
  if (isReason(stan)) return stan
  if (!/^\d{4}$/.test(date) || !/^\d{6}$/.test(time)) return reason('DE 12 or 13: digits expected')
  if (tehranMoment(Number(`${ANY_YEAR}${date}`), time) === undefined) {
    return reason('DE 12 or 13: no such time or date')
  }
  return { terminal, stan: stan as Stan, time, date }
}

export function amountOf(message: FieldReader): Rial | Reason {
  return parseRial(message.get(4) ?? '')
}

/** DE 48 of a sale: product n6 · space · count n2, 01 to 10. */
export function orderOf(field: string): { product: ProductId; count: number } | Reason {
  const parts = /^(\d{6}) (\d{2})$/.exec(field)
  if (parts === null) return reason('DE 48: product, space and count expected')
  const product = parseProductId(parts[1] ?? '')
  const count = Number(parts[2])
  if (isReason(product)) return product
  if (count < 1 || count > 10) return reason('DE 48: count of 01 to 10 expected')
  return { product, count }
}

export interface PresentedCard {
  /** As read, for the keyed hash: a repeat has the same digits, valid or not. */
  readonly digits: string
  /** Undefined when the number is not a valid one: RC 14. */
  readonly card: Omit<RequestCard, 'enteredPin'> | undefined
}

/** DE 35, or DE 2. One without a character is not given. */
export function cardOf(message: FieldReader): PresentedCard | Reason {
  const track = message.get(35) || undefined
  const keyed = message.get(2) || undefined
  if (track === undefined && keyed === undefined) return reason('DE 35 or 2 is missing')
  const expiry = message.get(14)
  const chip = message.get(55) || undefined
  const digits = track === undefined ? (keyed ?? '') : (track.split('=')[0] ?? '')
  const track2 = track === undefined ? undefined : Track2.parse(track)
  const pan = Pan.parse(digits)
  if (isReason(pan) || (track2 !== undefined && isReason(track2)))
    return { digits, card: undefined }
  const chipData = chip === undefined ? undefined : new ChipData(chip)
  return { digits, card: { pan, track2, expiry, chip: chipData } }
}

/** DE 48 of an end of day: four figures, n6 n12 n6 n12. */
export function totalsOf(field: string): Totals | Reason {
  if (!/^\d{36}$/.test(field)) return reason('DE 48: 36 digits expected')
  return {
    salesCount: Number(field.slice(0, 6)),
    salesAmount: Number(field.slice(6, 18)),
    reversalsCount: Number(field.slice(18, 24)),
    reversalsAmount: Number(field.slice(24)),
  }
}

export function formatTotals(totals: Totals): string {
  const count = (value: number) => String(value).padStart(6, '0')
  const amount = (value: number) => String(value).padStart(12, '0')
  return (
    count(totals.salesCount) +
    amount(totals.salesAmount) +
    count(totals.reversalsCount) +
    amount(totals.reversalsAmount)
  )
}
