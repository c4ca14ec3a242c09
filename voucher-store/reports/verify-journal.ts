// The journal against itself and against the rows that it made: the chain from the first record,
// the shape of the database, SQLite's own check of its pages and indexes, the invariants of the
// audit, and every row compared with what the journal says. Streams; memory does not grow with the
// store.

import type Database from 'better-sqlite3'
import { shapeProblems } from '../schema/shape.ts'
import { GENESIS, readHead, verifyChain } from '../writer/chain.ts'
import { audit } from './audit.ts'
import { compareWithRebuilt } from './rebuild.ts'

export interface JournalVerdict {
  readonly ok: boolean
  readonly records: number
  readonly head: { readonly jseq: number; readonly hash: string }
  readonly problems: string[]
}

const PROBLEMS_MOST = 100

/** `quick`: without the comparison row by row, which takes as much disk again as the store has. */
export function verifyJournal(
  database: Database.Database,
  options: { readonly quick?: boolean } = {},
): JournalVerdict {
  // One moment of the store, while the writer goes on.
  database.exec('begin')
  try {
    const { records, why } = verifyChain(database, { after: GENESIS })
    const problems: string[] = why === undefined ? [] : [why]
    problems.push(...shape(database), ...pages(database), ...invariants(database))
    // A broken chain says nothing of the rows; and a database in memory has no file to compare.
    const compares = options.quick !== true && why === undefined && !database.memory
    if (compares) problems.push(...compareWithRebuilt(database.name))
    const { jseq, hash } = readHead(database)
    const head = { jseq, hash: Buffer.from(hash).toString('hex') }
    return { ok: problems.length === 0, records, head, problems: problems.slice(0, PROBLEMS_MOST) }
  } finally {
    database.exec('rollback')
  }
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
