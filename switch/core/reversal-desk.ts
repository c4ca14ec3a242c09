// A terminal's reversals (0400, 0420) and confirmations (0220): which are accepted, and what each
// leaves behind. [wire-protocol 3.2] What an answer reveals is durable before the answer.

import { tehranTime } from '../../protocol/values/moment.ts'
import {
  ageOf,
  type Book,
  findByKeys,
  findSale,
  inGap,
  keysOf,
  newestStillSold,
  type RefundLimit,
  today,
  turnKey,
} from './book.ts'
import type { ClaimReason, RefundTally, SaleKey } from './journal.ts'
import { writeEnd } from './outcome.ts'
import type { Content, Identity, StoredSale } from './sale-record.ts'

const CONFIRMED_REFUND: ClaimReason = 'confirmed after its reversal'

export interface AdviceRequest {
  readonly identity: Identity
  /** DE 3 and 4 as received. */
  readonly processingCode: string
  readonly amount: number | undefined
}

/** DE 39, and the RRN where a sale was found. */
export interface AdviceAnswer {
  readonly responseCode: string
  readonly rrn: StoredSale['rrn']
}

/** Without the RRN: whoever says something else did not mean this sale. */
const OTHER_CONTENT: AdviceAnswer = { responseCode: '94', rrn: undefined }

/** 0400, 0420 and their repeats. Undefined: too many of them wait already. */
export function reverse(book: Book, request: AdviceRequest): Promise<AdviceAnswer> | undefined {
  const place = turnKey(request.identity)
  const running = book.running.get(place)
  if (running !== undefined) {
    if (differs(running.content, request)) return Promise.resolve(OTHER_CONTENT)
    // The row is an intent, and its outcome can no longer be `sold`: its end is not waited for.
    if (running.cancel() && book.reader.byId(running.id) !== undefined) {
      return book.turns.ask(`cancel/${place}`, 'reversal', () => {
        return cancelRunning(book, running.id, request)
      })
    }
  }
  return book.turns.ask(place, 'reversal', () => reverseInTurn(book, request))
}

async function cancelRunning(
  book: Book,
  id: number,
  request: AdviceRequest,
): Promise<AdviceAnswer> {
  const sale = book.reader.byId(id)
  if (sale === undefined) throw new Error(`sale ${id} is gone`)
  if (sale.cancelled) return { responseCode: '00', rrn: sale.rrn }
  return cancelSale(book, sale, keyOf(sale), request.identity.terminal.merchantKey)
}

async function reverseInTurn(book: Book, request: AdviceRequest): Promise<AdviceAnswer> {
  const { identity } = request
  const { merchantKey } = identity.terminal
  const keys = keysOf(book, identity)
  const sale = findByKeys(book, keys)
  if (sale === undefined) {
    // Asked again until it is known whether there is one. [wire-protocol 3.2]
    if (book.clockBehind?.() === true) return { responseCode: '96', rrn: undefined }
    const [key] = keys
    // No sale can ever be taken under such a date, so there is nothing to remember.
    if (key === undefined) return { responseCode: '00', rrn: undefined }
    return cancelSale(book, undefined, key, merchantKey)
  }
  if (sale.cancelled) {
    const noted = !isForgotten(book, sale, keyOf(sale)) || (await claimOfGap(book, sale.id))
    return { responseCode: noted ? '00' : '96', rrn: sale.rrn }
  }
  if (differs(sale.content, request)) return OTHER_CONTENT
  if (sale.state !== 'sold') return cancelSale(book, sale, keyOf(sale), merchantKey)
  return refund(book, sale, merchantKey)
}

/** Nothing is sold under this identity, and from now on nothing will be. */
async function cancelSale(
  book: Book,
  sale: StoredSale | undefined,
  key: SaleKey,
  merchantKey: number,
): Promise<AdviceAnswer> {
  const id = sale?.id ?? book.nextSaleId()
  const isTombstone = sale === undefined
  const atMs = book.clock.wallMs()
  const rrn = sale?.rrn
  const cancel = { kind: 'cancel', id, key, merchantKey, isTombstone, atMs } as const
  const result = await book.journal.write(cancel)
  if (result.kind !== 'written') return { responseCode: '96', rrn }
  // Only then: the id of a row that was not written is given to another sale.
  const noted = !isForgotten(book, sale, key) || (await claimOfGap(book, id))
  return { responseCode: noted ? '00' : '96', rrn }
}

/** Nothing is known of it but a reversal, or a repeat that was refused for the gap. */
function isForgotten(book: Book, sale: StoredSale | undefined, key: SaleKey): boolean {
  if (!inGap(book, key)) return false
  if (sale === undefined || sale.state === 'tombstone') return true
  return sale.state === 'refused' && sale.responseCode === '94'
}

/**
 * What is reversed may have been sold in a time that the store does not know of. The host's ledger
 * tells; until then an administrator has it on the list. Opened once, however often it is asked
 * for; a reversal is not accepted without it.
 */
async function claimOfGap(book: Book, id: number): Promise<boolean> {
  const atMs = book.clock.wallMs()
  const result = await book.journal.write({ kind: 'claim', id, reason: 'in the gap', atMs })
  return result.kind === 'written'
}

/** A sold sale: the debit is undone and its vouchers go to quarantine, never back to stock. */
async function refund(book: Book, sale: StoredSale, merchantKey: number): Promise<AdviceAnswer> {
  const { rrn } = sale
  if (sale.confirmedMs !== undefined) return { responseCode: '21', rrn }
  // The customer has it; the claim was opened when it was shown.
  if (book.reader.hasClaim(sale.id, 'revealed')) return { responseCode: '21', rrn }
  // It has ended: the terminal printed, or will, and another day does not open it again.
  if (book.reader.hasClaim(sale.id, 'daily limit')) return { responseCode: '61', rrn }
  const age = ageOf(book, sale.soldMs ?? 0)
  // Whether it is too late will be known when the clock is right.
  if (age === Number.POSITIVE_INFINITY) return { responseCode: '96', rrn }
  if (age > book.settings.reversalWindowMs) {
    return claim(book, sale, 'too late', '21')
  }
  if (sale.reprints > 0) return claim(book, sale, 'after a reprint', '21')
  // One reversal of a merchant at a time, so that the daily limits are counted one by one.
  return book.turns.run(`refunds/${merchantKey}`, () => refundWithinLimits(book, sale, merchantKey))
}

async function refundWithinLimits(
  book: Book,
  sale: StoredSale,
  merchantKey: number,
): Promise<AdviceAnswer> {
  const { rrn, terminalKey } = sale
  const amount = sale.content?.amount
  if (sale.host === undefined || amount === undefined) throw new Error(`sale ${sale.id} is damaged`)
  // Read again: the note of its answer may have been written while this waited for its turn.
  const isAnswered = book.reader.byId(sale.id)?.answered === true
  const counted = isAnswered || book.answered.has(sale.id)
  if (counted && overLimit(book, sale, merchantKey)) return claim(book, sale, 'daily limit', '61')
  const reversal = book.cardHost.reversalTrace(sale.host)
  if (reversal === undefined) return { responseCode: '96', rrn }
  const began = tehranTime(sale.createdMs).day
  const givenBack = book.uses.giveBack({ terminalKey, merchantKey, amount }, began)
  const result = await writeEnd(book, {
    ...{ kind: 'refund', id: sale.id, terminalKey, merchantKey, amount, counted },
    day: today(book),
    reversal,
    atMs: book.clock.wallMs(),
  })
  givenBack(result.kind === 'written')
  if (result.kind !== 'written') {
    book.cardHost.forget(sale.host)
    if (result.reason === 'guard') storeRefuses(book, sale.id, result.detail)
    return { responseCode: '96', rrn }
  }
  book.reversals.open(sale.id)
  return { responseCode: '00', rrn }
}

/** Unless the sale has moved meanwhile, its reversal will be refused as often as it comes. */
function storeRefuses(book: Book, saleId: number, why: string): void {
  const sale = book.reader.byId(saleId)
  const isMoved = sale?.state !== 'sold' || sale.confirmedMs !== undefined || sale.reprints > 0
  if (isMoved || book.reader.hasClaim(saleId, 'revealed')) return
  if (!book.told.isNews(`refund/${saleId}`)) return
  const detail = `reversal not written: guard: ${why}`
  book.notice({ level: 'alarm', what: 'store refuses', saleId, detail })
}

function overLimit(book: Book, sale: StoredSale, merchantKey: number): boolean {
  const { terminal, merchant } = book.settings.refundLimits
  const day = today(book)
  const amount = sale.content?.amount ?? 0
  const exceeds = (limit: RefundLimit, tally: RefundTally): boolean =>
    tally.count + 1 > limit.count || (limit.rial > 0 && tally.amount + amount > limit.rial)
  return (
    exceeds(terminal, book.reader.refundTally(day, { terminalKey: sale.terminalKey })) ||
    exceeds(merchant, book.reader.refundTally(day, { merchantKey }))
  )
}

async function claim(
  book: Book,
  sale: StoredSale,
  reason: ClaimReason,
  responseCode: '21' | '61',
): Promise<AdviceAnswer> {
  const atMs = book.clock.wallMs()
  const result = await book.journal.write({ kind: 'claim', id: sale.id, reason, atMs })
  book.notice({ level: 'warn', what: 'claim opened', saleId: sale.id, detail: reason })
  return { responseCode: result.kind === 'written' ? responseCode : '96', rrn: sale.rrn }
}

/** 0220, 0221. Undefined: too many of them wait already. */
export function confirm(book: Book, request: AdviceRequest): Promise<AdviceAnswer> | undefined {
  return book.turns.ask(turnKey(request.identity), 'confirmation', async () => {
    const sale = findSale(book, request.identity)
    if (sale === undefined && book.clockBehind?.() === true) {
      return { responseCode: '96', rrn: undefined }
    }
    if (sale === undefined || sale.state !== 'sold' || sale.cancelled) {
      const noted = await notSold(book, sale, request.identity)
      return { responseCode: noted ? '25' : '96', rrn: sale?.rrn }
    }
    if (differs(sale.content, request)) return OTHER_CONTENT
    const done = await writeConfirmation(book, sale, '0220')
    return { responseCode: done ? '00' : '96', rrn: sale.rrn }
  })
}

/**
 * A terminal printed what is not sold. The money of a refunded sale was given back, so that the
 * customer has both: an administrator has it on the list. [nothing-lost, rows 47, 48]
 */
async function notSold(
  book: Book,
  sale: StoredSale | undefined,
  { terminal, stan }: Identity,
): Promise<boolean> {
  const isRefunded = sale?.state === 'refunding' || sale?.state === 'refunded'
  if (isRefunded && book.reader.hasClaim(sale.id, CONFIRMED_REFUND)) return true
  const which = sale === undefined ? `unknown, STAN ${stan}` : sale.state
  const detail = `${which}: terminal ${terminal.tid} of merchant ${terminal.mid}`
  const about = sale === undefined ? {} : { saleId: sale.id }
  const what = 'confirmation of a sale that is not sold'
  // Whoever plays a terminal may send them without end. A refunded sale is on the list, once.
  if (book.told.isNews(isRefunded ? `confirmed/${sale.id}` : `confirms/${terminal.key}`)) {
    book.notice({ level: 'alarm', what, ...about, detail })
  }
  if (!isRefunded) return true
  const { id } = sale
  const atMs = book.clock.wallMs()
  const result = await book.journal.write({ kind: 'claim', id, reason: CONFIRMED_REFUND, atMs })
  return result.kind === 'written'
}

/**
 * DE 60 tag 01 of a later message: confirms the terminal's newest sale that is still sold when it
 * is that STAN's, within the window. No answer waits for it, and nothing else is confirmed by it.
 * A message of that sale itself is no later one: its tag 01 is an earlier sale's that had the same
 * STAN. `own`: the message's DE 11, 13 and 12, as `stan/datetime`.
 */
export async function confirmByLastStan(
  book: Book,
  terminalKey: number,
  stan: string,
  own: string,
): Promise<void> {
  const sale = newestStillSold(book, terminalKey)
  if (sale === undefined || sale.stan !== stan || sale.confirmedMs !== undefined) return
  const identity = `${sale.stan}/${String(sale.day).slice(4)}${sale.time}`
  if (identity === own) return
  if (book.clock.wallMs() - (sale.soldMs ?? 0) > book.settings.reversalWindowMs) return
  await book.turns.ask(`${terminalKey}/${identity}`, 'last printed', async () => {
    const now = book.reader.byId(sale.id)
    if (now?.state === 'sold' && !now.cancelled) await writeConfirmation(book, now, 'tag 01')
  })
}

async function writeConfirmation(
  book: Book,
  sale: StoredSale,
  by: '0220' | 'tag 01',
): Promise<boolean> {
  if (sale.confirmedMs !== undefined) return true
  const atMs = book.clock.wallMs()
  const result = await book.journal.write({ kind: 'confirm', id: sale.id, by, atMs })
  return result.kind === 'written'
}

function differs(content: Content | undefined, request: AdviceRequest): boolean {
  if (content === undefined) return false
  if (request.processingCode !== content.processingCode) return true
  return request.amount !== undefined && request.amount !== content.amount
}

function keyOf(sale: StoredSale): SaleKey {
  const { terminalKey, day, time, stan } = sale
  return { terminalKey, day, time, stan }
}
