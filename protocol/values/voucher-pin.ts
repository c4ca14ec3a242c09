// The secret digits that a customer redeems: the product itself. Never to be confused with the
// cardholder's PIN, which is a `PinBlock`.

import { type Reason, reason } from './reason.ts'
import { Secret } from './secret.ts'

export class VoucherPin extends Secret {
  private constructor(digits: string) {
    super(digits)
  }

  /** Reads 8 to 24 digits; else a reason that does not repeat the text. */
  static parse(text: string): VoucherPin | Reason {
    if (!/^\d{8,24}$/.test(text)) return reason('voucher PIN: 8 to 24 digits expected')
    return new VoucherPin(text)
  }
}
