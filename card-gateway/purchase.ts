// The fields of a 0200 to the card host. [wire-protocol 4]
// Without PIN block and MAC, which come with the keys of the link. Sends nothing.

import { FieldList } from '../protocol/message/field-list.ts'
import { formatRial } from '../protocol/values/rial.ts'
import type { Debit } from '../switch/core/card-host.ts'
import type { RequestCard } from '../switch/core/sale-record.ts'

export const PURCHASE = '000000'
// [ISO 4217] Rial, without a minor unit.
export const RIAL = '364'

export function purchaseFields(debit: Debit, acquirerId: string): FieldList {
  const { request, card, rrn, trace } = debit
  const { identity, content, entry } = request
  const { terminal, time, date } = identity
  const fields = new FieldList()
  fields.put(2, cardNumber(card))
  fields.put(3, PURCHASE)
  fields.put(4, formatRial(content.amount))
  fields.put(7, trace.transmission)
  fields.put(11, trace.stan)
  fields.put(12, time)
  fields.put(13, date)
  fields.put(14, card.expiry)
  fields.put(22, entry.entryMode)
  fields.put(25, entry.condition)
  fields.put(32, acquirerId)
  fields.put(35, card.track2?.reveal())
  fields.put(37, rrn)
  fields.put(41, terminal.tid)
  fields.put(42, terminal.mid)
  fields.put(43, terminal.nameAndLocation)
  fields.put(48, content.order)
  fields.put(49, entry.currency ?? RIAL)
  fields.put(55, card.chip?.reveal())
  return fields
}

/** From track 2 when the terminal sent that: a host refuses a DE 2 and a DE 35 that differ. */
function cardNumber(card: RequestCard): string {
  const track2 = card.track2?.reveal()
  return track2 === undefined ? card.pan.reveal() : track2.slice(0, track2.indexOf('='))
}
