// The card of a message: its number, and what must travel to the card host but never touch the
// disk (track 2, PIN block, chip data). [nothing-lost, rule 4]

import { Pan } from './pan.ts'
import { type Reason, reason } from './reason.ts'
import { Secret } from './secret.ts'

/** Track 2 (DE 35), digits with `=` as separator. */
export class Track2 extends Secret {
  private constructor(text: string) {
    super(text)
  }

  static parse(text: string): Track2 | Reason {
    if (!/^\d{12,19}=\d{0,24}$/.test(text) || text.length > 37)
      return reason('track 2: not readable')
    return new Track2(text)
  }

  /** The card number in front of the separator. */
  pan(): Pan | Reason {
    const text = this.reveal()
    return Pan.parse(text.slice(0, text.indexOf('=')))
  }
}

/** A PIN in the clear: at keypads and card issuers; in the switch one that tells keys apart. */
export class CardPin extends Secret {
  private constructor(digits: string) {
    super(digits)
  }

  /** Reads 4 to 12 digits [ISO 9564-1]; else a reason that does not repeat the text. */
  static parse(text: string): CardPin | Reason {
    if (!/^\d{4,12}$/.test(text)) return reason('PIN: 4 to 12 digits expected')
    return new CardPin(text)
  }
}

/** The cardholder's PIN under a key (DE 52, or DE 61 for format 4), upper-case hex. */
export class PinBlock extends Secret {
  constructor(hex: string) {
    super(hex)
  }
}

/** Chip data (DE 55), upper-case hex. */
export class ChipData extends Secret {
  constructor(hex: string) {
    super(hex)
  }
}
