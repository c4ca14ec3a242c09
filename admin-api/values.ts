// The values that shapes of the admin API are made of: amounts, days, identifiers, and what
// somebody may write in words. What a shape means is told where it is.

import { z } from 'zod'
import { tehranMoment } from '../protocol/values/moment.ts'

/** A single amount, as a message has room for it; sums have no such limit. */
export const rial = z.int().min(0).max(999_999_999_999)
export const sumRial = z.int().min(0)
const DAY = /^\d{4}-\d{2}-\d{2}$/
export const day = z.string().regex(DAY, 'a day is written yyyy-mm-dd')
/** A day that is asked for exists; rows of older versions may name others. */
export const askedDay = day.refine((text) => !DAY.test(text) || isDay(text), 'there is no such day')
export const moment = z.iso.datetime()
export const institution = z.int().min(0).max(9_999)
export const mid = z.string().regex(/^[!-~](?:[ -~]{0,13}[!-~])?$/, '1 to 15 printable characters')
export const tid = z.string().regex(/^[!-~](?:[ -~]{0,6}[!-~])?$/, '1 to 8 printable characters')
export const productId = z.string().regex(/^\d{6}$/, 'a product is 6 digits')
/** A surrogate without its other half is no character, and no message could carry it. */
const PLAIN = /^[^\p{Cc}\p{Cs}]+$/u
const PLAIN_ONLY = 'no control characters or lone surrogates'
const plain = (most: number) => z.string().min(1).max(most).regex(PLAIN, PLAIN_ONLY)
export const plainName = plain(100)
export const fileName = plain(255)
/** In any script; marks that nobody sees count as little as blanks. */
const LONG_NUMBER = /(?:\p{Nd}[\s\p{Pd}\p{Cf}]*){13}/u
/** What somebody writes stays in the hash chain for ever: no card number, no voucher PIN. */
export const remark = plain(500).refine(
  (text) => !LONG_NUMBER.test(text),
  '13 or more digits in a row, blanks and dashes apart, may be a card number or a voucher PIN: ' +
    'it would stay on record for ever',
)
export const count = z.int().min(0)

function isDay(text: string): boolean {
  return tehranMoment(Number(text.replaceAll('-', '')), '000000') !== undefined
}
