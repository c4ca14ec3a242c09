// DE 62 of an approved sale, an inquiry or a reprint:
//
//   count n2 · serial length n2 · PIN length n2 · (serial · PIN field) x count
//
// A shorter serial is padded with spaces on the right. PIN fields are enciphered for the message
// that is answered, under the data key of its set; of a terminal without keys they are digits
// padded with spaces, which only a listener marked insecure, or TLS, carries. [wire-protocol 3.1]

import type { OpenedVoucher } from '../switch/core/sale-record.ts'
import type { SessionKeys } from './session-keys.ts'

export function voucherField(
  vouchers: readonly OpenedVoucher[],
  keys: SessionKeys | undefined,
): string {
  const serialLength = longestOf(vouchers.map((voucher) => voucher.serial))
  const pinFields = keys === undefined ? clearFields(vouchers) : encipheredFields(vouchers, keys)
  const pinLength = longestOf(pinFields)
  let field = twoDigits(vouchers.length) + twoDigits(serialLength) + twoDigits(pinLength)
  for (const [index, voucher] of vouchers.entries()) {
    field += voucher.serial.padEnd(serialLength) + (pinFields[index] ?? '').padEnd(pinLength)
  }
  return field
}

function clearFields(vouchers: readonly OpenedVoucher[]): string[] {
  return vouchers.map((voucher) => voucher.voucherPin.reveal())
}

function encipheredFields(vouchers: readonly OpenedVoucher[], keys: SessionKeys): string[] {
  const longest = longestOf(clearFields(vouchers))
  return vouchers.map((voucher) =>
    keys.module.encipherVoucherPin(keys.dataKey, voucher.voucherPin, longest),
  )
}

function longestOf(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, text.length), 0)
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
