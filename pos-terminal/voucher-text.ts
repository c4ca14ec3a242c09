// How a voucher PIN and its dial string are written on paper. The only place of the terminal, with
// the JSON of the command line, that reveals a voucher PIN.

import type { VoucherPin } from '../protocol/values/voucher-pin.ts'

/** Stands inside a PIN's groups, so that no line breaks there; printed as a space. */
export const NO_BREAK = '\u00a0'

/** Groups of at most 5, as equal as can be, longer ones last: 4-4-4-4, 5-5-5, 4-5-5, 4-4-5. */
export function groupedDigits(voucherPin: VoucherPin): string {
  const plain = voucherPin.reveal()
  const groups = Math.ceil(plain.length / 5)
  const short = Math.floor(plain.length / groups)
  const longer = plain.length % groups
  const parts: string[] = []
  for (let at = 0, group = 0; group < groups; group += 1) {
    const size = group < groups - longer ? short : short + 1
    parts.push(plain.slice(at, at + size))
    at += size
  }
  return parts.join(NO_BREAK)
}

/** The pattern is data of the product, such as `*141*{pin}#`. */
export function redeemString(pattern: string, voucherPin: VoucherPin): string {
  return pattern.replaceAll('{pin}', voucherPin.reveal())
}
