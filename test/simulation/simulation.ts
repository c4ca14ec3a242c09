// One seed: a faulty phase in which terminals sell and everything may go wrong, then a healing
// phase that must come to rest, and the oracle's last judgement. Synchronous from start to end, so
// that the same seed takes the same course to the byte.

import { Coverage } from './covered/coverage.ts'
import { drain } from './drain.ts'
import { ledgerRows, partsOf } from './host-ledger.ts'
import { probeLimits } from './limits/probe.ts'
import { judgeBooks, judgeRest, judgeStock, maybeClosed, netSales } from './oracle/rest.ts'
import { isUnsaleable, PRODUCTS } from './shop.ts'
import type { ShopTerminal } from './shop-terminal.ts'
import { SimWorld } from './sim-world.ts'
import type { SimStore } from './sqlite-sim-store.ts'

export interface SeedResult {
  readonly seed: number
  readonly sales: number
  readonly crashes: number
  readonly faults: number
  readonly effects: number
  readonly virtualMs: number
  /** Sales that the switch refused for a limit of the day. */
  readonly limitRefusals: number
  /** Sets of keys that terminals were given, and messages refused for their MAC. */
  readonly logons: number
  readonly macRefusals: number
  /** SHA-256 of every byte on every wire, with its time. */
  readonly trace: string
  readonly violations: readonly string[]
}

export interface SeedOptions {
  readonly seed: number
  readonly sales: number
  readonly newStore: () => SimStore
  readonly coverage?: Coverage
}

const STIR_MS = 700
/** No phase takes longer; what does is somebody who waits for ever. */
const PATIENCE_MS = 2 * 86_400_000
/** Sales take some hours at most; a terminal that asks for ever fills the memory meanwhile. */
const SALES_PATIENCE_MS = 12 * 3_600_000
/** Several midnights pass meanwhile. */
const PROBE_MS = 5 * 86_400_000
/** Virtual time in which a healed world must come to rest. */
const REST_MS = 4 * 3_600_000

export function simulateSeed(options: SeedOptions): SeedResult {
  const { seed, sales, newStore, coverage = new Coverage() } = options
  const store = newStore()
  coverage.begin()
  const world = new SimWorld(seed, store, coverage)
  const run = new Run(world)
  try {
    run.faultyPhase(sales)
    run.healingPhase()
    run.lastJudgement()
  } catch (error) {
    if (!(error instanceof Stopped)) world.oracle.bug(error)
  }
  const { crashes, faults, effects, trace, oracle, time } = world
  const identities = [...oracle.identities.values()].filter((one) => one.firstContent !== undefined)
  const virtualMs = time.monotonicMs()
  store.close()
  const { violations } = oracle
  const { refusals: limitRefusals } = oracle.limits
  const figures = { seed, sales: identities.length, crashes, faults, effects, virtualMs }
  const { logons = 0, macRefusals = 0 } = oracle.keys ?? {}
  return { ...figures, limitRefusals, logons, macRefusals, trace, violations }
}

/** The oracle has seen enough: what follows a violation proves nothing more. */
class Stopped extends Error {}

class Run {
  readonly #world: SimWorld

  constructor(world: SimWorld) {
    this.#world = world
  }

  faultyPhase(sales: number): void {
    const world = this.#world
    let left = sales
    const all = world.terminals.map(async (terminal) => {
      await world.lines.pause(world.random.between(0, 3_000))
      while (left-- > 0) {
        await terminal.sellOnce()
        await world.lines.pause(world.random.between(1, 4_000))
      }
    })
    let stirring = true
    const stir = () => {
      if (!stirring) return
      world.stir()
      world.time.after(world.random.between(1, 2 * STIR_MS), stir)
    }
    stir()
    this.#until(Promise.all(all), 'the terminals to end their sales', SALES_PATIENCE_MS)
    stirring = false
  }

  healingPhase(): void {
    const world = this.#world
    world.heal()
    const selling = async () => {
      while (world.instance?.selling !== true || !world.administrator.isDone) {
        await world.lines.pause(500)
      }
      await world.lines.pause(120_000)
      await world.lines.renewKeys()
    }
    this.#until(selling(), 'the switch to be up', PATIENCE_MS + world.administrator.gapAheadMs)
    for (const { id, enabled } of PRODUCTS) if (enabled) world.refill(id, 12)
    const plainly = world.terminals.map((terminal, index) => this.#sellPlainly(terminal, index))
    this.#until(Promise.all(plainly), 'the sales of a healed world')
    this.#until(world.lines.pause(REST_MS), 'everything to come to rest')
  }

  lastJudgement(): void {
    const world = this.#world
    this.#settle()
    this.#until(
      Promise.all(world.terminals.map((terminal) => terminal.inquireAll())),
      'the answers to all inquiries',
    )
    judgeRest(world.oracle, world.ledger)
    if (world.limits.isUsed) this.#until(probeLimits(world), 'the limits of a day', PROBE_MS)
    if (world.keyed.terminals) {
      const restart = () => world.restart()
      this.#until(world.lines.probeKeys(restart), 'the keys of a terminal')
    }
    this.#until(Promise.all(world.terminals.map((one) => this.#endDay(one))), 'the ends of day')
    this.#until(this.#sellOut(), 'the last voucher to be sold')
    judgeRest(world.oracle, world.ledger)
    judgeStock(world.oracle, isUnsaleable)
    judgeBooks(world.oracle, world.ledger, world.store.books([...ledgerRows(world.ledger)]))
    for (const problem of world.store.problems()) world.oracle.violation(`the store: ${problem}`)
  }

  /** In a healed world nothing but an empty stock keeps a sale from being approved. */
  async #sellPlainly(terminal: ShopTerminal, index: number): Promise<void> {
    const product = index % 2 === 0 ? '091905' : '093510'
    const code = await terminal.sellPlainly(product, 1)
    if (code !== '00') this.#world.oracle.violation(`a plain sale was answered ${code}`)
  }

  async #endDay(terminal: ShopTerminal): Promise<void> {
    const { oracle } = this.#world
    const { merchant, tid } = terminal.entry
    const place = { ...merchant, tid }
    const unsure = maybeClosed(oracle, place)
    const { count, amount } = netSales(oracle, place)
    const code = await terminal.endDay(count, amount)
    if (code !== '00' && !unsure)
      oracle.violation(`${tid}: end of day of ${count} was answered ${code}`)
  }

  /** Buys everything that is for sale: what does not come out is lost. */
  async #sellOut(): Promise<void> {
    const [terminal] = this.#world.terminals
    for (const { id, enabled } of PRODUCTS) {
      let count = enabled ? 10 : 0
      while (count > 0) {
        const code = await terminal?.sellPlainly(id, count)
        if (code === '44') count = count > 1 ? Math.floor(count / 2) : 0
        else if (code !== '00') {
          this.#world.oracle.violation(`selling out was answered ${code}`)
          return
        }
      }
    }
  }

  /**
   * The host's settlement file: a debit that was booked after its reversal had been answered 25
   * twice, and whose approval never came through, is known from nowhere else.
   */
  #settle(): void {
    const { ledger, instance, oracle } = this.#world
    for (const [key, debit] of ledger) {
      if (debit.reversed || debit.unfoundBefore < 2) continue
      if (debit.approvalDelivered && !oracle.troubles.ofStore(0)) continue
      const { trace, tid, link } = partsOf(key)
      const host = { link, transmission: trace.slice(0, 10), stan: trace.slice(10) as never }
      const approval = { authCode: '000000', hostDate: undefined }
      void instance?.assembly.book.reversals.lateApproval(host, tid as never, approval)
    }
    this.#until(this.#world.lines.pause(REST_MS / 4), 'the settlement')
  }

  /** Runs the world until the promise is kept; carries out everything that follows each timer. */
  #until(promise: Promise<unknown>, what: string, patienceMs = PATIENCE_MS): void {
    let kept = false
    let failure: unknown
    promise.then(
      () => {
        kept = true
      },
      (error: unknown) => {
        failure = error
        kept = true
      },
    )
    const { time, oracle } = this.#world
    const untilMs = time.monotonicMs() + patienceMs
    drain()
    while (!kept) {
      if (time.monotonicMs() > untilMs) throw new Error(`too long for ${what}`)
      if (oracle.violations.length > 0) throw new Stopped()
      if (!time.step()) throw new Error(`nothing happens any more, waiting for ${what}`)
      drain()
    }
    if (failure !== undefined) throw failure
  }
}
