// The fields of a reversal to the card host, the same for the 0420 and every 0421, built from what
// the journal keeps: no track 2, no PIN block, no chip data. Sends nothing. [wire-protocol 4]

import type { Fields } from '../protocol/message/encode.ts'
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
): Fields {
  const fields: Fields = {
    2: card.reveal(),
    3: PURCHASE,
    // What was asked for, also after another or a partial amount: the whole debit is undone.
    4: formatRial(reversal.amount),
    7: reversal.trace.transmission,
    11: reversal.trace.stan,
    12: reversal.time,
    // The date of the original, never today. [nothing-lost, row 49]
    13: String(reversal.day).slice(4),
    32: acquirerId,
    37: reversal.rrn,
    41: reversal.tid,
    42: reversal.mid,
    49: RIAL,
    90: originalElements(reversal.host, acquirerId),
  }
  if (approval?.hostDate !== undefined) fields[15] = approval.hostDate
  if (approval !== undefined && approval.authCode !== '') fields[38] = approval.authCode
  return fields
}

// DE 90: original MTI n4 | STAN n6 | DE 7 n10 | acquirer n11 | forwarder n11
function originalElements(host: HostTrace, acquirerId: string): string {
  const acquirer = acquirerId.padStart(11, '0')
  return `0200${host.stan}${host.transmission}${acquirer}${NO_FORWARDER}`
}
