// A sale that has ended, asked for again: by a repeat, by an inquiry, or after a reversal that was
// refused. What the switch says must be what it said before: response code, RRN and vouchers;
// anything else is a finding. [wire-protocol 3.1, 3.2] Vouchers may be missing only after their
// confirmation, and then as a whole: a DE 62 that cannot be read is never right.

import { ask } from '../pos-terminal/ask.ts'
import { readVouchers, responseCode } from '../pos-terminal/replies.ts'
import { inquiryFields } from '../pos-terminal/requests.ts'
import type { OpenSale } from '../pos-terminal/state.ts'
import { ANSWERED_UNSEEN, nextStamp, type Terminal } from '../pos-terminal/terminal.ts'
import type { Fields } from '../protocol/message/encode.ts'
import type { Message } from '../protocol/message/message.ts'
import { formatRial, toRial } from '../protocol/values/rial.ts'
import type { Ledger, SaleEnd, SaleName, SoldEnd } from './ledger.ts'

export interface PlayedSale {
  /** Terminal and number of the sale in the traffic. */
  readonly t: number
  readonly n: number
  readonly name: SaleName
  readonly sale: OpenSale
  readonly fields: Fields
  /** Of a logon: never repeated across one. */
  readonly session: string | undefined
  /** Undefined: open. */
  end: SaleEnd | undefined
  /** As it was said to be sold, whatever came of it later. */
  sold: SoldEnd | undefined
  /** The switch may have its confirmation, and then tells the vouchers no longer than it wants. */
  isConfirmed: boolean
}

type Ended = PlayedSale & { readonly end: SaleEnd }

/** False: a terminal would not send it. */
export async function repeatEnded(
  terminal: Terminal,
  ledger: Ledger,
  played: Ended,
): Promise<boolean> {
  const { fields, name, session, end } = played
  const { keys, store, settings } = terminal
  // A decline that was not stored says nothing about a repeat, which would be a new sale.
  const isUnseen = end.kind === 'declined' && ANSWERED_UNSEEN.has(end.responseCode)
  const isAcrossLogon = keys.needsLogon || session !== store.state.session?.transmission
  if (isUnseen || isAcrossLogon) {
    ledger.tally('records that had nothing left to do')
    return false
  }
  const answer = await ask(terminal, '0201', fields, { timeoutMs: settings.waits.replyMs })
  const said = answer.kind === 'reply' ? saidIn(terminal, answer.reply) : undefined
  if (said === undefined || ANSWERED_UNSEEN.has(said.code)) {
    ledger.tally('repeats unanswered')
    return true
  }
  if (isAsBefore(played, said)) ledger.tally('repeats answered as their sale')
  else if (said.code === '00' && end.kind !== 'sold') {
    ledger.find('sold to a repeat after its reversal or decline', name, textOf(said))
  } else {
    ledger.find('a repeat was answered otherwise than its sale', name, textOf(said))
  }
  return true
}

export async function inquireEnded(
  terminal: Terminal,
  ledger: Ledger,
  played: Ended,
): Promise<boolean> {
  const { sale, name, end } = played
  const { settings } = terminal
  const fields = inquiryFields(settings, nextStamp(terminal), sale)
  const answer = await ask(terminal, '0100', fields, { timeoutMs: settings.waits.replyMs })
  const said = answer.kind === 'reply' ? saidIn(terminal, answer.reply) : undefined
  if (said === undefined || ANSWERED_UNSEEN.has(said.code)) {
    ledger.tally('other messages unanswered')
    return true
  }
  ledger.tally('inquiries')
  if (isInquiryRight(played, said)) return true
  if (end.kind === 'sold' && (said.code === '25' || said.code === '94')) {
    ledger.find('a sold sale is not known any more', name, `inquiry: ${textOf(said)}`)
  } else {
    ledger.find('an inquiry was answered otherwise than its sale', name, textOf(said))
  }
  return true
}

/**
 * Its reversal was refused, and the inquiry after it said that the sale stands. What it is from now
 * on: vouchers that are told no more are those that it had.
 */
export function standing(
  ledger: Ledger,
  { name, sold, isConfirmed }: PlayedSale,
  told: SoldEnd,
  isUnreadable = false,
): SoldEnd {
  const isWithout = told.serials.length === 0
  if (sold === undefined) {
    if (isWithout) ledger.find('sold without its vouchers', name, `inquiry: RRN ${told.rrn}`)
    return told
  }
  const isWhole = isWithout ? isConfirmed : areSame(told.serials, sold.serials)
  if (isUnreadable || !isWhole || told.rrn !== sold.rrn) {
    const said = { code: '00', ...told, ...(isUnreadable && { serials: undefined }) }
    const detail = `after its reversal, ${textOf(said)}`
    ledger.find('an inquiry was answered otherwise than its sale', name, detail)
  }
  return isWithout ? { ...told, serials: sold.serials } : told
}

interface Said {
  readonly code: string
  readonly rrn: string | null
  /** Of the vouchers in DE 62; undefined when nobody can read it, empty without one. */
  readonly serials: readonly string[] | undefined
  /** DE 4, where the reply has one. */
  readonly amount?: string | undefined
}

function saidIn({ keys }: Terminal, reply: Message): Said {
  const vouchers = reply.has(62) ? readVouchers(reply.get(62), keys) : []
  return {
    ...{ code: responseCode(reply), rrn: reply.get(37) ?? null, amount: reply.get(4) },
    serials: vouchers?.map(({ serial }) => serial),
  }
}

function textOf({ code, rrn, serials }: Said): string {
  const goods = serials === undefined ? 'vouchers that cannot be read' : serials.join(' ')
  return `RC ${code}, RRN ${rrn}, ${goods === '' ? 'no vouchers' : goods}`
}

function isAsBefore({ end, isConfirmed }: Ended, { code, rrn, serials }: Said): boolean {
  const isWithout = serials?.length === 0
  switch (end.kind) {
    case 'declined':
      return code === end.responseCode && rrn === end.rrn && isWithout
    case 'reversed':
      return code === '94' && isWithout
    case 'sold':
      // Some time after its confirmation the vouchers are told no more.
      return (
        code === '00' &&
        rrn === end.rrn &&
        (isWithout ? isConfirmed : areSame(serials, end.serials))
      )
  }
}

function isInquiryRight(played: Ended, said: Said): boolean {
  const { end, sold, sale } = played
  const { code, serials, amount } = said
  if (amount !== undefined && amount !== formatRial(toRial(sale.amountRial))) return false
  if (isAsBefore(played, said)) return true
  if (serials?.length !== 0 || code === '00') return false
  if (code === '09') return true
  // Of a sale whose answer was never seen it may say how it had ended before the reversal.
  return sold === undefined && (code === '25' || end.kind === 'reversed')
}

function areSame(serials: readonly string[] | undefined, before: readonly string[]): boolean {
  return serials?.length === before.length && serials.every((one, at) => one === before[at])
}
