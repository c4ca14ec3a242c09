// Terminals that sell at an even pace for hours, with lossy lines and paper that jams, and what
// they printed: one of the three sides that must agree at the end.

import { setTimeout as pause } from 'node:timers/promises'
import type { RawReceipt } from '../crash/raw-terminal.ts'
import { type LineTerminal, lineTerminal } from '../power/line-terminal.ts'
import { Seeded } from '../simulation/seeded.ts'

export interface PacedOptions {
  readonly tids: readonly string[]
  readonly mid: string
  readonly port: () => number | undefined
  /** Of all terminals together. */
  readonly salesPerSecond: number
  readonly seed: number
}

const REPLY_MS = 4_000
const LOSS = 0.01
const JAMS = 0.02

type Settled = Awaited<ReturnType<LineTerminal['clear']>>

export class PacedTerminals {
  readonly receipts: RawReceipt[] = []
  readonly outcomes: Record<string, number> = {}
  readonly #options: PacedOptions
  readonly #terminals: readonly LineTerminal[]
  #selling = true
  #ended: Promise<unknown> = Promise.resolve()

  constructor(options: PacedOptions) {
    const { tids, mid, port, seed } = options
    this.#options = options
    this.#terminals = tids.map((tid, index) =>
      lineTerminal({
        ...{ tid, mid, port, replyMs: REPLY_MS, lossRate: LOSS, jamRate: JAMS },
        random: new Seeded(seed * 1_000 + index),
      }),
    )
  }

  start(): void {
    const { seed } = this.#options
    this.#ended = Promise.all(
      this.#terminals.map((terminal, index) => {
        return this.#sellOn(terminal, new Seeded(seed * 2_000 + index))
      }),
    )
  }

  /** Stops selling and brings every open sale to its end. */
  async stop(): Promise<void> {
    this.#selling = false
    await this.#ended
    await Promise.all(
      this.#terminals.map(async (terminal) => {
        terminal.mend()
        for (let tries = 0; tries < 40; tries++) {
          if (this.#note(await terminal.clear()) !== 'open') return
          await pause(500)
        }
        throw new Error('a terminal cannot end its sale')
      }),
    )
  }

  async #sellOn(terminal: LineTerminal, random: Seeded): Promise<void> {
    const { tids, salesPerSecond } = this.#options
    const meanMs = (1_000 * tids.length) / salesPerSecond
    let due = performance.now() + random.next() * meanMs
    while (this.#selling) {
      await pause(Math.max(0, due - performance.now()))
      // What was missed while the switch was away is not made up for.
      due = Math.max(due + meanMs * (0.5 + random.next()), performance.now())
      if (this.#note(await terminal.clear()) === 'open') continue
      this.#note(await terminal.sell())
    }
  }

  #note(outcome: Settled | Awaited<ReturnType<LineTerminal['sell']>>): string {
    const { kind } = outcome
    if (kind !== 'nothing') this.outcomes[kind] = (this.outcomes[kind] ?? 0) + 1
    if (outcome.kind === 'sold') {
      const vouchers = outcome.vouchers.map(({ voucherPin }) => voucherPin.reveal()).join()
      this.receipts.push({ rrn: outcome.sale.rrn ?? '', vouchers })
    }
    return kind
  }
}
