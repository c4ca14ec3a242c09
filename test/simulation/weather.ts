// What can go wrong, how often, in one seed: each fault is on or off and mild or rough, drawn from
// the seed, so that some seeds see one trouble purely and others all at once.

import type { Seeded } from './seeded.ts'
import { PURCHASE_FAULTS, REVERSAL_FAULTS } from './sim-host.ts'

export const WIRE_FAULTS = [
  'request lost',
  'reply lost',
  'request twice',
  'slow link',
  'terminal reset',
  'delayed duplicate',
  'wrong MAC',
  'old keys',
] as const

/** The disk is lost, and a backup is restored; what is left of mark and database varies. */
export const RESTORE_FAULTS = [
  'restored over its mark',
  'restored without its mark',
  'restored from an older copy',
] as const

export const WORLD_FAULTS = [
  'link flap',
  'host away',
  'host signs off',
  'disk full',
  'journal busy',
  'slow disk',
  'I/O error',
  'ambiguous commit',
  'crash',
  'stall',
  'clock forward',
  'clock back',
  'stock-out',
  'refill',
  'hold',
  'orderly stop',
  ...RESTORE_FAULTS,
] as const

export type WireFault = (typeof WIRE_FAULTS)[number]
export type RestoreFault = (typeof RESTORE_FAULTS)[number]
export type WorldFault = (typeof WORLD_FAULTS)[number]
export type Fault =
  | WireFault
  | WorldFault
  | (typeof PURCHASE_FAULTS)[number]
  | (typeof REVERSAL_FAULTS)[number]

const ALL_FAULTS: readonly Fault[] = [
  ...WIRE_FAULTS,
  ...WORLD_FAULTS,
  ...PURCHASE_FAULTS,
  ...REVERSAL_FAULTS,
]

/** Probability of one occasion; what an occasion is differs from fault to fault. */
const ROUGH: Readonly<Record<Fault, number>> = {
  'request lost': 0.05,
  'reply lost': 0.08,
  'request twice': 0.05,
  'slow link': 0.05,
  'terminal reset': 0.04,
  'delayed duplicate': 0.04,
  'wrong MAC': 0.04,
  'old keys': 0.03,
  'link flap': 0.06,
  'host away': 0.02,
  'host signs off': 0.02,
  'disk full': 0.04,
  'journal busy': 0.004,
  'slow disk': 0.01,
  'I/O error': 0.0015,
  'ambiguous commit': 0.0015,
  crash: 0.0012,
  stall: 0.05,
  'clock forward': 0.02,
  'clock back': 0.02,
  'stock-out': 0.02,
  refill: 0.04,
  hold: 0.03,
  'orderly stop': 0.01,
  'restored over its mark': 0.003,
  'restored without its mark': 0.002,
  'restored from an older copy': 0.002,
  decline: 0.06,
  silent: 0.02,
  'debit and silence': 0.03,
  'late approval': 0.03,
  'late decline': 0.01,
  'debit after the deadline': 0.02,
  partial: 0.02,
  'other amount': 0.02,
  'open code': 0.02,
  'open code and debit': 0.02,
  'crash after the debit': 0.01,
  'duplicate answer': 0.03,
  'unreadable answer': 0.01,
  'wrong key first': 0.01,
  'answer on another link': 0.03,
  'answer without a right MAC': 0.02,
  'reversal lost': 0.1,
  'reversal answer lost': 0.1,
  'reversal refused': 0.06,
  'reversal answer twice': 0.05,
  'reversal answer without a right MAC': 0.05,
}

export class Weather {
  readonly #random: Seeded
  readonly #rates: Record<Fault, number>
  #calm = false

  constructor(random: Seeded) {
    this.#random = random
    const rates = { ...ROUGH }
    const share = random.pick([0.25, 0.5, 0.5, 1])
    for (const fault of ALL_FAULTS) {
      if (!random.chance(share)) rates[fault] = 0
      else rates[fault] *= random.pick([0.3, 1, 1, 3])
    }
    this.#rates = rates
  }

  /** The healing phase: nothing goes wrong any more. */
  clear(): void {
    this.#calm = true
  }

  get calm(): boolean {
    return this.#calm
  }

  /** It is not calm, and this seed has that fault. */
  may(fault: Fault): boolean {
    return this.#rates[fault] > 0 && !this.#calm
  }

  strikes(fault: Fault): boolean {
    const rate = this.#rates[fault]
    return rate > 0 && !this.#calm && this.#random.chance(rate)
  }

  /** At most one of them. */
  among<One extends Fault>(faults: readonly One[]): One | undefined {
    if (this.#calm) return undefined
    let left = this.#random.next()
    for (const fault of faults) {
      left -= this.#rates[fault]
      if (left < 0) return fault
    }
    return undefined
  }
}
