// What the rest of the terminal asks of its keys: MACs, voucher PIN fields, and whether it has to
// log on. Without keys no MAC is made or asked for, and PIN fields are readable digits (inside TLS
// only). A terminal with keys is in keyed-terminal.ts.

import type { Dialect } from '../protocol/message/dialect.ts'
import { encode, type Fields } from '../protocol/message/encode.ts'
import type { Message } from '../protocol/message/message.ts'
import type { CardPin } from '../protocol/values/card.ts'
import type { Pan } from '../protocol/values/pan.ts'
import { isReason } from '../protocol/values/reason.ts'
import { VoucherPin } from '../protocol/values/voucher-pin.ts'

export interface TerminalKeys {
  /** Whether the terminal logs on before it says anything else. */
  readonly needsLogon: boolean
  /** Encodes a request, with its MAC when the terminal has keys. */
  seal(dialect: Dialect, mti: string, fields: Fields): Buffer
  /** Whether a reply may be believed. [wire-protocol 3.2: without a valid MAC it is no answer] */
  believes(reply: Message): boolean
  /** The switch did not know our keys, or so somebody says: the next message waits for a logon. */
  logonAdvised(): void
  /** DE 62 and DE 7 of a logon. False when the field is not three keys for this terminal. */
  take(blocks: string, transmission: string): boolean
  /** The PIN of a field of DE 62 of the last reply that was believed, when it is one. */
  voucherPinOf(field: string): VoucherPin | undefined
  /** DE 52 or DE 61. */
  pinFields(cardPin: CardPin, pan: Pan): Fields
}

export const NO_KEYS: TerminalKeys = {
  needsLogon: false,
  seal: (dialect, mti, fields) => encode(dialect, mti, fields),
  believes: () => true,
  logonAdvised: () => undefined,
  take: () => false,
  voucherPinOf: (field) => {
    const voucherPin = VoucherPin.parse(/^(\d+) *$/.exec(field)?.[1] ?? '')
    return isReason(voucherPin) ? undefined : voucherPin
  },
  pinFields: () => {
    throw new TypeError('a terminal without keys takes no PIN')
  },
}
