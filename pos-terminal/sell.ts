// A voucher sale as the terminal lives it: clear the queue, keep a reversal record, ask, ask once
// more after silence, then print and confirm, or reverse. [wire-protocol 3.1, 3.2] How an open
// sale is brought to its end is in settle.ts; a sale ends here only when it is plain.

import type { Fields } from '../protocol/message/encode.ts'
import type { Message } from '../protocol/message/message.ts'
import type { CardPin } from '../protocol/values/card.ts'
import type { ProductId } from '../protocol/values/identifiers.ts'
import { isReason } from '../protocol/values/reason.ts'
import type { Rial } from '../protocol/values/rial.ts'
import { ask, whyNotLoggedOn } from './ask.ts'
import { deliver } from './deliver.ts'
import type { Answer } from './line.ts'
import { type DeliveredVoucher, readVouchers, responseCode } from './replies.ts'
import { saleFields, terminalStatus } from './requests.ts'
import type { CardEntry } from './settings.ts'
import { clearQueue, type Settled, type SoldSale, settle } from './settle.ts'
import type { OpenSale } from './state.ts'
import { ANSWERED_UNSEEN, nextStamp, saveOpen, type Terminal } from './terminal.ts'

export interface SaleOrder {
  readonly product: ProductId
  readonly productName: string | null
  /** 1 to 10. */
  readonly count: number
  /** DE 4: price x count. */
  readonly amountRial: Rial
  readonly card: CardEntry
  /** As the cardholder entered it; only for a terminal with keys. */
  readonly cardPin?: CardPin | undefined
}

export type SaleOutcome =
  | SoldSale
  /** Refused; nothing was debited. */
  | { readonly kind: 'declined'; readonly responseCode: string; readonly rrn: string | null }
  /** Not sold: the reversal was accepted. `responseCode` is null after silence. */
  | { readonly kind: 'reversed'; readonly responseCode: string | null }
  /** The sale is open, to be reversed or printed; nothing is sold before it has ended. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** An earlier sale is still open; this one was not begun. */
  | { readonly kind: 'blocked'; readonly reason: string }
  /** Nothing left the terminal. */
  | { readonly kind: 'not-sent'; readonly reason: string }

export async function sell(terminal: Terminal, order: SaleOrder): Promise<SaleOutcome> {
  const earlier = await clearQueue(terminal)
  if (earlier.kind === 'open') return { kind: 'blocked', reason: earlier.reason }

  const requested = await requestSale(terminal, order)
  if (requested.kind === 'not-sent') return requested
  const { sale, verdict } = requested
  if (verdict.kind === 'declined') {
    decline(terminal, verdict.responseCode)
    return verdict
  }
  if (verdict.kind === 'approved') {
    const delivered = await deliver(terminal, sale, verdict)
    if (delivered !== undefined) return { kind: 'sold', ...delivered }
    return ended(await settle(terminal), null)
  }
  saveOpen(terminal, { ...sale, step: 'reversing', approved: verdict.approved })
  return ended(await settle(terminal), verdict.responseCode)
}

export type RequestedSale =
  | {
      readonly kind: 'requested'
      /** The open record, as it is kept. */
      readonly sale: OpenSale
      /** A repeat has the same. */
      readonly fields: Fields
      readonly verdict: Verdict
    }
  | { readonly kind: 'not-sent'; readonly reason: string }

/** 0200, and 0201 after silence; what came of it, before anything is done about it. */
export async function requestSale(terminal: Terminal, order: SaleOrder): Promise<RequestedSale> {
  const { waits } = terminal.settings
  // Before the sale has its time, which must not be before that of the logon.
  const why = await whyNotLoggedOn(terminal)
  if (why !== undefined) return { kind: 'not-sent', reason: why }

  const sale = begin(terminal, order)
  const fields = {
    ...saleFields(terminal.settings, sale, order.card, statusNow(terminal)),
    ...pinFields(terminal, order),
  }
  const first = await ask(terminal, '0200', fields, { timeoutMs: waits.replyMs })
  if (first.kind === 'not-sent') {
    saveOpen(terminal, null)
    return first
  }
  const verdict = judge(terminal, sale, first, false)
  // Never repeated across a logon: reversed. [wire-protocol 3.1]
  if (verdict.kind !== 'no-answer' || terminal.keys.needsLogon) {
    return { kind: 'requested', sale, fields, verdict }
  }
  const repeated = { timeoutMs: waits.replyMs, fresh: true, reconnect: true }
  const second = judge(terminal, sale, await ask(terminal, '0201', fields, repeated), true)
  const isOpen = second.kind === 'no-answer' || second.kind === 'unknown'
  const approved = isOpen && (second.approved || verdict.approved)
  return { kind: 'requested', sale, fields, verdict: isOpen ? { ...second, approved } : second }
}

/** Neither the PIN nor its block is kept anywhere. */
function pinFields(terminal: Terminal, { card, cardPin }: SaleOrder): Fields {
  const pan = card.kind === 'keyed' ? card.pan : card.track2.pan()
  if (cardPin === undefined || isReason(pan)) return {}
  return terminal.keys.pinFields(cardPin, pan)
}

/** The record is durable before the first byte of the sale leaves. */
function begin(terminal: Terminal, order: SaleOrder): OpenSale {
  const { card } = order
  const pan = card.kind === 'keyed' ? card.pan : card.track2.pan()
  const sale: OpenSale = {
    ...nextStamp(terminal),
    step: 'sent',
    processingCode: '150000',
    amountRial: order.amountRial,
    wallMs: terminal.timers.wallMs(),
    product: order.product,
    productName: order.productName,
    count: order.count,
    maskedCard: isReason(pan) ? '****' : pan.masked(),
    rrn: null,
    approved: false,
    printsBegun: 0,
    reversal: null,
    refusedWith: null,
  }
  saveOpen(terminal, sale)
  return sale
}

function statusNow(terminal: Terminal): string {
  const { printedStan } = terminal.store.state
  return terminalStatus(terminal.settings, { printedStan, printer: terminal.printer.status() })
}

export type Verdict =
  | {
      readonly kind: 'approved'
      readonly vouchers: readonly DeliveredVoucher[]
      readonly switchLines: string | undefined
      readonly rrn: string | null
    }
  | { readonly kind: 'declined'; readonly responseCode: string; readonly rrn: string | null }
  | { readonly kind: 'no-answer'; readonly responseCode: string | null; readonly approved: boolean }
  | { readonly kind: 'unknown'; readonly responseCode: string | null; readonly approved: boolean }

function judge(
  terminal: Terminal,
  sale: OpenSale,
  answer: Answer<Message>,
  repeat: boolean,
): Verdict {
  if (answer.kind !== 'reply') return { kind: 'no-answer', responseCode: null, approved: false }
  const { reply } = answer
  const code = responseCode(reply)
  const rrn = reply.get(37) ?? null
  if (code === '00') {
    const vouchers = readVouchers(reply.get(62), terminal.keys)
    // An approval that cannot be printed is no answer: asked again, then reversed.
    if (vouchers?.length !== sale.count) {
      return { kind: 'no-answer', responseCode: code, approved: true }
    }
    return { kind: 'approved', vouchers, switchLines: reply.get(63), rrn }
  }
  const open = code === '68' || code === '96' || code === '09'
  // The repeat was refused unseen, and the first message may still have been sold.
  if (open || (repeat && ANSWERED_UNSEEN.has(code))) {
    return { kind: 'unknown', responseCode: code, approved: false }
  }
  return { kind: 'declined', responseCode: code, rrn }
}

function decline(terminal: Terminal, code: string): void {
  const { state } = terminal.store
  // 13: the price is not the one we know, so the catalogue is fetched again before the next sale.
  const catalogue = code === '13' ? null : state.catalogue
  terminal.store.save({ ...state, open: null, catalogue })
}

function ended(settled: Settled, code: string | null): SaleOutcome {
  switch (settled.kind) {
    case 'sold':
      return settled
    case 'open':
      return { kind: 'unknown', reason: settled.reason }
    case 'reversed':
    case 'nothing':
      return { kind: 'reversed', responseCode: code }
  }
}
