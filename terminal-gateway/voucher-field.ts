// DE 62 of an approved sale, an inquiry or a reprint:
//
//   count n2 · serial length n2 · PIN length n2 · (serial · PIN field) x count
//
// A shorter serial is padded with spaces on the right, and so is a shorter PIN in the clear form,
// which only a listener marked insecure carries. [wire-protocol 3.1]

import type { OpenedVoucher } from '../switch/core/sale-record.ts'

export function clearVoucherField(vouchers: readonly OpenedVoucher[]): string {
  const serialLength = longest(vouchers.map((voucher) => voucher.serial))
  const revealed = vouchers.map((voucher) => voucher.voucherPin.reveal())
  const pinLength = longest(revealed)
  let field = twoDigits(vouchers.length) + twoDigits(serialLength) + twoDigits(pinLength)
  for (const [index, voucher] of vouchers.entries()) {
    field += voucher.serial.padEnd(serialLength) + (revealed[index] ?? '').padEnd(pinLength)
  }
  return field
}

function longest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, text.length), 0)
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
