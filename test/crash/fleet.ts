// Terminals that sell without a pause, each with the product's own terminal software, and what they
// printed: the third side of the audit, beside the switch and the card host.

import { setTimeout as pause } from 'node:timers/promises'
import { type DemoTerminal, demoTerminal } from '../../switch/demo/demo-terminal.ts'
import type { SwitchProcess } from '../../switch/demo/switch-process.ts'
import type { Seeded } from '../simulation/seeded.ts'

export const CARDS = ['6037990000000014', '6273530000000029'] as const

const PRICE = 50_000
const PRODUCT = '093205'
const REPLY_MS = 4_000

export interface Printed {
  readonly voucherPin: string
  readonly by: string
  readonly rrn: string
}

export class Fleet {
  readonly printed: Printed[] = []
  readonly outcomes = new Map<string, number>()
  /** Printed when an earlier sale, left open, was found to stand. */
  lateReceipts = 0
  readonly #terminals: DemoTerminal[]
  readonly #random: Seeded
  #selling = true
  #ended: Promise<unknown> = Promise.resolve()

  constructor(
    options: { tids: readonly string[]; mid: string; random: Seeded },
    switchProcess: SwitchProcess,
  ) {
    this.#random = options.random
    this.#terminals = options.tids.map((tid) =>
      demoTerminal({
        ...{ tid, mid: options.mid, merchantName: 'CRASH TEST', language: 'en' as const },
        port: () => switchProcess.port('pos'),
        replyMs: REPLY_MS,
      }),
    )
  }

  start(): void {
    this.#ended = Promise.all(
      this.#terminals.map((terminal, index) => this.#sellOn(terminal, `terminal ${index + 1}`)),
    )
  }

  /** Stops selling and brings every open sale to its end. */
  async stop(): Promise<void> {
    this.#selling = false
    await this.#ended
    await Promise.all(
      this.#terminals.map(async (terminal, index) => {
        for (let tries = 0; tries < 20; tries++) {
          const settled = await terminal.clear()
          if (settled.kind === 'sold') this.#note(settled, `terminal ${index + 1}`)
          if (settled.kind !== 'open') return
          await pause(500)
        }
        throw new Error(`terminal ${index + 1} cannot end its sale`)
      }),
    )
  }

  async #sellOn(terminal: DemoTerminal, by: string): Promise<void> {
    while (this.#selling) {
      if (this.#random.chance(0.1)) terminal.loseNextReply()
      const card = this.#random.pick(CARDS)
      // A sale that stayed open may have been sold: its receipt comes out before the next sale.
      const earlier = await terminal.clear()
      if (earlier.kind === 'sold') {
        this.lateReceipts++
        this.#note(earlier, by)
      }
      if (earlier.kind === 'open') continue
      const outcome = await terminal.sell(PRODUCT, PRICE, card)
      this.outcomes.set(outcome.kind, (this.outcomes.get(outcome.kind) ?? 0) + 1)
      if (outcome.kind === 'sold') this.#note(outcome, by)
      else await pause(50)
    }
  }

  #note(
    sold: {
      sale: { rrn: string | null }
      vouchers: readonly { voucherPin: { reveal(): string } }[]
    },
    by: string,
  ): void {
    for (const { voucherPin } of sold.vouchers) {
      this.printed.push({ voucherPin: voucherPin.reveal(), by, rrn: sold.sale.rrn ?? '' })
    }
  }
}
