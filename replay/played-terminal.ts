// One terminal of the fleet: does what the traffic says, one thing after another, as a terminal
// would. A record that comes while it is busy waits its turn, and keeps the time at which it was
// due. What a sale and its answers mean is in played-sales.ts.

import { type EndOfDayOutcome, endOfDay } from '../pos-terminal/end-of-day.ts'
import { echo, initialise, reprint } from '../pos-terminal/inquire.ts'
import { logOn } from '../pos-terminal/logon.ts'
import type { Terminal } from '../pos-terminal/terminal.ts'
import type { PlainRecord, TrafficRecord } from '../protocol/traffic/traffic-record.ts'
import type { SlotHolder } from './connection-slots.ts'
import type { Tally } from './ledger.ts'
import { type KeptState, keptOf } from './light-store.ts'
import { PlayedSales } from './played-sales.ts'
import type { Stage } from './stage.ts'
import type { WaitKind } from './waits.ts'

interface Due {
  readonly record: TrafficRecord
  readonly dueMs: number
}

const WAIT_KIND: Readonly<Record<string, WaitKind>> = {
  sale: 'sale',
  repeat: 'repeat',
  confirmation: 'confirmation',
  reversal: 'reversal',
}

const DAY_ENDS = {
  closed: 'ends of day closed',
  differs: 'ends of day that differ',
  refused: 'ends of day refused',
  unknown: 'ends of day unanswered',
  blocked: 'ends of day unanswered',
} as const satisfies Record<EndOfDayOutcome['kind'], Tally>

export class PlayedTerminal implements SlotHolder {
  readonly #terminal: Terminal
  readonly #stage: Stage
  readonly #sales: PlayedSales
  readonly #hasKeys: boolean
  #queue: Due[] = []
  #isRunning = false

  constructor(terminal: Terminal, stage: Stage, hasKeys: boolean) {
    this.#terminal = terminal
    this.#stage = stage
    this.#hasKeys = hasKeys
    this.#sales = new PlayedSales(terminal, stage, hasKeys)
  }

  take(record: TrafficRecord, dueMs: number): void {
    this.#queue.push({ record, dueMs })
    this.#stage.work.waiting += 1
    if (this.#isRunning) return
    this.#run().catch((error: unknown) => {
      this.#stage.work.underWay -= 1
      this.#stage.failed(error)
    })
  }

  /** It could be forgotten but for `kept`: nothing is under way or open, and nothing is owed. */
  get isQuiet(): boolean {
    return !this.#isRunning && !this.#sales.owes && this.#terminal.store.state.endOfDay === null
  }

  /** Leaves the stage: what it must remember until it comes back. */
  park(): KeptState {
    this.hangUp()
    this.#stage.slots.giveUp(this)
    return keptOf(this.#terminal.store.state)
  }

  hangUp(): void {
    this.#terminal.line.close('the terminal hangs up')
  }

  /** What is open at the end of the run gets its last chances. */
  async settle(): Promise<void> {
    if (!this.#sales.owes) return
    await this.#stage.slots.enter(this)
    await this.#sales.settle()
    this.#stage.slots.leave(this)
  }

  async #run(): Promise<void> {
    const { work } = this.#stage
    this.#isRunning = true
    work.underWay += 1
    // Taken as a whole: what comes meanwhile is the next.
    while (this.#queue.length > 0) {
      const queue = this.#queue
      this.#queue = []
      for (const due of queue) {
        work.waiting -= 1
        await this.#do(due)
      }
    }
    work.underWay -= 1
    this.#isRunning = false
  }

  async #do({ record, dueMs }: Due): Promise<void> {
    const { slots } = this.#stage
    if (this.#isDropped(record)) return
    if (record.do === 'open' || record.do === 'close') {
      this.hangUp()
      slots.giveUp(this)
      return
    }
    await slots.enter(this)
    // It may have been stopped meanwhile.
    if (!this.#isDropped(record)) await this.#timed(record, dueMs)
    slots.leave(this)
  }

  /** Nothing new is begun when it stops; what speaks of a sale helps it to its end. */
  #isDropped(record: TrafficRecord): boolean {
    const { isStopping, work } = this.#stage
    if (!isStopping() || 'of' in record) return false
    work.dropped += 1
    return true
  }

  async #timed(record: TrafficRecord, dueMs: number): Promise<void> {
    const { timers } = this.#terminal
    const turnMs = timers.monotonicMs()
    const wasAnswered = await this.#say(record)
    if (wasAnswered) {
      const kind = WAIT_KIND[record.do] ?? 'other'
      this.#stage.waits.note(kind, { dueMs, turnMs, nowMs: timers.monotonicMs() })
    }
  }

  /** False: there was nothing to say. */
  async #say(record: TrafficRecord): Promise<boolean> {
    switch (record.do) {
      case 'sale':
        return this.#sales.sell(record)
      case 'repeat':
      case 'confirmation':
      case 'reversal':
      case 'inquiry':
        return this.#sales.follow(record)
      case 'reprint': {
        const { track2 } = this.#stage.cards(record.card)
        const printed = await reprint(this.#terminal, { kind: 'track2', track2 })
        return this.#counted('reprints', printed.kind !== 'no-answer')
      }
      default:
        return this.#other(record)
    }
  }

  async #other(record: PlainRecord): Promise<boolean> {
    switch (record.do) {
      case 'logon': {
        // Its next messages need no logon; one without keys has none to do.
        if (!this.#hasKeys) return this.#echo()
        const outcome = await logOn(this.#terminal)
        return this.#counted('logons', outcome.kind !== 'no-answer')
      }
      case 'initialise': {
        const outcome = await initialise(this.#terminal)
        return this.#counted('catalogues', outcome.kind !== 'no-answer')
      }
      case 'end-of-day':
        return this.#closeDay()
      default:
        return this.#echo()
    }
  }

  async #echo(): Promise<boolean> {
    return this.#counted('echoes', (await echo(this.#terminal)).kind !== 'no-answer')
  }

  async #closeDay(): Promise<true> {
    await this.#sales.settle()
    const { ledger } = this.#stage
    const outcome = this.#sales.isOpen ? undefined : await endOfDay(this.#terminal)
    ledger.tally(DAY_ENDS[outcome?.kind ?? 'blocked'])
    return true
  }

  #counted(what: Tally, isAnswered: boolean): true {
    this.#stage.ledger.tally(isAnswered ? what : 'other messages unanswered')
    return true
  }
}
