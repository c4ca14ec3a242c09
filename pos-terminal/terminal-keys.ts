// The seam at which a terminal's keys will stand: MAC and voucher PIN fields. Scheme `none` is all
// there is: no MAC is made or asked for, and PIN fields are readable digits (inside TLS only).

import type { Dialect } from '../protocol/message/dialect.ts'
import { encode, type Fields } from '../protocol/message/encode.ts'
import type { Message } from '../protocol/message/message.ts'

export interface TerminalKeys {
  /** Encodes a request, with its MAC when the terminal has keys. */
  seal(dialect: Dialect, mti: string, fields: Fields): Buffer
  /** Whether a reply may be believed. [wire-protocol 3.2: without a valid MAC it is no answer] */
  believes(reply: Message): boolean
  /** The digits of a PIN field of DE 62, or undefined when they are not digits and padding. */
  digitsOf(field: string): string | undefined
}

export const NO_KEYS: TerminalKeys = {
  seal: (dialect, mti, fields) => encode(dialect, mti, fields),
  believes: () => true,
  digitsOf: (field) => /^(\d+) *$/.exec(field)?.[1],
}
