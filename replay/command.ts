// `evs replay`: reads what it was told, plays, and reports. The report goes to stdout, how it is
// going to stderr. Exit codes: 0 nothing lost, 1 something was lost or it failed, 3 nothing lost in
// what was sent, and not everything was sent, 4 nothing could be sent at all. What it was told
// wrongly is thrown, with a hint, and told by the command line as every such error is.

import { writeFileSync } from 'node:fs'
import type { Connect } from '../pos-terminal/line.ts'
import { socketConnect } from '../pos-terminal/socket-connect.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import { jsonText } from '../protocol/values/json-text.ts'
import { isReason } from '../protocol/values/reason.ts'
import { ConnectionSlots } from './connection-slots.ts'
import { Ledger } from './ledger.ts'
import { type PlayJob, type PlayOptions, readPlayJob } from './play-options.ts'
import { type Progress, play } from './player.ts'
import { showProgress } from './progress-line.ts'
import { type Report, reportOf, reportText } from './report.ts'
import type { Stage } from './stage.ts'
import { readTerminals, type TerminalList, TestFleet } from './test-fleet.ts'
import { checkHeaders, readTraffic, TrafficError } from './traffic-reader.ts'
import { Waits } from './waits.ts'

export interface ReplayOut {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Whether a line on stderr can be written over. */
  readonly isTTY: boolean
}

export interface ReplayWorld {
  readonly out: ReplayOut
  /** The first signal: what is open is brought to an end. */
  readonly interrupted: Promise<void>
}

const EXIT = { done: 0, failed: 1, partly: 3, unreachable: 4 } as const

/** Source and destination of a terminal without an address of its own. */
const TPDU = Buffer.from('6000010000', 'hex')

export async function runReplay(
  files: readonly string[],
  options: PlayOptions,
  world: ReplayWorld,
): Promise<number> {
  const { out } = world
  const job = readPlayJob(options, systemTimers.wallMs())
  if (isReason(job)) throw new UsageError(job.reason)
  const list = await readTerminals(job.terminals, job.keyFile)
  if (isReason(list)) throw new UsageError(`--terminals: ${list.reason}`)
  await checkHeaders(files).catch((error: unknown) => {
    throw error instanceof TrafficError ? new UsageError(error.message) : error
  })
  const run = new ReplayRun(job, list)
  const isShown = options.quiet !== true && options.json !== true
  const hide = isShown ? showProgress(run, out) : () => undefined
  const { report, damage, missing } = await run.play(files, world.interrupted).finally(hide)
  out.stdout(options.json === true ? `${jsonText(report)}\n` : reportText(report))
  for (const what of missing) out.stderr(`${what}\n`)
  if (damage !== undefined) return told(out, damage, EXIT.failed)
  if (options.hgrm !== undefined) {
    try {
      writeFileSync(options.hgrm, run.stage.waits.distribution())
    } catch (error) {
      return told(out, `--hgrm: ${(error as Error).message}`, EXIT.failed)
    }
  }
  return exitOf(report, missing.length > 0)
}

/** Nothing was tried. */
class UsageError extends Error {
  readonly hint = '`evs replay --help` shows the options with examples'
}

interface Played {
  readonly report: Report
  /** Of the traffic: what was read before it was played. */
  readonly damage: string | undefined
  /** Parts of the recording that were not given. */
  readonly missing: readonly string[]
}

/** Terminals without a connection whose newest sales are remembered. */
const LIVE_BESIDE = 10_000

/** What one run is made of, wired together. */
class ReplayRun {
  readonly timers = systemTimers
  readonly stage: Stage
  readonly progress: Progress = { records: 0, leftOut: 0, atMs: 0, isReading: true }
  readonly #job: PlayJob
  readonly #fleet: TestFleet
  #isStopping = false
  #isInterrupted = false
  #fault: unknown

  constructor(job: PlayJob, list: TerminalList) {
    this.#job = job
    const failed = (error: unknown): void => {
      this.#fault ??= error
      this.#isStopping = true
    }
    this.stage = {
      ...{ ledger: new Ledger(), waits: new Waits(), slots: new ConnectionSlots(job.connections) },
      cards: job.cards,
      isStopping: () => this.#isStopping,
      work: { waiting: 0, underWay: 0, dropped: 0 },
      failed,
    }
    const connect: Connect = socketConnect(job.address, systemTimers, failed)
    const { settings, isFolded } = job
    const { stage, timers } = this
    const liveMost = job.connections + LIVE_BESIDE
    this.#fleet = new TestFleet({
      ...{ list, stage, settings, timers, connect, tpdu: TPDU, isFolded, liveMost },
    })
  }

  async play(files: readonly string[], interrupted: Promise<void>): Promise<Played> {
    void interrupted.then(() => {
      this.#isStopping = true
      this.#isInterrupted = true
    })
    const { stage, progress, timers } = this
    const { schedule, fromMs, toMs } = this.#job
    const beganMs = timers.monotonicMs()
    const began = process.cpuUsage()
    let damage: string | undefined
    const missing: string[] = []
    try {
      const traffic = readTraffic(files, { fromMs, missing: (what) => missing.push(what) })
      const fleet = this.#fleet
      await play({ traffic, fleet, stage, schedule, timers, toMs, progress })
    } catch (error) {
      if (!(error instanceof TrafficError)) throw error
      damage = error.message
    } finally {
      for (const terminal of this.#fleet.live()) terminal.hangUp()
    }
    if (this.#fault !== undefined) throw this.#fault
    stage.ledger.close()
    const { user, system } = process.cpuUsage(began)
    const report = reportOf({
      ...{ ledger: stage.ledger, waits: stage.waits, progress, dropped: stage.work.dropped },
      seconds: (timers.monotonicMs() - beganMs) / 1_000,
      processorSeconds: (user + system) / 1e6,
      interrupted: this.#isInterrupted || damage !== undefined,
    })
    return { report, damage, missing }
  }
}

/** What was left out proves nothing, whatever the reason: only all of the traffic is all of it. */
function exitOf({ ok, sales, records, interrupted }: Report, isPartMissing: boolean): number {
  if (!ok) return EXIT.failed
  if (sales.sent === 0 && sales.notSent > 0) return EXIT.unreachable
  const isWhole = sales.notSent === 0 && records.leftOut === 0 && !isPartMissing
  return isWhole && !interrupted ? EXIT.done : EXIT.partly
}

function told(out: ReplayOut, text: string, exit: number): number {
  out.stderr(`${text}\n`)
  return exit
}
