// Sells: recognise, reserve, write the intent (C1), debit, write the outcome (C2), answer. The
// order of the checks is the order of the answers [wire-protocol 3]. What may follow what is the
// sale machine's; this file carries its effects out.

import type { Rrn } from '../../protocol/values/identifiers.ts'
import { tehranMoment, tehranTime } from '../../protocol/values/moment.ts'
import { type Book, findByKeys, inGap, keysOf, sellableDay, today, turnKey } from './book.ts'
import type { TakenUse } from './daily-use.ts'
import type { StockVoucher } from './inventory.ts'
import type { Approval, IntentRecord, Outcome, ReversalTrace, SaleKey } from './journal.ts'
import { writeEnd } from './outcome.ts'
import { answerRepeat, bare } from './repeat.ts'
import {
  advance,
  BEGIN,
  type Ending,
  outcomeOf,
  type SaleEffect,
  type SaleEvent,
  type SaleStage,
} from './sale-machine.ts'
import type {
  HostTrace,
  OpenedVoucher,
  RequestCard,
  SaleAnswer,
  SaleRequest,
} from './sale-record.ts'

/**
 * Resolves with the answer, or undefined when nothing may be answered any more, or nothing to so
 * many repeats. The sale's turn ends with the sale, not with its answer: the repeat of a sale that
 * was answered 96 while its outcome could not be written meets the stored answer later, never a
 * second debit.
 */
export function sell(book: Book, request: SaleRequest): Promise<SaleAnswer | undefined> {
  return new Promise((answer, fail) => {
    const turn = () => sellInTurn(book, request, answer)
    const ended = book.turns.ask(turnKey(request.identity), 'sale', turn)
    if (ended === undefined) answer(undefined)
    else ended.catch(fail)
  })
}

type Answer = (answer: SaleAnswer | undefined) => void

async function sellInTurn(book: Book, request: SaleRequest, answer: Answer): Promise<void> {
  const keys = keysOf(book, request.identity)
  const earlier = findByKeys(book, keys)
  if (earlier !== undefined) return answer(await answerRepeat(book, earlier, request))
  const refusing = book.refusing()
  if (refusing === '96') return answer(bare('96'))
  if (isTooMuch(book, request)) return answer(bare('96'))
  const [key] = keys
  // A date that was on no calendar for as long as identities are kept: too far away to sell.
  if (key === undefined) return answer(bare('05'))
  // A 91 ends the sale at the terminal: a delayed duplicate must find it, after a restart too. What
  // may have been sold in a gap is never said to have been refused before it was sold.
  const refusal = inGap(book, key) ? '94' : (refusing ?? refuse(book, request, key))
  if (refusal !== undefined) return answer(await writeRefusal(book, request, key, refusal))
  await reserveAndRun(book, request, key, answer)
}

/** Not remembered: the same sale may be taken a moment later. [nothing-lost, row 44] */
function isTooMuch(book: Book, request: SaleRequest): boolean {
  if (request.isRepeat) return book.running.size >= book.settings.salesInFlight
  // Late already: its frame waited too long for its turn.
  return !book.admission.admits(book.running.size) || isLate(book, request)
}

/** The checks after the identity and before the card host and the stock, in their order. */
function refuse(book: Book, request: SaleRequest, key: SaleKey): string | undefined {
  const moment = tehranMoment(key.day, key.time)
  if (moment === undefined) return '05'
  // A terminal reverses such a sale, and never repeats it. [wire-protocol 3.1]
  if (request.isRepeat && request.isFromBeforeLogon) return '94'
  if (Math.abs(moment - book.clock.wallMs()) > book.settings.clockSkewMs) return '05'
  if (request.printerOut) return '05'
  const product = book.catalogue.product(request.product, today(book))
  if (product === undefined || !product.enabled || !mayBuy(request)) return '44'
  if (request.content.amount !== product.priceRial * request.count) return '13'
  return undefined
}

/** What a merchant may not sell is to its terminals a product that is disabled. */
function mayBuy({ identity, product }: SaleRequest): boolean {
  return identity.terminal.terms?.products?.has(product) ?? true
}

/** Resolves when the sale has ended. */
function reserveAndRun(
  book: Book,
  request: SaleRequest,
  key: SaleKey,
  answer: Answer,
): Promise<void> {
  const { card } = request
  const refused = (code: string) => writeRefusal(book, request, key, code).then(answer)
  if (card === undefined) return refused('14')
  const atMs = book.clock.wallMs()
  const use = takeUse(book, request, atMs)
  if (use === undefined) return refused('61')
  const trace = book.cardHost.prepare()
  if (trace === undefined) {
    use.released()
    return refused('91')
  }
  const reserved = reserveOpened(book, request)
  if (reserved === undefined) {
    use.released()
    book.cardHost.forget(trace)
    return refused('44')
  }
  const rrn = book.rrns.next(today(book))
  if (rrn === undefined) {
    use.released()
    book.inventory.release(reserved.stock)
    book.cardHost.forget(trace)
    answer(bare('96'))
    return Promise.resolve()
  }
  const id = book.nextSaleId()
  return new Promise((ended) => {
    const sale = { id, key, request, card, trace, rrn, use, atMs, refusal: undefined, ...reserved }
    runSale(book, sale, answer, ended)
  })
}

/** Undefined: over the day's limit of the terminal or its merchant. Told once a day. */
function takeUse(book: Book, { identity, content }: SaleRequest, atMs: number) {
  const { terminal } = identity
  const result = book.uses.take(terminal, content.amount, tehranTime(atMs).day)
  if (result.kind === 'taken') return result.use
  if (result.first) {
    const who = result.whose === 'terminal' ? `terminal ${terminal.tid} of ` : ''
    const detail = `${who}merchant ${terminal.mid}`
    book.notice({ level: 'alarm', what: 'daily limit reached', detail })
  }
  return undefined
}

/** Reserves and opens the PINs before anything is written: a PIN that does not open is not sold. */
function reserveOpened(
  book: Book,
  request: SaleRequest,
): { stock: StockVoucher[]; opened: OpenedVoucher[] } | undefined {
  const stock: StockVoucher[] = []
  const opened: OpenedVoucher[] = []
  while (opened.length < request.count) {
    const missing = request.count - opened.length
    const more = book.inventory.reserve(request.product, missing, sellableDay(book))
    if (more === undefined) {
      book.inventory.release(stock)
      return undefined
    }
    for (const voucher of more) {
      const voucherPin = book.vault.openPin(voucher)
      if (voucherPin === undefined) quarantine(book, voucher)
      else {
        stock.push(voucher)
        opened.push({ id: voucher.id, serial: voucher.serial, voucherPin })
      }
    }
  }
  return { stock, opened }
}

function quarantine(book: Book, voucher: StockVoucher): void {
  const why = 'its PIN does not open'
  const { id: voucherId } = voucher
  book.inventory.settle([voucher])
  book.notice({ level: 'alarm', what: 'voucher quarantined', detail: `${voucherId}: ${why}` })
  const atMs = book.clock.wallMs()
  void book.journal.write({ kind: 'quarantine', voucherId, why, atMs })
}

interface Sale {
  readonly id: number
  readonly key: SaleKey
  readonly request: SaleRequest
  readonly card: RequestCard
  readonly trace: HostTrace
  readonly rrn: Rrn
  readonly use: TakenUse
  /** When it began; its day is the one whose limits it counts towards. */
  readonly atMs: number
  /** Others take their place when the store refuses them. */
  stock: StockVoucher[]
  opened: OpenedVoucher[]
  /** Why the store refused, until that is told. */
  refusal: string | undefined
}

function runSale(book: Book, sale: Sale, answer: Answer, ended: () => void): void {
  const place = turnKey(sale.request.identity)
  let stage: SaleStage = BEGIN
  let reversal: ReversalTrace | undefined

  const see = (event: SaleEvent): void => {
    const step = advance(stage, event)
    stage = step.stage
    for (const effect of step.effects) carryOut(effect)
  }

  const carryOut = (effect: SaleEffect): void => {
    switch (effect.do) {
      case 'debit':
        return debit(book, sale, see)
      case 'write outcome':
        return write(effect.ending)
      case 'write outcome later':
        book.clock.after(book.settings.outcomeRetryMs, () => write(effect.ending))
        return
      case 'answer':
        return answer(answerOf(book, sale, effect.responseCode, effect.approval))
      case 'drop vouchers':
        return dropVouchers(book, sale)
      case 'reserve again':
        if (reserveAgain(book, sale)) return begin(book, sale, see)
        return see({ kind: 'intent not written' })
      case 'release vouchers':
        sale.use.released()
        return book.inventory.release(sale.stock)
      case 'settle vouchers':
        sale.use.sold()
        return book.inventory.settle(sale.stock)
      case 'queue reversal':
        return book.reversals.open(sale.id)
      case 'end':
        // The STAN of a sale that is being reversed stays taken until the reversal has ended.
        if (reversal === undefined) book.cardHost.forget(sale.trace)
        book.running.take(place)
        storeRefuses(book, sale, 'alarm')
        return ended()
    }
  }

  const write = (ending: Ending): void => {
    if (ending.kind === 'reversing') {
      reversal ??= book.cardHost.reversalTrace(sale.trace)
      if (reversal === undefined) return see({ kind: 'outcome not written' })
    }
    writeOutcome(book, sale, outcomeOf(ending, reversal), see)
  }

  const cancel = (): boolean => {
    const before = stage.at
    if (before === 'writing intent' || before === 'asking host') see({ kind: 'cancelled' })
    return before === 'asking host'
  }

  book.running.set(place, {
    id: sale.id,
    trace: sale.trace,
    content: sale.request.content,
    cancel,
  })
  begin(book, sale, see)
}

/** C1, with the vouchers that are reserved now. */
function begin(book: Book, sale: Sale, see: (event: SaleEvent) => void): void {
  book.journal.write(intentOf(book, sale)).then((result) => {
    const isWritten = result.kind === 'written'
    if (!isWritten) sale.refusal = `intent not written: ${result.reason}: ${result.detail}`
    if (!isWritten && result.reason !== 'guard') return see({ kind: 'intent not written' })
    const late = isLate(book, sale.request)
    if (!isWritten) return see({ kind: 'intent refused', late })
    if (late) noteResult(book, sale)
    see({ kind: 'intent written', late })
  })
}

function debit(book: Book, sale: Sale, see: (event: SaleEvent) => void): void {
  const { request, card, rrn, trace } = sale
  book.cardHost.debit({ request, card, rrn, trace }).then((result) => {
    noteResult(book, sale)
    see({ kind: 'host result', result })
  })
}

/** What a sale waited, for the disk and this process too, tells how many may wait at a time. */
function noteResult(book: Book, { request }: Sale): void {
  const nowMs = book.clock.monotonicMs()
  book.admission.ended(nowMs, nowMs - request.arrivedMs, book.running.size)
}

/**
 * Memory and store disagree, as after a hold that came between: the stock is read anew. What of the
 * sale's vouchers is still in stock is read again with it, and the rest never comes back.
 */
function dropVouchers(book: Book, sale: Sale): void {
  book.inventory.settle(sale.stock)
  book.inventory.stockChanged()
  Object.assign(sale, { stock: [], opened: [] })
}

function reserveAgain(book: Book, sale: Sale): boolean {
  const reserved = reserveOpened(book, sale.request)
  if (reserved === undefined) return false
  storeRefuses(book, sale, 'warn')
  Object.assign(sale, reserved)
  return true
}

/** A warning while other vouchers may make it good; an alarm when a sale ends by it. */
function storeRefuses(book: Book, sale: Sale, level: 'warn' | 'alarm'): void {
  const { id: saleId, refusal: detail } = sale
  if (detail !== undefined) book.notice({ level, what: 'store refuses', saleId, detail })
  sale.refusal = undefined
}

function writeOutcome(
  book: Book,
  sale: Sale,
  outcome: Outcome,
  see: (event: SaleEvent) => void,
): void {
  const record = { kind: 'outcome', id: sale.id, outcome, atMs: book.clock.wallMs() } as const
  writeEnd(book, record).then((result) => {
    if (result.kind === 'written') return see({ kind: 'outcome written' })
    sale.refusal = `outcome not written: ${result.reason}: ${result.detail}`
    storeRefuses(book, sale, 'alarm')
    see({ kind: 'outcome not written' })
  })
}

/** Too little of the switch's time is left for the card host to answer in. */
function isLate(book: Book, { arrivedMs }: SaleRequest): boolean {
  const { switchTimeoutMs, cardHostTimeoutMs } = book.settings
  const spent = book.clock.monotonicMs() - arrivedMs
  return spent > switchTimeoutMs - cardHostTimeoutMs
}

function intentOf(book: Book, sale: Sale): IntentRecord {
  const { request } = sale
  return {
    kind: 'intent',
    id: sale.id,
    key: sale.key,
    merchantKey: request.identity.terminal.merchantKey,
    content: request.content,
    product: request.product,
    count: request.count,
    voucherIds: sale.stock.map((voucher) => voucher.id),
    rrn: sale.rrn,
    host: sale.trace,
    sealedCard: book.vault.sealCard(sale.card.pan, sale.id),
    maskedCard: sale.card.pan.masked(),
    atMs: sale.atMs,
  }
}

/** Undefined past the switch's total: silence then, and the terminal's repeat tells. */
function answerOf(
  book: Book,
  sale: Sale,
  responseCode: string,
  approval: Approval | undefined,
): SaleAnswer | undefined {
  const { request } = sale
  if (book.clock.monotonicMs() - request.arrivedMs > book.settings.switchTimeoutMs) return undefined
  const { rrn, atMs: createdMs } = sale
  const { amount } = request.content
  if (approval === undefined) return { ...bare(responseCode), rrn, amount }
  book.answered.begin(sale.id)
  const written = (complete: boolean) => book.answered.note(sale.id, complete)
  const { authCode } = approval
  return { responseCode, rrn, authCode, amount, vouchers: sale.opened, createdMs, written }
}

async function writeRefusal(
  book: Book,
  request: SaleRequest,
  key: SaleKey,
  responseCode: string,
): Promise<SaleAnswer> {
  const rrn = book.rrns.next(today(book))
  if (rrn === undefined) return bare('96')
  const result = await book.journal.write({
    kind: 'refusal',
    id: book.nextSaleId(),
    key,
    merchantKey: request.identity.terminal.merchantKey,
    content: request.content,
    product: request.product,
    count: request.count,
    responseCode,
    rrn,
    maskedCard: request.card?.pan.masked() ?? '',
    atMs: book.clock.wallMs(),
  })
  if (result.kind !== 'written') return bare('96')
  return { ...bare(responseCode), rrn, amount: request.content.amount }
}
