// The fields of a reversal to the card host, the same for the 0420 and every 0421, built from what
// the journal keeps: no track 2, no PIN block, no chip data. Sends nothing. [wire-protocol 4]

import { FieldList } from '../protocol/message/field-list.ts'
import type { Pan } from '../protocol/values/pan.ts'
import { formatRial } from '../protocol/values/rial.ts'
import type { Approval, OpenReversal } from '../switch/core/journal.ts'
import type { HostTrace } from '../switch/core/sale-record.ts'
import { PURCHASE, RIAL } from './purchase.ts'

const NO_FORWARDER = '0'.repeat(11)

/** `approval`: what the 0420 says of it, which its repeats keep. */
export function adviceFields(
  reversal: OpenReversal,
  approval: Approval | undefined,
  card: Pan,
  acquirerId: string,
): FieldList {
  const { host, trace, time, day, rrn, tid, mid } = reversal
  const fields = new FieldList()
  fields.put(2, card.reveal())
  fields.put(3, PURCHASE)
  // What was asked for, also after another or a partial amount: the whole debit is undone.
  fields.put(4, formatRial(reversal.amount))
  fields.put(7, trace.transmission)
  fields.put(11, trace.stan)
  fields.put(12, time)
  // The date of the original, never today. [nothing-lost, row 49]
  fields.put(13, String(day).slice(4))
  fields.put(15, approval?.hostDate)
  fields.put(32, acquirerId)
  fields.put(37, rrn)
  fields.put(38, approval?.authCode === '' ? undefined : approval?.authCode)
  fields.put(41, tid)
  fields.put(42, mid)
  fields.put(49, RIAL)
  fields.put(90, originalElements(host, acquirerId))
  return fields
}

// DE 90: original MTI n4 | STAN n6 | DE 7 n10 | acquirer n11 | forwarder n11
function originalElements(host: HostTrace, acquirerId: string): string {
  const acquirer = acquirerId.padStart(11, '0')
  return `0200${host.stan}${host.transmission}${acquirer}${NO_FORWARDER}`
}
