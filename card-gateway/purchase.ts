// The fields of a 0200 to the card host. [wire-protocol 4]
// Without PIN block and MAC, which come with the keys of the link. Sends nothing.

import type { Fields } from '../protocol/message/encode.ts'
import { formatRial } from '../protocol/values/rial.ts'
import type { Debit } from '../switch/core/card-host.ts'
import type { RequestCard } from '../switch/core/sale-record.ts'

export const PURCHASE = '000000'
// [ISO 4217] Rial, without a minor unit.
export const RIAL = '364'

export function purchaseFields(debit: Debit, acquirerId: string): Fields {
  const { request, card, rrn, trace } = debit
  const { identity, content, entry } = request
  const { terminal, time, date } = identity
  const fields: Fields = {
    2: cardNumber(card),
    3: PURCHASE,
    4: formatRial(content.amount),
    7: trace.transmission,
    11: trace.stan,
    12: time,
    13: date,
    32: acquirerId,
    37: rrn,
    41: terminal.tid,
    42: terminal.mid,
    43: terminal.nameAndLocation,
    48: content.order,
    49: entry.currency ?? RIAL,
  }
  if (card.expiry !== undefined) fields[14] = card.expiry
  if (entry.entryMode !== undefined) fields[22] = entry.entryMode
  if (entry.condition !== undefined) fields[25] = entry.condition
  if (card.track2 !== undefined) fields[35] = card.track2.reveal()
  if (card.chip !== undefined) fields[55] = card.chip.reveal()
  return fields
}

/** From track 2 when the terminal sent that: a host refuses a DE 2 and a DE 35 that differ. */
function cardNumber(card: RequestCard): string {
  const track2 = card.track2?.reveal()
  return track2 === undefined ? card.pan.reveal() : track2.slice(0, track2.indexOf('='))
}
