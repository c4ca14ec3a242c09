// Many mutations, one at a time, each on a fresh copy of one store; and older copies and backups.
// Counts what became of each kind; a silent one is told with its seed.

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeMark } from '../../voucher-store/outside-mark.ts'
import { readHead } from '../../voucher-store/writer/chain.ts'
import { Seeded } from '../simulation/seeded.ts'
import { KEK, must, NOW, type TemporaryStore } from '../voucher-store/temporary-store.ts'
import { answersOf, questionsOf } from './answers.ts'
import { type Examination, examine, type Truth, type Verdict } from './examine.ts'
import { filledStore } from './filled-store.ts'
import { KINDS, type MutationKind, mutate } from './mutations.ts'

export interface CorruptResult {
  readonly mutations: number
  readonly byVerdict: Readonly<Record<Verdict, number>>
  readonly byKind: Readonly<Record<string, Partial<Record<Verdict, number>>>>
  readonly violations: readonly string[]
}

const FILES = ['evs.db', 'evs.db-wal', 'mark.json', 'kek']

export async function corruptRun(options: {
  mutations: number
  seed: number
  progress?: (done: number) => void
}): Promise<CorruptResult> {
  const store = await filledStore()
  const scratch = mkdtempSync(join(tmpdir(), 'evs-corrupt-'))
  try {
    const original = join(scratch, 'original')
    mkdirSync(original)
    const older = await takeImages(store, original)
    const { database, ring } = store
    const questions = questionsOf(database)
    const truth = { questions, answers: answersOf(database, ring, questions) }
    const sound = examine(original, truth)
    if (sound.verdict !== 'harmless') throw new Error(`the original is ${sound.detail}`)
    return runAll({ ...options, scratch, original, older, truth })
  } finally {
    store.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** As a crash leaves them: the newest records only in the log. Gives an older copy's file. */
async function takeImages(store: TemporaryStore, original: string): Promise<string> {
  store.writer.pragma('wal_checkpoint(TRUNCATE)')
  const older = join(original, 'older.db')
  copyFileSync(store.file, older)
  for (const id of [18, 27, 36]) {
    await must(store.journal.write({ kind: 'disclosure', id, by: 'inquiry', atMs: NOW }))
  }
  for (const name of ['evs.db', 'evs.db-wal']) {
    copyFileSync(join(store.directory, name), join(original, name))
  }
  writeFileSync(join(original, 'kek'), `${KEK.toString('hex')}\n`, { mode: 0o600 })
  const { jseq, hash } = readHead(store.database)
  writeMark(original, { epoch: 1, jseq, hash: Buffer.from(hash).toString('hex'), final: false })
  return older
}

interface Run {
  readonly mutations: number
  readonly seed: number
  readonly progress?: (done: number) => void
  readonly scratch: string
  readonly original: string
  readonly older: string
  readonly truth: Truth
}

function runAll(run: Run): CorruptResult {
  const byVerdict: Record<Verdict, number> = {
    ...{ 'refused at the start': 0, 'found by the verifier': 0, 'noticed in use': 0 },
    ...{ harmless: 0, silent: 0, untyped: 0 },
  }
  const byKind: Record<string, Partial<Record<Verdict, number>>> = {}
  const violations: string[] = []
  let done = 0
  for (let seed = run.seed; done < run.mutations; seed++) {
    const kind = KINDS[seed % KINDS.length] as MutationKind
    const result = one(run, kind, seed)
    if (result === undefined) continue
    done++
    const { verdict, detail, what } = result
    byVerdict[verdict]++
    const sums = byKind[kind] ?? {}
    sums[verdict] = (sums[verdict] ?? 0) + 1
    byKind[kind] = sums
    if (verdict === 'silent' || verdict === 'untyped') {
      violations.push(`seed ${seed}: ${kind}: ${what}: ${verdict}: ${detail}`)
    }
    run.progress?.(done)
  }
  return { mutations: done, byVerdict, byKind, violations }
}

/** Undefined when there was nothing to damage, or the damage changed nothing. */
function one(
  { scratch, original, older, truth }: Run,
  kind: MutationKind,
  seed: number,
): (Examination & { what: string }) | undefined {
  const folder = join(scratch, 'victim')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const name of FILES) copyFileSync(join(original, name), join(folder, name))
  const what = mutate(kind, { folder, older }, new Seeded(seed))
  if (what === undefined) return undefined
  return { ...examine(folder, truth), what }
}
