// The terminal engine: the operations of one terminal, one at a time, in the order they are asked
// for. Time, connection, store and printer are handed in, so that a simulation can own all four.
// It knows no key pad and no paper; what it must not forget is in the store.

import type { Timers } from '../protocol/link/timers.ts'
import {
  type EndOfDayOutcome,
  endOfDay,
  type NewPeriodOutcome,
  startNewPeriod,
} from './end-of-day.ts'
import {
  type Blocked,
  type EchoOutcome,
  echo,
  type InitialiseOutcome,
  type InquiryOutcome,
  initialise,
  inquireSale,
  type OriginalSale,
  type ReprintOutcome,
  reprint,
} from './inquire.ts'
import { type Connect, Line } from './line.ts'
import { type LogonOutcome, logOn } from './logon.ts'
import { type SaleOrder, type SaleOutcome, sell } from './sell.ts'
import type { CardEntry, TerminalSettings } from './settings.ts'
import { clearQueue, clearSales, type Settled } from './settle.ts'
import type { TerminalState } from './state.ts'
import type { TerminalStore } from './store.ts'
import type { ReceiptPrinter, Terminal } from './terminal.ts'
import { NO_KEYS, type TerminalKeys } from './terminal-keys.ts'

export interface EngineOptions {
  readonly settings: TerminalSettings
  readonly timers: Timers
  readonly connect: Connect
  readonly store: TerminalStore
  readonly printer: ReceiptPrinter
  /** `60 dddd ssss`; undefined on a link without. */
  readonly tpdu: Buffer | undefined
  readonly keys?: TerminalKeys
  /** What the person at the terminal should know. */
  readonly warn?: (text: string) => void
}

export class TerminalEngine {
  readonly #terminal: Terminal
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: EngineOptions) {
    const { settings, timers, connect, store, printer, tpdu } = options
    this.#terminal = {
      settings,
      timers,
      store,
      printer,
      line: new Line({ connect, timers, tpdu }),
      keys: options.keys ?? NO_KEYS,
      warn: options.warn ?? (() => undefined),
    }
  }

  /** What would be found after a power cut at this moment. */
  get state(): TerminalState {
    return this.#terminal.store.state
  }

  sell(order: SaleOrder): Promise<SaleOutcome> {
    return this.#inTurn(() => sell(this.#terminal, order))
  }

  /** Ends an open sale and sends what is owed; every sale begins with it. */
  clearQueue(): Promise<Settled> {
    return this.#inTurn(() => clearQueue(this.#terminal))
  }

  inquire(original: OriginalSale): Promise<InquiryOutcome> {
    return this.#inTurn(() => inquireSale(this.#terminal, original))
  }

  reprint(card: CardEntry): Promise<ReprintOutcome> {
    return this.#inTurn(async () => {
      const blocked = await this.#blocked()
      return blocked ?? reprint(this.#terminal, card)
    })
  }

  endOfDay(): Promise<EndOfDayOutcome> {
    return this.#inTurn(async () => {
      const blocked = await this.#blocked()
      return blocked ?? endOfDay(this.#terminal)
    })
  }

  startNewPeriod(): Promise<NewPeriodOutcome> {
    return this.#inTurn(() => startNewPeriod(this.#terminal))
  }

  initialise(): Promise<InitialiseOutcome> {
    return this.#inTurn(() => initialise(this.#terminal))
  }

  /** New session keys; a terminal with keys also logs on by itself when it has to. */
  logOn(): Promise<LogonOutcome> {
    return this.#inTurn(() => logOn(this.#terminal))
  }

  echo(): Promise<EchoOutcome> {
    return this.#inTurn(() => echo(this.#terminal))
  }

  close(): void {
    this.#terminal.line.close('terminal stops')
  }

  async #blocked(): Promise<Blocked | undefined> {
    const settled = await clearSales(this.#terminal)
    return settled.kind === 'open' ? { kind: 'blocked', reason: settled.reason } : undefined
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(run)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
