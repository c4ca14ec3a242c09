// Every cut of a recording, or an even share of them: at each the whole prefix as it stood, and the
// same with only some of its unsynced writes. Booted and judged one after the other.

import { join } from 'node:path'
import { Seeded } from '../simulation/seeded.ts'
import { checkImage } from './check-image.ts'
import { Disk, type Survival } from './disk.ts'
import { type Promised, PromiseReader } from './promises.ts'
import type { RecordedRun } from './recorded-run.ts'

export interface CutOptions {
  readonly folder: string
  readonly images: number
  readonly seed: number
  /** Stop when so many images were bad: a control needs no more. */
  readonly enough: number
  /** This share of the images, counted from 0. */
  readonly share: { readonly number: number; readonly of: number }
}

export interface CutResult {
  readonly images: number
  readonly operations: number
  readonly syncs: number
  readonly cuts: number
  readonly promises: number
  readonly bad: number
  /** The first problems, with where they were found. */
  readonly problems: readonly string[]
}

const NAMED_MOST = 20
/** An open as the switch does it starts a thread; one image in so many is opened so. */
const WHOLE_EVERY = 50

export async function checkCuts(run: RecordedRun, options: CutOptions): Promise<CutResult> {
  const disk = new Disk(run.initial)
  const ports = { terminals: run.terminalPorts, cardHost: run.cardHostPort }
  const reader = new PromiseReader(ports)
  const random = new Seeded(options.seed)
  const promised: Promised[] = []
  const problems: string[] = []
  const { operations } = run
  // A little more than the share, so that rounding does not lose the last image.
  const wanted = options.images / (operations.length + 1) + 1e-9
  const tally = { images: 0, bad: 0, made: 0, owed: 0, cuts: 0 }
  const judge = async (cut: number, survival: Survival) => {
    if (tally.made++ % options.share.of !== options.share.number) return
    const whole = tally.images++ % WHOLE_EVERY === 0
    const folder = join(options.folder, `image-${options.share.number}`)
    const image = disk.image(survival, new Seeded(options.seed * 1_000_003 + tally.made))
    const found = await checkImage(image, promised, { folder, kekFile: run.kekFile, whole })
    if (found.length === 0) return
    tally.bad++
    for (const problem of found.slice(0, 3)) {
      if (problems.length < NAMED_MOST) problems.push(`cut ${cut}, ${survival}: ${problem}`)
    }
  }
  for (let cut = 0; cut <= operations.length && tally.bad < options.enough; cut++) {
    tally.owed += wanted
    if (tally.owed >= 1) tally.cuts++
    for (let turn = 0; tally.owed >= 1 && tally.bad < options.enough; turn++) {
      tally.owed -= 1
      await judge(cut, survivalOf(turn, wanted, disk.unsynced, random))
    }
    const operation = operations[cut]
    if (operation === undefined) break
    disk.apply(operation)
    if (operation.kind === 'send') promised.push(...reader.read(operation))
  }
  const syncs = operations.filter(({ kind }) => kind === 'sync-end').length
  const { images, bad, cuts } = tally
  return {
    ...{ images, cuts, bad, problems, syncs },
    operations: operations.length,
    promises: promised.length,
  }
}

/** The whole prefix first, then less of it; where only one image is due, one of them by chance. */
function survivalOf(turn: number, wanted: number, unsynced: number, random: Seeded): Survival {
  if (wanted >= 2 && turn === 0) return 'all'
  if (unsynced === 0) return 'nothing'
  const draw = random.next()
  if (wanted < 2 && draw < 0.4) return 'all'
  return draw < 0.55 ? 'nothing' : 'some'
}
