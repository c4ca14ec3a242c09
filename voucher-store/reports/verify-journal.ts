// The journal against itself and against the rows that it made: the chain from the first record,
// the shape of the database, SQLite's own check of its pages and indexes, the invariants of the
// audit, and every row compared with what the journal says. Streams; memory does not grow with the
// store.

import type Database from 'better-sqlite3'
import { storeBytes } from '../room.ts'
import { shapeProblems } from '../schema/shape.ts'
import { GENESIS, readHead, verifyChain } from '../writer/chain.ts'
import { audit } from './audit.ts'
import { compareWithRebuilt, withoutStatements } from './rebuild.ts'

export interface JournalVerdict {
  readonly ok: boolean
  readonly records: number
  readonly head: { readonly jseq: number; readonly hash: string }
  readonly problems: string[]
  /** Every row was compared with the journal. */
  readonly rowsCompared: boolean
  /** Why the rows were not compared: that alone is no damage. */
  readonly notComparable: string | undefined
}

interface VerifyOptions {
  readonly quick?: boolean
  readonly lack?: string | undefined
}

const PROBLEMS_MOST = 100

/** A store up to this size is rebuilt in memory, within seconds. */
const SMALL_BYTES = 32 << 20

/**
 * `quick`: the comparison row by row, which takes as much room again as the store has, only of a
 * small store, and then without any disk. And each part at a moment of its own: until a moment is
 * over the log cannot be begun anew, and with all of them in one it would grow for the whole check.
 * `lack`: what is missing to the comparison, in words; everything else is looked at.
 */
export function verifyJournal(
  database: Database.Database,
  options: VerifyOptions = {},
): JournalVerdict {
  if (options.quick === true) {
    return verified(database, options, (read) => atOneMoment(database, read))
  }
  return atOneMoment(database, () => verified(database, options, (read) => read()))
}

function verified(
  database: Database.Database,
  { quick = false, lack }: VerifyOptions,
  part: <Result>(read: () => Result) => Result,
): JournalVerdict {
  const { records, why, jseq, hash } = part(() => ({
    ...verifyChain(database, { after: GENESIS }),
    ...readHead(database),
  }))
  const problems: string[] = why === undefined ? [] : [why]
  for (const look of [shape, pages, invariants]) problems.push(...part(() => look(database)))
  const early = why === undefined ? part(() => withoutStatements(database)) : undefined
  // A broken chain says nothing of the rows; and a database in memory has no file to compare.
  const rowsCompared =
    why === undefined &&
    early === undefined &&
    lack === undefined &&
    !database.memory &&
    (!quick || storeBytes(database) <= SMALL_BYTES)
  if (rowsCompared) problems.push(...compareWithRebuilt(database.name, { inMemory: quick }))
  return {
    ok: problems.length === 0,
    records,
    head: { jseq, hash: Buffer.from(hash).toString('hex') },
    problems: problems.slice(0, PROBLEMS_MOST),
    rowsCompared,
    notComparable: early === undefined ? lack : notComparable(early),
  }
}

/** While the writer goes on. */
function atOneMoment<Result>(database: Database.Database, read: () => Result): Result {
  database.exec('begin')
  try {
    return read()
  } finally {
    database.exec('rollback')
  }
}

function notComparable(jseq: number): string {
  const why = `record ${jseq} is of a version that kept no statements of administration`
  return `rows cannot be rebuilt from this journal: ${why}`
}

function shape(database: Database.Database): string[] {
  return shapeProblems(database).map((what) => `schema: ${what}`)
}

/** An entry that an index lost would let a repeat become a second sale. */
function pages(database: Database.Database): string[] {
  const told = database.pragma(`integrity_check(${PROBLEMS_MOST})`) as { integrity_check: string }[]
  return told
    .map(({ integrity_check }) => integrity_check)
    .filter((what) => what !== 'ok')
    .map((what) => `pages: ${what}`)
}

function invariants(database: Database.Database): string[] {
  return audit(database)
    .checks.filter(({ violations }) => violations > 0)
    .map(({ name, detail }) => `not so: ${name} (${detail})`)
}
