// The identifiers of the wire, each with its one parser. Trailing spaces of DE 41 and 42 do not
// count, so the parsed form carries none. A parser gives the value, or the reason as text.

import { type Reason, reason } from './reason.ts'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** DE 11, 6 digits. */
export type Stan = Branded<'stan'>
/** DE 37, 12 digits: yDDD of the Tehran day and 8 digits. */
export type Rrn = Branded<'rrn'>
/** DE 41 without trailing spaces, at most 8 characters. */
export type TerminalId = Branded<'terminal id'>
/** DE 42 without trailing spaces, at most 15 characters. */
export type MerchantId = Branded<'merchant id'>
/** Mobile operator n 4 and denomination code n 2. */
export type ProductId = Branded<'product id'>

export function parseStan(text: string): Stan | Reason {
  return /^\d{6}$/.test(text) ? (text as Stan) : reason('STAN: 6 digits expected')
}

export function parseRrn(text: string): Rrn | Reason {
  return /^\d{12}$/.test(text) ? (text as Rrn) : reason('RRN: 12 digits expected')
}

export function parseTerminalId(text: string): TerminalId | Reason {
  const id = text.trimEnd()
  if (/^[!-~][ -~]{0,7}$/.test(id)) return id as TerminalId
  return reason('terminal id: 1 to 8 printable characters expected')
}

export function parseMerchantId(text: string): MerchantId | Reason {
  const id = text.trimEnd()
  if (/^[!-~][ -~]{0,14}$/.test(id)) return id as MerchantId
  return reason('merchant id: 1 to 15 printable characters expected')
}

export function parseProductId(text: string): ProductId | Reason {
  return /^\d{6}$/.test(text) ? (text as ProductId) : reason('product: 6 digits expected')
}
