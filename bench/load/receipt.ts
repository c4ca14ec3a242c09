// What a terminal would make of an approval: that it is its own, that its MAC is right, and which
// voucher is in it. Read when nothing is measured any more; the audit compares it with what the
// switch sold. A wrong one ends its stage: its figures would be those of a broken switch.

import { decode } from '../../protocol/message/decode.ts'
import { hasMac } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import { decipherField } from '../../protocol/security/voucher-pin-field.ts'
import { isReason } from '../../protocol/values/reason.ts'
import { DIALECT, type LineKeys, type Terminal } from './sale-frame.ts'

/** `R rrn tid serial digits`. The digits are of a voucher that the benchmark made up itself. */
export function receiptOf(body: Buffer, { address, keys, mac }: Terminal): string {
  const message = decode(DIALECT, body)
  if (message.kind === 'rejected') throw new Error(`an answer that is none: ${message.reason}`)
  const [tid, mid, rrn] = [message.get(41), message.get(42), message.get(37)]
  if (tid !== address.tid || mid !== address.mid) {
    throw new Error(`terminal ${address.tid} was given an answer of terminal ${tid}`)
  }
  if (mac !== undefined && !hasMac(message, (input, given) => mac(asBuffer(input)).equals(given))) {
    throw new Error(`terminal ${tid} was given an answer with a wrong MAC`)
  }
  return `R ${rrn} ${tid} ${voucherIn(message, keys)}`
}

/** The first of DE 62: count n2, length of serials n2, of PIN fields n2. [wire-protocol 3.1] */
function voucherIn(message: Message, keys: LineKeys | undefined): string {
  const field = message.get(62) ?? ''
  const serialEnd = 6 + Number(field.slice(2, 4))
  const shown = field.slice(serialEnd, serialEnd + Number(field.slice(4, 6)))
  const serial = field.slice(6, serialEnd)
  if (keys === undefined) return `${serial} ${shown.trimEnd()}`
  const opened = decipherField('aes', keys.data, shown)
  if (isReason(opened)) throw new Error(opened.reason)
  return `${serial} ${opened.reveal()}`
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
