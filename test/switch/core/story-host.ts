// The card host of a simulation, behind the core's port: a ledger that outlives the switch, and
// faults drawn from the seed. It debits once per (DE 7, DE 11, DE 41) and reverses idempotently.

import type { Stan, TerminalId } from '../../../protocol/values/identifiers.ts'
import { transmissionTime } from '../../../protocol/values/moment.ts'
import type { CardHost, Debit, DebitResult, ReversalReply } from '../../../switch/core/card-host.ts'
import type { Clock } from '../../../switch/core/clock.ts'
import type { Approval, OpenReversal } from '../../../switch/core/journal.ts'
import type { HostTrace } from '../../../switch/core/sale-record.ts'
import type { Seeded } from '../../simulation/seeded.ts'

export interface LedgerEntry {
  readonly rrn: string
  readonly amount: number
  readonly card: string
  readonly at: number
  reversed: boolean
}

/** Survives every crash of the switch. */
export class SimLedger {
  readonly debits = new Map<string, LedgerEntry>()
  /** Reversals that came before their debit: the host refuses the debit when it comes. */
  readonly early = new Set<string>()
  /** The reversals as they came: `0420 <STAN of the 0200>`. */
  readonly advices: string[] = []
  stan = 0

  debit(key: string, entry: LedgerEntry): void {
    if (!this.early.has(key)) this.debits.set(key, entry)
  }

  reverse(key: string, remember: boolean): '00' | '25' {
    const entry = this.debits.get(key)
    if (entry === undefined) {
      if (remember) this.early.add(key)
      return '25'
    }
    entry.reversed = true
    return '00'
  }
}

export interface HostFaults {
  decline: number
  /** Debited, and nobody hears of it. */
  silentDebited: number
  silent: number
  /** The approval comes after the deadline. */
  late: number
  otherAmount: number
  notSent: number
  reversalSilent: number
  reversalRefused: number
  down: number
}

const NO_FAULTS: HostFaults = {
  decline: 0,
  silentDebited: 0,
  silent: 0,
  late: 0,
  otherAmount: 0,
  notSent: 0,
  reversalSilent: 0,
  reversalRefused: 0,
  down: 0,
}

export const HOST_TIMEOUT_MS = 25_000

export class SimCardHost implements CardHost {
  faults: HostFaults = { ...NO_FAULTS }
  onLate: ((host: HostTrace, tid: TerminalId, approval: Approval) => void) | undefined
  readonly #ledger: SimLedger
  readonly #clock: Clock
  readonly #random: Seeded
  #dead = false

  constructor(ledger: SimLedger, clock: Clock, random: Seeded) {
    this.#ledger = ledger
    this.#clock = clock
    this.#random = random
  }

  crash(): void {
    this.#dead = true
  }

  prepare(): HostTrace | undefined {
    if (this.#random.chance(this.faults.down)) return undefined
    return { link: 'sim', ...this.reversalTrace() }
  }

  reversalTrace(): { stan: Stan; transmission: string } {
    this.#ledger.stan = (this.#ledger.stan % 999_999) + 1
    return {
      stan: String(this.#ledger.stan).padStart(6, '0') as Stan,
      transmission: transmissionTime(this.#clock.wallMs()),
    }
  }

  forget(): void {
    // STANs of a simulation never wrap within a run.
  }

  ready(): boolean {
    return true
  }

  debit(debit: Debit): Promise<DebitResult> {
    const { faults } = this
    const random = this.#random
    const approval: Approval = { authCode: '004711', hostDate: undefined }
    const delayMs = random.between(1, 2_000)
    if (random.chance(faults.notSent)) return this.#after(0, { kind: 'not-sent', why: 'simulated' })
    if (random.chance(faults.decline)) {
      return this.#after(delayMs, { kind: 'declined', responseCode: '51' })
    }
    const silence: DebitResult = { kind: 'unknown', why: 'silence', approval: undefined }
    if (random.chance(faults.silent)) return this.#after(HOST_TIMEOUT_MS, silence)
    if (random.chance(faults.silentDebited)) {
      this.#book(debit, delayMs)
      return this.#after(HOST_TIMEOUT_MS, silence)
    }
    if (random.chance(faults.late)) {
      const lateMs = random.between(1, 3) * HOST_TIMEOUT_MS
      this.#book(debit, random.chance(0.5) ? delayMs : lateMs - 1, () =>
        this.#tellLate(debit, approval, lateMs),
      )
      return this.#after(HOST_TIMEOUT_MS, silence)
    }
    this.#book(debit, delayMs)
    if (random.chance(faults.otherAmount)) {
      return this.#after(delayMs + 1, { kind: 'unknown', why: 'other amount', approval })
    }
    return this.#after(delayMs + 1, { kind: 'approved', approval })
  }

  reverse(reversal: OpenReversal, repeat: boolean): Promise<ReversalReply> {
    this.#ledger.advices.push(`${repeat ? '0421' : '0420'} ${reversal.host.stan}`)
    const random = this.#random
    const delayMs = random.between(1, 500)
    const lost = random.chance(this.faults.reversalSilent)
    const arrives = !lost || random.chance(0.5)
    let responseCode = '25'
    return new Promise((resolve) => {
      this.#clock.after(delayMs, () => {
        if (this.#dead) return
        if (!lost && random.chance(this.faults.reversalRefused)) responseCode = '12'
        else if (arrives) responseCode = this.#ledger.reverse(hostKey(reversal), random.chance(0.5))
        if (!lost) return resolve({ kind: 'answered', responseCode })
        this.#clock.after(HOST_TIMEOUT_MS, () => {
          if (!this.#dead) resolve({ kind: 'silent' })
        })
      })
    })
  }

  #book(debit: Debit, delayMs: number, then?: () => void): void {
    const { request, rrn, card, trace } = debit
    const key = `${trace.transmission}/${trace.stan}/${request.identity.terminal.tid}`
    // The host is another machine: it debits whether the switch lives or not.
    this.#clock.after(delayMs, () => {
      const at = this.#clock.wallMs()
      const amount = request.content.amount
      this.#ledger.debit(key, { rrn, amount, card: card.pan.masked(), at, reversed: false })
      if (this.#ledger.debits.has(key)) then?.()
    })
  }

  #tellLate(debit: Debit, approval: Approval, lateMs: number): void {
    this.#clock.after(lateMs, () => {
      if (!this.#dead) this.onLate?.(debit.trace, debit.request.identity.terminal.tid, approval)
    })
  }

  #after<Result>(delayMs: number, result: Result): Promise<Result> {
    return new Promise((resolve) => {
      this.#clock.after(delayMs, () => {
        if (!this.#dead) resolve(result)
      })
    })
  }
}

function hostKey(reversal: OpenReversal): string {
  return `${reversal.host.transmission}/${reversal.host.stan}/${reversal.tid}`
}
