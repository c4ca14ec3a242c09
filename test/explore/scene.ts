// What outlives a crash of the switch: store, card host, terminals, messages on their way, and the
// judge's memory. Plain data, so that it can be copied where no promise is waiting: at a crash.

import type { MerchantId, TerminalId } from '../../protocol/values/identifiers.ts'
import { MemoryStore } from '../simulation/memory-store.ts'
import { HostBook } from './host-book.ts'
import { Judge } from './judge.ts'
import { type Message, terminalOf } from './messages.ts'
import { newTill, type Till, type TillStep } from './till.ts'
import type { WorldSpec } from './world-spec.ts'

export const PRODUCT = '091905'
export const MID = '000000000100001' as MerchantId
const TERMINAL_TIMEOUT_MS = 45_000
const TERMINALS = new Map([1, 2].map((key) => [key, { tid: tidOf(key), mid: MID }]))

export function tidOf(terminal: number): TerminalId {
  return String(10_000_000 + terminal) as TerminalId
}

export class Scene {
  nowMs = 0
  store = new MemoryStore(TERMINALS)
  host = new HostBook()
  judge = new Judge()
  tills: Till[] = []
  /** When each terminal stops waiting. */
  tillDue: (number | undefined)[] = []
  net: Message[] = []
  faults: number
  crashes: number
  lastStan = 0

  constructor(spec: Pick<WorldSpec, 'terminals' | 'vouchers' | 'faults' | 'crashes'>) {
    this.faults = spec.faults
    this.crashes = spec.crashes
    for (const _ of spec.terminals) {
      this.tills.push(newTill())
      this.tillDue.push(undefined)
    }
    const ids = Array.from({ length: spec.vouchers }, (_, at) => at + 1)
    const vouchers = ids.map((id) => ({ id, serial: `S${id}`, sealed: Buffer.alloc(0) }))
    const lot = { id: 1, product: PRODUCT, expires: 20991231, vouchers }
    this.store.addBatch({ id: 1, state: 'released', lots: [lot] })
    this.judge.imported(ids)
  }

  /** A terminal has made a step: what it sends goes out, and its clock starts again. */
  tillStep(terminal: number, step: TillStep): void {
    const till = this.tills[terminal - 1] as Till
    for (const mti of [step.send, step.also]) {
      if (mti !== undefined) this.net.push({ to: 'switch', mti, sale: terminal * 10 + till.at })
    }
    this.tillDue[terminal - 1] = step.waits ? this.nowMs + TERMINAL_TIMEOUT_MS : undefined
  }

  till(sale: number): Till {
    return this.tills[terminalOf(sale) - 1] as Till
  }

  judgeStock(): void {
    const rows = [...this.store.voucherRows()].map(({ id, state }) => [id, state] as const)
    const [lot] = this.store.lotRows()
    if (lot !== undefined) this.judge.stock(rows, lot.counts)
  }

  judgeRest(): void {
    const outcomes: [number, string][] = []
    for (const [at, { outcomes: all }] of this.tills.entries()) {
      for (const [n, outcome] of all.entries()) outcomes.push([(at + 1) * 10 + n + 1, outcome])
    }
    this.judge.atRest(this.host.net(), outcomes)
  }

  copy(): Scene {
    const copy = new Scene({ terminals: [], vouchers: 0, faults: this.faults, crashes: 0 })
    copy.crashes = this.crashes
    copy.nowMs = this.nowMs
    copy.store = new MemoryStore(TERMINALS)
    copy.store.restore(this.store.snapshot())
    copy.host = this.host.copy()
    copy.judge = this.judge.copy()
    copy.tills = this.tills.map((till) => ({ ...till, outcomes: [...till.outcomes] }))
    copy.tillDue = [...this.tillDue]
    copy.net = [...this.net]
    copy.lastStan = this.lastStan
    return copy
  }
}
