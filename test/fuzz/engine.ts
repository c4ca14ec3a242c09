// Runs one slice of one target: makes inputs, keeps those that bring new behaviour, and watches for
// what may not be: an untyped throw, a wrong answer, more than 5 ms for a message, more memory than
// 64 times the input, an answer that depends on bytes around the input. The same target, seed and
// number of runs give the same inputs, as far as the target keeps no state. Prints nothing.

import { Coverage } from './coverage.ts'
import { Dice } from './dice.ts'
import {
  COUNTED_AS,
  type Counts,
  type Fault,
  type Finding,
  type FindingKind,
  faultOf,
  noCounts,
} from './findings.ts'
import { HeapMeter } from './heap-meter.ts'
import { minimised } from './minimise.ts'
import { Mutator } from './mutator.ts'
import type { FuzzTarget, OpenTarget, Outcome, Seed } from './target.ts'

export interface SliceOptions {
  readonly runs: number
  readonly seed: number
  /** Is told every input before it runs, so that one that never ends is known. */
  readonly watch?: (input: Buffer) => void
  /** Counts blocks in the first runs and keeps inputs that reach new ones. */
  readonly coverage?: boolean
}

export interface SliceResult extends Counts {
  readonly target: string
  readonly runs: number
  readonly seed: number
  readonly corpus: number
  readonly outcomes: number
  readonly blocks: number | null
  readonly findings: readonly Finding[]
  readonly seconds: number
}

const SLOW_MS = 5
const SLOW_TIMES = 15
const ALLOCATION_FACTOR = 64
const CORPUS_MOST = 2_000
const FINDINGS_MOST = 20
const GENERATED = 200
/** One input in so many is measured, or looked at from two surroundings. */
const MEASURE_EVERY = 20_000
const SURROUND_EVERY = 256
const EXPLORED_MOST = 4_000
const EXPLORED_AT_ONCE = 250

export async function runSlice(target: FuzzTarget, options: SliceOptions): Promise<SliceResult> {
  const slice = new Slice(target, options)
  return slice.run()
}

class Slice {
  readonly #target: FuzzTarget
  readonly #options: SliceOptions
  readonly #dice: Dice
  readonly #mutator: Mutator
  readonly #corpus: Seed[] = []
  readonly #outcomes = new Set<Outcome>()
  readonly #counts = noCounts()
  readonly #findings: Finding[] = []
  readonly #signatures = new Set<string>()
  #meter: HeapMeter | undefined
  #open!: OpenTarget
  /** An error outside of any call: of a microtask or a promise that nobody awaits. */
  #stray: unknown[] = []

  constructor(target: FuzzTarget, options: SliceOptions) {
    this.#target = target
    this.#options = options
    this.#dice = new Dice(options.seed)
    this.#mutator = new Mutator(this.#dice, target.mostBytes, target.words)
  }

  async run(): Promise<SliceResult> {
    const { runs, seed } = this.#options
    const noteStray = (error: unknown): void => void this.#stray.push(error)
    process.on('uncaughtException', noteStray)
    process.on('unhandledRejection', noteStray)
    const started = performance.now()
    let blocks: number | null = null
    try {
      blocks = await this.#allRuns()
    } finally {
      process.off('uncaughtException', noteStray)
      process.off('unhandledRejection', noteStray)
    }
    return {
      ...{ target: this.#target.name, runs, seed, corpus: this.#corpus.length },
      ...{ outcomes: this.#outcomes.size, blocks, ...this.#counts, findings: this.#findings },
      seconds: (performance.now() - started) / 1_000,
    }
  }

  async #allRuns(): Promise<number | null> {
    const { runs, coverage } = this.#options
    this.#open = await this.#target.open(this.#dice)
    this.#corpus.push(...this.#open.seeds)
    for (let i = 0; i < GENERATED && this.#open.generate !== undefined; i++) {
      this.#corpus.push(this.#open.generate(this.#dice))
    }
    const explored = coverage === true ? Math.min(EXPLORED_MOST, Math.floor(runs / 10)) : 0
    const blocks = coverage === true ? await this.#explore(explored) : null
    await this.#loop(runs - explored)
    await this.#open.close?.()
    return blocks
  }

  get #slowMs(): number {
    return this.#target.slowMs ?? SLOW_MS
  }

  /** The first runs under coverage: an input that reaches a new block is kept. */
  async #explore(runs: number): Promise<number> {
    const coverage = new Coverage()
    await coverage.start()
    for (let done = 0; done < runs; ) {
      const inputs: Buffer[] = []
      for (; inputs.length < EXPLORED_AT_ONCE && done < runs; done++) {
        inputs.push(Buffer.from(this.#mutator.next(this.#corpus)))
      }
      for (const input of inputs) await this.#one(input)
      if ((await coverage.fresh()) > 0) await this.#keepReaching(inputs)
    }
    await coverage.stop()
    return coverage.blocks
  }

  /** Blocks are counted for many inputs at once: an even sample of them joins the corpus. */
  async #keepReaching(inputs: readonly Buffer[]): Promise<void> {
    for (let i = this.#dice.below(10); i < inputs.length; i += 10) {
      const bytes = inputs[i]
      if (bytes !== undefined && this.#corpus.length < CORPUS_MOST) this.#corpus.push({ bytes })
    }
  }

  async #loop(runs: number): Promise<void> {
    const { watch } = this.#options
    const explain = this.#open.explain !== undefined
    const slowMs = this.#slowMs
    let last = performance.now()
    for (let i = 1; i <= runs; i++) {
      const input = this.#mutator.next(this.#corpus)
      watch?.(input)
      let outcome: Outcome | Promise<Outcome>
      try {
        outcome = this.#open.run(input)
        if (typeof outcome === 'object') outcome = await outcome
        if (!this.#outcomes.has(outcome)) this.#keep(outcome, input)
      } catch (error) {
        await this.#caught(error, input)
      }
      if (this.#stray.length > 0) await this.#caught(this.#stray.pop(), input)
      const now = performance.now()
      if (now - last > slowMs) await this.#judgeTime(input)
      if (explain && i % SURROUND_EVERY === 0) await this.#judgeSurroundings(input)
      if (i % MEASURE_EVERY === 0 || i === runs) await this.#judgeMemory(input)
      last = now - last > slowMs || i % MEASURE_EVERY === 0 ? performance.now() : now
    }
  }

  async #one(input: Buffer): Promise<void> {
    this.#options.watch?.(input)
    try {
      const outcome = await this.#open.run(input)
      if (!this.#outcomes.has(outcome)) this.#keep(outcome, input)
    } catch (error) {
      await this.#caught(error, input)
    }
    if (this.#stray.length > 0) await this.#caught(this.#stray.pop(), input)
  }

  #keep(outcome: Outcome, input: Buffer): void {
    this.#outcomes.add(outcome)
    if (this.#corpus.length < CORPUS_MOST) this.#corpus.push({ bytes: Buffer.from(input) })
  }

  async #caught(error: unknown, input: Buffer): Promise<void> {
    const fault = faultOf(error, this.#target.typedErrors ?? [])
    if (fault === undefined) return
    await this.#note(fault.kind, fault.signature, fault.what, input, async (candidate) => {
      return (await this.#faultAgain(candidate))?.signature === fault.signature
    })
  }

  async #faultAgain(input: Buffer): Promise<Fault | undefined> {
    try {
      await this.#open.run(input)
      return undefined
    } catch (error) {
      return faultOf(error, this.#target.typedErrors ?? [])
    }
  }

  /** The machine does other things too: slow is what is slow each time, many times over. */
  async #judgeTime(given: Buffer): Promise<void> {
    const input = Buffer.from(given)
    const least = async (candidate: Buffer): Promise<number> => {
      let ms = Number.POSITIVE_INFINITY
      for (let i = 0; i < SLOW_TIMES && ms > this.#slowMs; i++)
        ms = Math.min(ms, await this.#msOf(candidate))
      return ms
    }
    const ms = await least(input)
    if (ms <= this.#slowMs) return
    const what = `${ms.toFixed(1)} ms at best for ${input.length} bytes`
    const fails = async (candidate: Buffer) => (await least(candidate)) > this.#slowMs
    await this.#note('slow', 'slow', what, input, fails)
  }

  async #msOf(input: Buffer): Promise<number> {
    const started = performance.now()
    await this.#faultAgain(input)
    return performance.now() - started
  }

  async #judgeMemory(given: Buffer): Promise<void> {
    this.#meter ??= new HeapMeter()
    const input = Buffer.from(given)
    const { floorBytes, allocationFactor = ALLOCATION_FACTOR } = this.#target
    const most = (bytes: number) => floorBytes + allocationFactor * bytes
    const measure = (candidate: Buffer) => this.#meterOf(candidate)
    const used = await measure(input)
    if (used <= most(input.length) || (await measure(input)) <= most(input.length)) return
    const what = `${Math.round(used)} bytes for an input of ${input.length}`
    const fails = async (candidate: Buffer) => (await measure(candidate)) > most(candidate.length)
    await this.#note('allocation', 'allocation', what, input, fails)
  }

  #meterOf(input: Buffer): Promise<number> {
    this.#meter ??= new HeapMeter()
    const { alone, run } = this.#open
    return this.#meter.bytesPerRun(() => {
      try {
        const given: unknown = alone === undefined ? run(input) : alone(input)
        return given instanceof Promise ? given.catch(() => undefined) : given
      } catch {
        return undefined
      }
    })
  }

  /** The same input in two surroundings must give the same: nothing outside it is read. */
  async #judgeSurroundings(input: Buffer): Promise<void> {
    const differs = async (candidate: Buffer): Promise<boolean> => {
      const [zeros, ones] = [0x30, 0xff].map((fill) => this.#explainedIn(candidate, fill))
      return zeros !== ones
    }
    if (!(await differs(input))) return
    const what = 'the answer depends on bytes outside of the input'
    await this.#note('mismatch', what, what, input, differs)
  }

  #explainedIn(input: Buffer, fill: number): string {
    const around = Buffer.alloc(input.length + 64, fill)
    around.set(input, 32)
    try {
      return this.#open.explain?.(around.subarray(32, 32 + input.length)) ?? ''
    } catch {
      return 'a throw, which the run itself reports'
    }
  }

  /** Counts every time, but makes small and keeps only the first of each fault. */
  async #note(
    kind: FindingKind,
    signature: string,
    what: string,
    given: Buffer,
    fails: (candidate: Buffer) => Promise<boolean>,
  ): Promise<void> {
    this.#counts[COUNTED_AS[kind]] += 1
    const key = `${kind} ${signature}`
    if (this.#signatures.has(key) || this.#findings.length >= FINDINGS_MOST) return
    this.#signatures.add(key)
    const input = await minimised(Buffer.from(given), fails)
    const { name } = this.#target
    const { seed } = this.#options
    this.#findings.push({ target: name, seed, kind, what, hex: input.toString('hex') })
  }
}
