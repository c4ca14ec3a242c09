// A sale that has ended, asked for again: by a repeat or by an inquiry. What the switch says must
// be what it said before; anything else is a finding. [wire-protocol 3.1]

import { ask } from '../pos-terminal/ask.ts'
import { inquireSale } from '../pos-terminal/inquire.ts'
import { readVouchers, responseCode } from '../pos-terminal/replies.ts'
import type { OpenSale } from '../pos-terminal/state.ts'
import { ANSWERED_UNSEEN, type Terminal } from '../pos-terminal/terminal.ts'
import type { Fields } from '../protocol/message/encode.ts'
import type { Ledger, SaleEnd, SaleName } from './ledger.ts'

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
}

type Ended = PlayedSale & { readonly end: SaleEnd }

/** False: a terminal would not send it. */
export async function repeatEnded(
  terminal: Terminal,
  ledger: Ledger,
  { fields, name, session, end }: Ended,
): Promise<boolean> {
  const { keys, store, settings } = terminal
  // A decline that was not stored says nothing about a repeat, which would be a new sale.
  const isUnseen = end.kind === 'declined' && ANSWERED_UNSEEN.has(end.responseCode)
  const isAcrossLogon = keys.needsLogon || session !== store.state.session?.transmission
  if (isUnseen || isAcrossLogon) {
    ledger.tally('records that had nothing left to do')
    return false
  }
  const answer = await ask(terminal, '0201', fields, { timeoutMs: settings.waits.replyMs })
  const code = answer.kind === 'reply' ? responseCode(answer.reply) : ''
  if (answer.kind !== 'reply' || ANSWERED_UNSEEN.has(code)) {
    ledger.tally('repeats unanswered')
    return true
  }
  const { reply } = answer
  const rrn = reply.get(37) ?? null
  const vouchers = readVouchers(reply.get(62), keys) ?? []
  const serials = vouchers.map(({ serial }) => serial)
  if (isSameAnswer(end, code, { rrn, serials })) ledger.tally('repeats answered as their sale')
  else if (code === '00' && end.kind !== 'sold') {
    ledger.find('sold to a repeat after its reversal or decline', name, `RRN ${rrn}`)
  } else {
    ledger.find('a repeat was answered otherwise than its sale', name, `RC ${code}, RRN ${rrn}`)
  }
  return true
}

export async function inquireEnded(
  terminal: Terminal,
  ledger: Ledger,
  { sale, name, end }: Ended,
): Promise<boolean> {
  const outcome = await inquireSale(terminal, sale)
  if (outcome.kind === 'no-answer') {
    ledger.tally('other messages unanswered')
    return true
  }
  const { responseCode: code } = outcome
  ledger.tally('inquiries')
  if (end.kind === 'sold' && (code === '25' || code === '94')) {
    ledger.find('a sold sale is not known any more', name, `inquiry: RC ${code}`)
  }
  return true
}

function isSameAnswer(
  end: SaleEnd,
  code: string,
  { rrn, serials }: { rrn: string | null; serials: readonly string[] },
): boolean {
  switch (end.kind) {
    case 'declined':
      return code === end.responseCode
    case 'reversed':
      return code === '94'
    case 'sold':
      // Some time after its confirmation the vouchers are told no more.
      return code === '00' && rrn === end.rrn && (serials.length === 0 || isSame(serials, end))
  }
}

function isSame(serials: readonly string[], end: { readonly serials: readonly string[] }): boolean {
  const { serials: before } = end
  return serials.length === before.length && serials.every((one, at) => one === before[at])
}
