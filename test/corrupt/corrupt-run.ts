// Many mutations, one at a time, each on a fresh copy of what a killed switch left; and older
// copies. Counts what became of each kind; a silent one is told with its seed.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Seeded } from '../simulation/seeded.ts'
import { type Examination, examine, openWhole, type Verdict } from './examine.ts'
import { filledStore } from './filled-store.ts'
import { copyImage, type Image, takeImages } from './images.ts'
import { KINDS, type MutationKind, mutate } from './mutations.ts'
import { bringBackOlderCopies, type OlderCopies } from './older-copies.ts'

export interface CorruptResult {
  readonly mutations: number
  /** Of them: the same damage to the same image is counted once. */
  readonly distinct: number
  readonly byVerdict: Readonly<Record<Verdict, number>>
  readonly byKind: Readonly<Record<string, Partial<Record<Verdict, number>>>>
  readonly byImage: Readonly<Record<string, Partial<Record<Verdict, number>>>>
  /** Opened once more with lock and writer, as `evs serve` does. */
  readonly openedWhole: number
  readonly olderCopies: OlderCopies
  readonly violations: readonly string[]
}

export interface CorruptOptions {
  readonly mutations: number
  readonly seed: number
  readonly progress?: (done: number) => void
}

export async function corruptRun(options: CorruptOptions): Promise<CorruptResult> {
  const scratch = mkdtempSync(join(tmpdir(), 'evs-corrupt-'))
  const store = await filledStore()
  try {
    const images = await takeImages(store, scratch)
    for (const { folder, truths, name } of images) {
      copyImage(folder, join(scratch, 'victim'))
      const sound = await examine(join(scratch, 'victim'), truths)
      if (sound.verdict !== 'harmless') throw new Error(`${name}: ${sound.detail}`)
    }
    const olderCopies = await bringBackOlderCopies(images[0] as Image, scratch, 5)
    return await runAll({ ...options, scratch, images, olderCopies })
  } finally {
    rmSync(store.directory, { recursive: true, force: true })
    rmSync(scratch, { recursive: true, force: true })
  }
}

interface Run extends CorruptOptions {
  readonly scratch: string
  readonly images: readonly Image[]
  readonly olderCopies: OlderCopies
}

type Counts = Record<string, Partial<Record<Verdict, number>>>

/** So often a mutation is opened with lock and writer too. */
const WHOLE_EVERY = 50

async function runAll(run: Run): Promise<CorruptResult> {
  const all: Counts = {}
  const byKind: Counts = {}
  const byImage: Counts = {}
  const seen = new Set<string>()
  const violations = [...run.olderCopies.violations]
  let done = 0
  let openedWhole = 0
  for (let seed = run.seed; done < run.mutations; seed++) {
    const kind = KINDS[seed % KINDS.length] as MutationKind
    const image = run.images[Math.floor(seed / KINDS.length) % run.images.length] as Image
    const result = await one(run, image, kind, seed)
    if (result === undefined) continue
    done++
    const { verdict, detail, what, whole } = result
    seen.add(`${image.name} ${kind} ${what}`)
    for (const [counts, name] of [
      [all, 'all'],
      [byKind, kind],
      [byImage, image.name],
    ] as const) {
      count(counts, name, verdict)
    }
    const told = `seed ${seed}: ${image.name}: ${kind}: ${what}`
    if (verdict === 'silent' || verdict === 'untyped') {
      violations.push(`${told}: ${verdict}: ${detail}`)
    }
    if (whole !== undefined) openedWhole++
    if (whole === 'otherwise') violations.push(`${told}: opened whole it is not ${verdict}`)
    run.progress?.(done)
  }
  const byVerdict = { ...NONE, ...all.all }
  const { olderCopies } = run
  return {
    ...{ mutations: done, distinct: seen.size, byVerdict, byKind, byImage },
    ...{ openedWhole, olderCopies, violations },
  }
}

const NONE: Readonly<Record<Verdict, number>> = {
  ...{ 'refused at the start': 0, 'found by the verifier': 0, 'noticed in use': 0 },
  ...{ harmless: 0, silent: 0, untyped: 0 },
}

function count(counts: Counts, name: string, verdict: Verdict): void {
  const sums = counts[name] ?? {}
  sums[verdict] = (sums[verdict] ?? 0) + 1
  counts[name] = sums
}

type Outcome = Examination & { what: string; whole: 'likewise' | 'otherwise' | undefined }

/** Undefined when there was nothing to damage, or the damage changed nothing. */
async function one(
  { scratch }: Run,
  image: Image,
  kind: MutationKind,
  seed: number,
): Promise<Outcome | undefined> {
  const folder = join(scratch, 'victim')
  const damage = () => {
    copyImage(image.folder, folder)
    return mutate(kind, { folder, states: image.states }, new Seeded(seed))
  }
  const what = damage()
  if (what === undefined) return undefined
  const examination = await examine(folder, image.truths)
  if (seed % WHOLE_EVERY !== 0) return { ...examination, what, whole: undefined }
  damage()
  const code = await openWhole(folder)
  const wasRefused = examination.verdict === 'refused at the start'
  const alike = wasRefused
    ? code !== undefined && examination.detail.startsWith(code)
    : code === undefined
  return { ...examination, what, whole: alike ? 'likewise' : 'otherwise' }
}
