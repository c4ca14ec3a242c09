// One process of the switch in a small world: the product's core over ports that do nothing by
// themselves. What a port is asked for waits until the world chooses that it happens. Keeps beside
// it what the core has in its own memory as far as that can be told from outside.

import type { ProductId } from '../../protocol/values/identifiers.ts'
import { isReason } from '../../protocol/values/reason.ts'
import type { Rial } from '../../protocol/values/rial.ts'
import { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import type { Book, Vault } from '../../switch/core/book.ts'
import type { Clock } from '../../switch/core/clock.ts'
import type { Journal, JournalRecord, WriteResult } from '../../switch/core/journal.ts'
import { lateApproval, openBook } from '../../switch/core/open-book.ts'
import type { OpenedVoucher } from '../../switch/core/sale-record.ts'
import { ExploredHost } from './explored-host.ts'
import { factOf } from './fact.ts'
import { hostTrace, type Message } from './messages.ts'
import { answerTo } from './requests.ts'
import { type Scene, tidOf } from './scene.ts'
import { SETTINGS } from './settings.ts'
import { StockShadow } from './stock-shadow.ts'
import type { Defect } from './world-spec.ts'

const PRICE = 50_000 as Rial
/** The calendar stands still: no rule that is explored here depends on the date. */
const WALL_MS = Date.UTC(2026, 0, 1, 8)
/** Belongs to no sale. */
const NO_SALE = 0

interface Waiting {
  readonly record: JournalRecord
  readonly sale: number
  readonly resolve: (result: WriteResult) => void
}

export interface SwitchTimer {
  readonly dueMs: number
  readonly ms: number
  readonly sale: number
  readonly run: () => void
}

/** A request that came and was not answered yet. */
export interface OpenRequest {
  readonly mti: string
  readonly sale: number
  readonly arrivedMs: number
}

export class RunningSwitch {
  waiting: Waiting[] = []
  /** Committed, and the process does not know it yet. */
  news: (Waiting & { readonly result: WriteResult })[] = []
  readonly timers: SwitchTimer[] = []
  readonly open: OpenRequest[] = []
  readonly host: ExploredHost
  readonly stock: StockShadow
  /** Running sales that their terminal has reversed. */
  readonly cancelled = new Set<string>()
  /** Outcomes that the journal refused and that are tried again later. */
  readonly refused = new Map<number, JournalRecord>()
  /** Without a block of RRNs. */
  unleased = true
  book: Book | undefined
  readonly #scene: Scene
  readonly #answeredNotes: boolean
  readonly #defect: Defect
  readonly #saleOf = new Map<number, number>()
  /** The sale whose event is being carried out: what is begun meanwhile belongs to it. */
  #sale = NO_SALE

  constructor(scene: Scene, spec: { answeredNotes: boolean; defect?: Defect | undefined }) {
    this.#scene = scene
    this.#answeredNotes = spec.answeredNotes
    this.#defect = spec.defect ?? {}
    for (const { id, key } of scene.store.saleRows()) this.#saleOf.set(id, Number(key.stan))
    this.stock = new StockShadow(scene.store.stock)
    const clock: Clock = {
      monotonicMs: () => scene.nowMs,
      wallMs: () => WALL_MS,
      after: (ms, run) => this.#after(ms, run),
    }
    this.host = new ExploredHost(scene, {
      after: (sale, ms, run) => this.#afterFor(sale, ms, run),
      saleOf: (id) => this.#saleOf.get(id) ?? NO_SALE,
    })
    const own: Journal = { write: (record) => this.#write(record) }
    const reader = scene.store.sales
    openBook(
      {
        ...{ reader, clock, stock: this.stock, vault: this.#vault() },
        journal: this.#defect.journal?.(own) ?? own,
        cardHost: this.#defect.cardHost?.(this.host) ?? this.host,
        catalogue: { product: (id: ProductId) => ({ id, priceRial: PRICE, enabled: true }) },
        notice: () => undefined,
        refusing: () => undefined,
      },
      SETTINGS,
      {
        openIntents: this.#defect.forgetsIntents === true ? [] : reader.openIntents(),
        highestSaleId: reader.highestSaleId(),
        highestRrn: reader.counter('rrn'),
        gaps: [],
      },
    ).then((book) => this.#opened(book), this.#threw)
  }

  #opened(book: Book): void {
    this.book = book
    this.stock.watch(book.inventory)
    const { running } = book
    const set = running.set.bind(running)
    running.set = (place, sale) => {
      const cancel = (): boolean => {
        this.cancelled.add(place)
        return sale.cancel()
      }
      return set(place, { ...sale, cancel })
    }
    const take = running.take.bind(running)
    running.take = (place) => {
      this.cancelled.delete(place)
      return take(place)
    }
    this.#defect.book?.(book)
  }

  /** A message of a terminal, or of the card host, arrives. */
  receive(message: Message): void {
    this.#sale = message.sale
    if (message.to === 'card gateway') return this.#hostSays(message)
    if (message.to !== 'switch' || this.book === undefined) return
    const { nowMs } = this.#scene
    const request: OpenRequest = { mti: message.mti, sale: message.sale, arrivedMs: nowMs }
    this.open.push(request)
    answerTo(this.book, message, nowMs).then((reply) => {
      this.open.splice(this.open.indexOf(request), 1)
      if (reply === undefined) return
      this.#judgeReply(reply.message)
      this.#scene.net.push(reply.message)
      reply.written?.(this.#answeredNotes)
    }, this.#threw)
  }

  #judgeReply(reply: Extract<Message, { to: 'terminal' }>): void {
    const { judge } = this.#scene
    if (reply.mti === '0410') judge.reversed(reply.sale, reply.code)
    else if (reply.mti !== '0230') judge.answered(reply)
  }

  #hostSays(message: Extract<Message, { to: 'card gateway' }>): void {
    const { mti, sale, trace, code } = message
    if (mti === '0430') return this.host.reversalAnswered(sale, code)
    if (this.host.debitAnswered(trace, code) || code !== '00' || this.book === undefined) return
    const late: OpenRequest = { mti: 'late', sale, arrivedMs: 0 }
    this.open.push(late)
    this.host.note(sale, 'late')
    const approval = { authCode: '004711', hostDate: undefined }
    lateApproval(this.book, hostTrace(trace), tidOf(Math.floor(sale / 10)), approval).then(() => {
      this.open.splice(this.open.indexOf(late), 1)
    }, this.#threw)
  }

  /** All that was handed over is committed, or the disk is full. */
  commit(full: boolean): void {
    const group = this.waiting
    this.waiting = []
    const { store, judge } = this.#scene
    for (const each of group) {
      const [result] = full ? [FULL] : (store.apply([each.record]) as [WriteResult])
      this.news.push({ ...each, result })
      if (result.kind !== 'written') continue
      this.#defect.committed?.(store, each.record)
      const fact = factOf(each.record, each.sale)
      if (fact !== undefined) judge.committed(fact)
    }
    this.#scene.judgeStock()
  }

  /** The process learns what became of its records, one after another. `settle` after each. */
  tell(settle: () => void): void {
    const { news } = this
    this.news = []
    for (const { record, sale, resolve, result } of news) {
      this.#sale = sale
      this.#remember(record, sale, result)
      resolve(result)
      settle()
    }
  }

  #remember(record: JournalRecord, sale: number, { kind }: WriteResult): void {
    if (record.kind === 'lease') this.unleased = kind !== 'written'
    if (kind === 'written') {
      this.refused.delete(sale)
    } else if (record.kind === 'outcome') this.refused.set(sale, record)
    else if (record.kind === 'reversal') this.host.note(sale, 'not written')
  }

  fire(timer: SwitchTimer): void {
    this.timers.splice(this.timers.indexOf(timer), 1)
    this.#sale = timer.sale
    timer.run()
  }

  #after(ms: number, run: () => void): () => void {
    this.host.delayed(this.#sale, ms)
    return this.#afterFor(this.#sale, ms, run)
  }

  #afterFor(sale: number, ms: number, run: () => void): () => void {
    const timer = { dueMs: this.#scene.nowMs + ms, ms, sale, run }
    this.timers.push(timer)
    return () => {
      const at = this.timers.indexOf(timer)
      if (at >= 0) this.timers.splice(at, 1)
    }
  }

  #write(record: JournalRecord): Promise<WriteResult> {
    return new Promise((resolve) => {
      this.waiting.push({ record, sale: this.#saleOfRecord(record), resolve })
    })
  }

  #saleOfRecord(record: JournalRecord): number {
    if ('key' in record) this.#saleOf.set(record.id, Number(record.key.stan))
    if (!('id' in record)) return NO_SALE
    return this.#saleOf.get(record.id) ?? NO_SALE
  }

  #vault(): Vault {
    const opened = (id: number): VoucherPin => {
      const which = this.#defect.voucherPin?.(id) ?? id
      const known = PINS.get(which)
      if (known !== undefined) return known
      const voucherPin = VoucherPin.parse(`71${String(which).padStart(10, '0')}`)
      if (isReason(voucherPin)) throw new Error(voucherPin.reason)
      PINS.set(which, voucherPin)
      return voucherPin
    }
    return {
      openPin: ({ id }) => opened(id),
      openVouchers: (ids): OpenedVoucher[] =>
        ids.map((id) => ({ id, serial: `S${id}`, voucherPin: opened(id) })),
      sealCard: () => NO_CARD,
    }
  }

  readonly #threw = (error: unknown): void => {
    this.#scene.judge.violations.push(`bug: the core threw: ${String(error)}`)
  }
}

const PINS = new Map<number, VoucherPin>()
const NO_CARD = ''
const FULL: WriteResult = { kind: 'rolled-back', reason: 'full', detail: 'explored' }
