// A whole switch on virtual time for one test: three terminals, twenty vouchers, a ledger, and a
// disk that can be full. It can be started again on what its store kept.

import type Database from 'better-sqlite3'
import type { Fields } from '../../../protocol/message/encode.ts'
import type { Message } from '../../../protocol/message/message.ts'
import type { Book, SaleSettings } from '../../../switch/core/book.ts'
import type { Terminal } from '../../../switch/core/sale-record.ts'
import { Seeded } from '../../simulation/seeded.ts'
import { memoryDatabase, type Stocked, stock } from '../../simulation/sim-store.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { SimLedger } from './story-host.ts'
import { type RunningSwitch, startSwitch } from './story-switch.ts'
import { adviceFields, ask, inquiryFields, saleFields } from './story-terminal.ts'

export const MID = '000000000100001'

export class Story {
  readonly time: VirtualTime
  readonly database: Database.Database
  readonly stocked: Stocked
  readonly ledger = new SimLedger()
  readonly settings: Partial<SaleSettings>
  running!: RunningSwitch
  full = false

  private constructor(
    time: VirtualTime,
    database: Database.Database,
    settings: Partial<SaleSettings>,
  ) {
    this.time = time
    this.database = database
    this.settings = settings
    const products = [{ id: '091905', vouchers: 20 }]
    this.stocked = stock(database, { terminals: 3, products })
  }

  static async begin(
    settings: Partial<SaleSettings> = {},
    startMs = Date.UTC(2026, 10, 22, 6),
  ): Promise<Story> {
    const story = new Story(new VirtualTime(startMs), await memoryDatabase(), settings)
    await story.start()
    return story
  }

  async start(): Promise<void> {
    const { time, database, ledger, settings } = this
    const starting = startSwitch({
      ...{ time, database, ledger, settings, ring: this.stocked.ring, random: new Seeded(1) },
      writeFaults: { full: () => this.full, delayMs: () => 1 },
    })
    await time.run(1_000)
    this.running = await starting
  }

  async restart(): Promise<void> {
    this.running.kill()
    await this.start()
  }

  get book(): Book {
    return this.running.book
  }

  /** The same switch with something of its book changed. */
  change(change: Partial<Book>): void {
    const book = { ...this.book, ...change }
    this.running = { ...this.running, book, gateway: { ...this.running.gateway, book } }
  }

  /** While `numbers()` is false no STAN is to be had for a reversal. */
  rationNumbers(numbers: () => boolean): void {
    const { cardHost } = this.book
    this.change({
      cardHost: {
        prepare: () => cardHost.prepare(),
        debit: (debit) => cardHost.debit(debit),
        reverse: (reversal, repeat) => cardHost.reverse(reversal, repeat),
        reversalTrace: (trace) => (numbers() ? cardHost.reversalTrace(trace) : undefined),
        forget: (trace) => cardHost.forget(trace),
        ready: (link) => cardHost.ready(link),
      },
    })
  }

  /** The STANs of 0200s that the card host's side is told to forget from now on. */
  watchForgotten(): string[] {
    const forgotten: string[] = []
    const { cardHost } = this.book
    this.change({
      cardHost: {
        prepare: () => cardHost.prepare(),
        debit: (debit) => cardHost.debit(debit),
        reverse: (reversal, repeat) => cardHost.reverse(reversal, repeat),
        reversalTrace: (trace) => cardHost.reversalTrace(trace),
        forget: (trace) => forgotten.push(trace.stan),
        ready: (link) => cardHost.ready(link),
      },
    })
    return forgotten
  }

  sale(stan: number, change: Partial<Parameters<typeof saleFields>[1]> = {}): Fields {
    return saleFields(this.time, { terminal: 1, stan, ...change })
  }

  async ask(mti: string, fields: Fields, loseReply = false): Promise<Message | undefined> {
    return this.wait(ask(this.running, this.time, mti, fields, { loseReply }))
  }

  /** Sends and goes on: time moves only when the test moves it. */
  send(mti: string, fields: Fields, cameMs?: number): Promise<Message | undefined> {
    return ask(this.running, this.time, mti, fields, cameMs === undefined ? {} : { cameMs })
  }

  async sell(stan: number, change: Partial<Parameters<typeof saleFields>[1]> = {}) {
    const fields = this.sale(stan, change)
    return { fields, reply: await this.ask('0200', fields) }
  }

  advise(mti: string, sale: Fields): Promise<Message | undefined> {
    return this.ask(mti, adviceFields(this.time, sale))
  }

  inquire(sale: Fields): Promise<Message | undefined> {
    return this.ask('0100', inquiryFields(this.time, sale, 900))
  }

  dayEndFields(stan: number, figures: string): Fields {
    const fields = inquiryFields(this.time, this.sale(stan), stan)
    return { ...fields, 3: '920000', 48: figures }
  }

  dayEnd(stan: number, figures: string): Promise<Message | undefined> {
    return this.ask('0500', this.dayEndFields(stan, figures))
  }

  async wait<Result>(promise: Promise<Result>, ms = 100_000): Promise<Result> {
    let ended = false
    promise.then(() => {
      ended = true
    })
    await this.time.runUntil(() => ended, ms)
    if (!ended) throw new Error('nothing came of it')
    return promise
  }

  terminal(key = 1): Terminal {
    const tid = String(10_000_000 + key)
    const found = this.running.gateway.directory.find(0, MID, tid)
    if (found === undefined) throw new Error('there is no such terminal')
    return found.terminal
  }

  netDebits(): number {
    return [...this.ledger.debits.values()].filter((debit) => !debit.reversed).length
  }

  count(
    what: 'sale' | 'voucher' | 'reversal' | 'claim' | 'day_end' | 'journal',
    where = '1 = 1',
  ): number {
    const sql = `select count(*) from ${what} where ${where}`
    return this.database.prepare(sql).pluck().get() as number
  }

  journal(kind: string): Record<string, unknown>[] {
    const rows = this.database.prepare('select body from journal where kind = ? order by jseq')
    return (rows.pluck().all(kind) as string[]).map((body) => JSON.parse(body))
  }
}

export function code(reply: Message | undefined): string | undefined {
  return reply?.get(39)
}
