// Brings an open sale to its end: 0400, then 0401 until the switch ends it, or an inquiry and a
// late receipt when the sale stands. [wire-protocol 3.2, "the terminal's side"] It never gives
// up; after the tries of one call it says `open`, and the next call goes on.

import type { Message } from '../protocol/message/message.ts'
import { transmissionTime } from '../protocol/values/moment.ts'
import { formatRial, toRial } from '../protocol/values/rial.ts'
import { ask } from './ask.ts'
import { type Delivered, deliver, sendConfirmations, summaryOf } from './deliver.ts'
import { repeatEndOfDay } from './end-of-day.ts'
import { pause } from './line.ts'
import { readVouchers, responseCode } from './replies.ts'
import { inquiryFields, reversalFields } from './requests.ts'
import { addReversal, addSale, type OpenSale } from './state.ts'
import { StoreError } from './store.ts'
import { ANSWERED_UNSEEN, nextStamp, saveOpen, type Terminal } from './terminal.ts'

/** `vouchers` is empty when the switch discloses them no more: only a reprint can print them. */
export type SoldSale = {
  readonly kind: 'sold'
  /** They were told, and not as the sale had them. */
  readonly isUnreadable?: boolean
} & Delivered

export type Settled =
  | { readonly kind: 'nothing' }
  | SoldSale
  | { readonly kind: 'reversed' }
  | { readonly kind: 'open'; readonly reason: string }

type Step =
  | { readonly kind: 'done'; readonly settled: Settled }
  /** The record changed its step: go on at once. */
  | { readonly kind: 'next' }
  /** No end: once more after a pause. */
  | { readonly kind: 'again'; readonly reason: string }

const NOT_PRINTED = 'the receipt did not come out whole: it is printed again'

/** Before a new sale: the open sale must end, confirmations and an end of day get one chance. */
export async function clearQueue(terminal: Terminal): Promise<Settled> {
  const settled = await clearSales(terminal)
  if (settled.kind === 'open') return settled
  try {
    await repeatEndOfDay(terminal)
  } catch (error) {
    // How the sale ended is told, whatever the disk does not take afterwards.
    if (settled.kind === 'nothing' || !(error instanceof StoreError)) throw error
    terminal.warn(`${error.message}; the end of day is repeated later`)
  }
  return settled
}

export async function clearSales(terminal: Terminal): Promise<Settled> {
  const settled = await settle(terminal)
  if (settled.kind !== 'open') await sendConfirmations(terminal)
  return settled
}

export async function settle(terminal: Terminal): Promise<Settled> {
  const { waits } = terminal.settings
  wake(terminal)
  for (let left = waits.reversalTries; ; ) {
    const sale = terminal.store.state.open
    if (sale === null) return { kind: 'nothing' }
    const step =
      sale.step === 'inquiring' ? await inquire(terminal, sale) : await reverse(terminal, sale)
    if (step.kind === 'done') return step.settled
    if (step.kind === 'next') continue
    left -= 1
    if (left <= 0) return { kind: 'open', reason: step.reason }
    await pause(terminal.timers, waits.pauseMs)
  }
}

/** A record found as it was when the power went. */
function wake(terminal: Terminal): void {
  const sale = terminal.store.state.open
  if (sale?.step === 'sent') saveOpen(terminal, { ...sale, step: 'reversing' })
  if (sale?.step === 'printing') saveOpen(terminal, { ...sale, step: 'inquiring' })
}

async function reverse(terminal: Terminal, sale: OpenSale): Promise<Step> {
  const { settings, timers } = terminal
  const sentTime = sale.reversal?.sentTime ?? transmissionTime(timers.wallMs())
  const sent = sale.reversal?.sent ?? 0
  saveOpen(terminal, { ...sale, reversal: { sentTime, sent: sent + 1 } })
  const fields = reversalFields(settings, sale, sentTime)
  const timeoutMs = settings.waits.replyMs
  const answer = await ask(terminal, sent === 0 ? '0400' : '0401', fields, { timeoutMs })
  if (answer.kind === 'not-sent') saveOpen(terminal, { ...sale, reversal: { sentTime, sent } })
  if (answer.kind !== 'reply') return { kind: 'again', reason: `reversal: ${answer.reason}` }
  const code = responseCode(answer.reply)
  switch (code) {
    case '00':
    case '94':
      return reversed(terminal, sale)
    case '21':
    case '61':
      saveOpen(terminal, { ...sale, step: 'inquiring', refusedWith: code })
      return { kind: 'next' }
    default:
      // 30, 58, 63, 96, 97 and whatever else: the switch has not taken the reversal.
      return { kind: 'again', reason: `reversal answered ${code}` }
  }
}

async function inquire(terminal: Terminal, sale: OpenSale): Promise<Step> {
  const { settings } = terminal
  const fields = inquiryFields(settings, nextStamp(terminal), sale)
  const answer = await ask(terminal, '0100', fields, { timeoutMs: settings.waits.replyMs })
  if (answer.kind !== 'reply') return { kind: 'again', reason: `inquiry: ${answer.reason}` }
  const code = responseCode(answer.reply)
  if (code === '00') return stands(terminal, sale, answer.reply)
  if (code === '94') return reversed(terminal, sale)
  if (code === '09' || ANSWERED_UNSEEN.has(code)) {
    return { kind: 'again', reason: `inquiry answered ${code}` }
  }
  // 25, or the decline of the original. A reversal that has ended is not begun again.
  return sale.refusedWith === null ? beginReversal(terminal, sale) : reversed(terminal, sale)
}

/** The sale stands: print and confirm it, if the switch still tells the vouchers. */
async function stands(terminal: Terminal, sale: OpenSale, reply: Message): Promise<Step> {
  const amount = reply.get(4)
  if (amount !== undefined && amount !== formatRial(toRial(sale.amountRial))) {
    return { kind: 'again', reason: 'inquiry answered for another amount' }
  }
  const rrn = reply.get(37) ?? sale.rrn
  const vouchers = readVouchers(reply.get(62), terminal.keys)
  if (vouchers?.length === sale.count) {
    const goods = { vouchers, switchLines: reply.get(63), rrn }
    const delivered = await deliver(terminal, sale, goods)
    if (delivered !== undefined) return { kind: 'done', settled: { kind: 'sold', ...delivered } }
    const toReverse = terminal.store.state.open?.step === 'reversing'
    return toReverse ? { kind: 'next' } : { kind: 'again', reason: NOT_PRINTED }
  }
  // A copy of before may be in the customer's hand: it stays sold then, and is reprinted.
  const mayReverse = sale.refusedWith === null && sale.printsBegun === 0
  if (reply.has(62) && mayReverse) return beginReversal(terminal, sale)
  const { state } = terminal.store
  const summary = summaryOf({ ...sale, rrn })
  terminal.store.save({
    ...state,
    open: null,
    lastSale: summary,
    totals: addSale(state.totals, sale.amountRial),
  })
  const told = { vouchers: [], isUnreadable: reply.has(62), confirmed: 'yes' } as const
  return { kind: 'done', settled: { kind: 'sold', sale: summary, ...told } }
}

function beginReversal(terminal: Terminal, sale: OpenSale): Step {
  saveOpen(terminal, { ...sale, step: 'reversing' })
  return { kind: 'next' }
}

/** A sale that we saw approved counts on both sides of the totals, any other on neither. */
function reversed(terminal: Terminal, sale: OpenSale): Step {
  const { state } = terminal.store
  const totals = sale.approved
    ? addReversal(addSale(state.totals, sale.amountRial), sale.amountRial)
    : state.totals
  terminal.store.save({ ...state, open: null, totals })
  return { kind: 'done', settled: { kind: 'reversed' } }
}
