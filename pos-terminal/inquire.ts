// What a terminal asks without selling: status of an earlier sale, reprint, catalogue, echo.
// None of it changes a sale, so an unanswered one is forgotten and may simply be asked again.

import { ask } from './ask.ts'
import { type DeliveredVoucher, readCataloguePage, readVouchers, responseCode } from './replies.ts'
import { echoFields, initialiseFields, inquiryFields, reprintFields } from './requests.ts'
import type { CardEntry } from './settings.ts'
import type { Catalogue, CatalogueProduct, LastSale } from './state.ts'
import { nextStamp, type Terminal } from './terminal.ts'

/** The switch said nothing, or something that cannot be used. */
export type NoAnswer = { readonly kind: 'no-answer'; readonly reason: string }

export type InquiryOutcome =
  | {
      readonly kind: 'answered'
      readonly responseCode: string
      readonly rrn: string | null
      readonly amountRial: number | null
      readonly vouchers: readonly DeliveredVoucher[]
    }
  | NoAnswer

export interface OriginalSale {
  readonly stan: string
  readonly time: string
  readonly date: string
}

export async function inquireSale(
  terminal: Terminal,
  original: OriginalSale,
): Promise<InquiryOutcome> {
  const fields = inquiryFields(terminal.settings, nextStamp(terminal), original)
  const answer = await ask(terminal, '0100', fields, {
    timeoutMs: terminal.settings.waits.replyMs,
  })
  if (answer.kind !== 'reply') return { kind: 'no-answer', reason: answer.reason }
  const { reply } = answer
  const amount = reply.get(4)
  return {
    kind: 'answered',
    responseCode: responseCode(reply),
    rrn: reply.get(37) ?? null,
    amountRial: amount === undefined ? null : Number(amount),
    vouchers: readVouchers(reply.get(62), terminal.keys) ?? [],
  }
}

/** An earlier sale is open: nothing was asked. */
export interface Blocked {
  readonly kind: 'blocked'
  readonly reason: string
}

export type ReprintOutcome =
  | {
      readonly kind: 'reprinted'
      readonly number: number
      readonly sale: LastSale
      readonly vouchers: readonly DeliveredVoucher[]
    }
  | { readonly kind: 'refused'; readonly responseCode: string }
  /** `partly`: a part of it may be out. */
  | { readonly kind: 'not-printed'; readonly partly: boolean }
  | Blocked
  | NoAnswer

/** Asked once: each answer counts as a reprint at the switch, so a person decides about another. */
export async function reprint(terminal: Terminal, card: CardEntry): Promise<ReprintOutcome> {
  const own = nextStamp(terminal)
  const fields = reprintFields(terminal.settings, own, card)
  const answer = await ask(terminal, '0100', fields, {
    timeoutMs: terminal.settings.waits.replyMs,
  })
  if (answer.kind !== 'reply') return { kind: 'no-answer', reason: answer.reason }
  const { reply } = answer
  const code = responseCode(reply)
  if (code !== '00') return { kind: 'refused', responseCode: code }
  const vouchers = readVouchers(reply.get(62), terminal.keys)
  const counter = /^\d{2}$/.exec(reply.get(48) ?? '')
  if (vouchers === undefined || counter === null) {
    return { kind: 'no-answer', reason: 'the reprint is not readable' }
  }
  const rrn = reply.get(37) ?? null
  const sale = saleOfReprint(terminal, rrn, vouchers.length)
  const number = Number(counter[0])
  const switchLines = reply.get(63)
  const mark = { kind: 'reprint', number } as const
  const out = await terminal.printer.print({ sale, vouchers, switchLines, mark })
  if (out === 'out') return { kind: 'reprinted', number, sale, vouchers }
  return { kind: 'not-printed', partly: out === 'partly' }
}

/** Our own record of the sale when it is the one that is reprinted; else what the reply tells. */
function saleOfReprint(terminal: Terminal, rrn: string | null, count: number): LastSale {
  const known = terminal.store.state.lastSale
  if (known !== null && known.count === count && (rrn === null || known.rrn === rrn)) return known
  return {
    stan: '',
    time: '',
    date: '',
    wallMs: terminal.timers.wallMs(),
    rrn,
    product: '',
    productName: null,
    count,
    amountRial: 0,
    maskedCard: '',
  }
}

export type InitialiseOutcome =
  | { readonly kind: 'initialised'; readonly catalogue: Catalogue }
  | { readonly kind: 'refused'; readonly responseCode: string }
  | NoAnswer

/** Fetches every page of the catalogue; pages of two versions are never mixed. */
export async function initialise(terminal: Terminal): Promise<InitialiseOutcome> {
  const products: CatalogueProduct[] = []
  let version: string | undefined
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const fields = initialiseFields(terminal.settings, nextStamp(terminal), page)
    const answer = await ask(terminal, '0800', fields, {
      timeoutMs: terminal.settings.waits.replyMs,
    })
    if (answer.kind !== 'reply') return { kind: 'no-answer', reason: answer.reason }
    const code = responseCode(answer.reply)
    if (code !== '00') return { kind: 'refused', responseCode: code }
    const read = readCataloguePage(answer.reply.get(62))
    if (read === undefined || read.page !== page) {
      return { kind: 'no-answer', reason: `catalogue page ${page} is not readable` }
    }
    version ??= read.version
    if (read.version !== version) {
      return { kind: 'no-answer', reason: 'the catalogue changed while it was read' }
    }
    pages = read.pages
    products.push(...read.products)
  }
  const catalogue: Catalogue = { version: version ?? '0000', products }
  terminal.store.save({ ...terminal.store.state, catalogue })
  return { kind: 'initialised', catalogue }
}

export type EchoOutcome = { readonly kind: 'answered'; readonly responseCode: string } | NoAnswer

export async function echo(terminal: Terminal): Promise<EchoOutcome> {
  const fields = echoFields(terminal.settings, nextStamp(terminal))
  const answer = await ask(terminal, '0800', fields, {
    timeoutMs: terminal.settings.waits.replyMs,
  })
  if (answer.kind !== 'reply') return { kind: 'no-answer', reason: answer.reason }
  return { kind: 'answered', responseCode: responseCode(answer.reply) }
}
