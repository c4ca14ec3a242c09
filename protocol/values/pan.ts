// A card number (primary account number, DE 2 or the front of DE 35). Printed as BIN and last 4,
// whatever asks for its text.

import { type Reason, reason } from './reason.ts'
import { Secret } from './secret.ts'

export class Pan extends Secret {
  private constructor(digits: string) {
    super(digits)
  }

  /** Reads 12 to 19 digits with a valid check digit [ISO/IEC 7812-1 annex B]; else a reason. */
  static parse(text: string): Pan | Reason {
    if (!/^\d{12,19}$/.test(text)) return reason('card number: 12 to 19 digits expected')
    if (!luhn(text)) return reason('card number: check digit is wrong')
    return new Pan(text)
  }

  protected override mask(digits: string): string {
    return maskPan(digits)
  }
}

/** BIN and last 4, as receipts and logs may show them: `603799******0014`. */
export function maskPan(digits: string): string {
  if (digits.length < 12) return '****'
  return digits.slice(0, 6) + '*'.repeat(digits.length - 10) + digits.slice(-4)
}

/** A text from outside that may be kept: what in it could be a card number is masked. */
export function withoutCards(text: string): string {
  return text.replaceAll(/\d{12,}/g, (run) => {
    return run.length > 19 || luhn(run) ? maskPan(run) : run
  })
}

function luhn(digits: string): boolean {
  let sum = 0
  for (let i = digits.length - 1, double = false; i >= 0; i--, double = !double) {
    const digit = digits.charCodeAt(i) - 48
    const weighted = double ? digit * 2 : digit
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}
