// What a killed switch leaves: database, log and mark, taken from a process that sold until it was
// killed with -9. Its last sales are in the log only, and the mark is where the product left it.
// What the store would say is asked at its end, and where a truth of fewer groups may be told.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type Database from 'better-sqlite3'
import { openForReading } from '../../voucher-store/open-database.ts'
import { readMark, writeMark } from '../../voucher-store/outside-mark.ts'
import type { KeyRing } from '../../voucher-store/vault/vault.ts'
import { readHead } from '../../voucher-store/writer/chain.ts'
import { KEK_BYTES, type TemporaryStore } from '../voucher-store/temporary-store.ts'
import { answersOf, questionsOf } from './answers.ts'
import type { Truth } from './examine.ts'

export const DATABASE = 'evs.db'
export const LOG = 'evs.db-wal'
export const MARK = 'mark.json'
const FILES = [DATABASE, LOG, MARK, 'kek']

export interface Image {
  readonly name: string
  readonly folder: string
  /** Any of them may be said; the first is that of the whole image. */
  readonly truths: readonly Truth[]
  readonly states: readonly State[]
}

/** After one commit in the log, the oldest first; before the first there is the database alone. */
export interface State {
  readonly logBytes: number
  readonly jseq: number
  /** Hex. */
  readonly hash: string
}

const SELLING = { first: 91, last: 159, most: 40 }

/** The store is closed, and sold from by another process until that is killed. */
export async function takeImages(store: TemporaryStore, scratch: string): Promise<Image[]> {
  const { directory, ring } = store
  const { jseq, hash } = readHead(store.database)
  store.database.close()
  store.writer.close()
  writeMark(directory, { epoch: 1, jseq, hash: hash.toString('hex'), final: false })
  writeFileSync(join(directory, 'kek'), `${KEK_BYTES.toString('hex')}\n`, { mode: 0o600 })
  const told = await sellUntilKilled(directory)
  const killed = join(scratch, 'killed')
  copyImage(directory, killed)
  const states = statesOf(killed, join(scratch, 'state'))
  const marked = mustNameWhatWasTold(killed, told)
  const behind = join(scratch, 'behind')
  copyImage(killed, behind)
  const before = states.filter((state) => state.jseq < marked).at(-1)
  if (before === undefined) throw new Error('the log holds no two groups')
  writeMark(behind, { epoch: 1, jseq: before.jseq, hash: before.hash, final: false })
  const truthsFrom = (from: number) =>
    states
      .filter((state) => state.jseq >= from)
      .reverse()
      .map((state) => truthOf(killed, state, { folder: join(scratch, 'state'), ring }))
  return [
    { name: 'killed', folder: killed, states, truths: truthsFrom(marked) },
    { name: 'mark one group behind', folder: behind, states, truths: truthsFrom(before.jseq) },
  ]
}

/** Everything up to that commit, as it was then; the mark stays. */
export function goBack(folder: string, logBytes: number): void {
  truncateSync(join(folder, LOG), logBytes)
}

export function copyImage(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  mkdirSync(to)
  for (const name of FILES) copyFileSync(join(from, name), join(to, name))
}

/** The numbers of the sales that were told as sold. */
async function sellUntilKilled(directory: string): Promise<number[]> {
  const script = new URL('./seller.ts', import.meta.url).pathname
  const { first, last, most } = SELLING
  const order = [directory, join(directory, 'kek'), String(first), String(last)]
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...order], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const told: number[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(Number(line))
    if (told.length === most) child.kill('SIGKILL')
  }
  await ended
  if (told.length < most) throw new Error(`the seller ended after ${told.length} sales`)
  return told
}

/** What somebody was told is in the database, and not beyond the mark. Gives the mark's number. */
function mustNameWhatWasTold(folder: string, told: readonly number[]): number {
  const mark = readMark(folder)?.jseq ?? 0
  const database = openForReading(join(folder, DATABASE))
  const outcome = database
    .prepare("select jseq from journal where kind = 'outcome' and body ->> 'id' = ?")
    .pluck()
  try {
    for (const id of told) {
      const jseq = outcome.get(id) as number | undefined
      if (jseq === undefined || jseq > mark) {
        throw new Error(`sale ${id} was told, is record ${jseq}, and the mark names ${mark}`)
      }
    }
  } finally {
    database.close()
  }
  return mark
}

const LOG_HEADER = 32
const FRAME_HEADER = 24

/** Reads the frames of the log: one that ends a commit tells the size of the database. */
function statesOf(image: string, folder: string): State[] {
  const log = readFileSync(join(image, LOG))
  const frame = FRAME_HEADER + log.readUInt32BE(8)
  const salts = log.subarray(16, 24)
  const states: State[] = []
  for (let at = LOG_HEADER; at + frame <= log.length; at += frame) {
    if (!log.subarray(at + 8, at + 16).equals(salts)) break
    if (log.readUInt32BE(at + 4) === 0) continue
    const { jseq, hash } = inState(image, at + frame, folder, readHead)
    states.push({ logBytes: at + frame, jseq, hash: hash.toString('hex') })
  }
  return states
}

function truthOf(
  image: string,
  { logBytes }: State,
  { folder, ring }: { folder: string; ring: KeyRing },
): Truth {
  const whole = openForReading(join(image, DATABASE))
  const questions = questionsOf(whole)
  whole.close()
  const answers = inState(image, logBytes, folder, (database) =>
    answersOf(database, ring, questions),
  )
  return { questions, answers }
}

function inState<Result>(
  image: string,
  logBytes: number,
  folder: string,
  ask: (database: Database.Database) => Result,
): Result {
  copyImage(image, folder)
  goBack(folder, logBytes)
  const database = openForReading(join(folder, DATABASE))
  try {
    return ask(database)
  } finally {
    database.close()
  }
}
