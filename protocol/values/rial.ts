// Money: whole rials, no minor unit (DE 49 = 364). DE 4 is n 12, well inside a safe integer.
// Sums over many sales are bigint, made where they are summed.

import { type Reason, reason } from './reason.ts'

declare const rial: unique symbol
export type Rial = number & { readonly [rial]: true }

export const MAX_RIAL = 999_999_999_999

/** Reads the 12 digits of DE 4. */
export function parseRial(digits: string): Rial | Reason {
  if (!/^\d{1,12}$/.test(digits)) return reason('amount: not numeric')
  return Number(digits) as Rial
}

/** A whole number of rials that DE 4 can hold; throws on anything else, which is our own bug. */
export function toRial(amount: number): Rial {
  if (!Number.isSafeInteger(amount) || amount < 0 || amount > MAX_RIAL) {
    throw new RangeError(`not an amount in rials: ${amount}`)
  }
  return amount as Rial
}

/** The 12 digits of DE 4. */
export function formatRial(amount: Rial): string {
  return String(amount).padStart(12, '0')
}
