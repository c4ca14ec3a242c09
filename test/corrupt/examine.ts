// What becomes of a damaged store: refused at the start, found by the verifier, noticed when it is
// used, or harmless, because it still says what it said. Anything else is silent, and a violation.

import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { checkData, damaged, type StoreProblem } from '../../voucher-store/checked-data.ts'
import { verifyJournal } from '../../voucher-store/reports/verify-journal.ts'
import { openStore, type Store } from '../../voucher-store/store.ts'
import type { KeyRing } from '../../voucher-store/vault/vault.ts'
import { answersOf, type Questions, UNOPENED } from './answers.ts'

export type Verdict =
  | 'refused at the start'
  | 'found by the verifier'
  | 'noticed in use'
  | 'harmless'
  | 'silent'
  /** It ended in an error that nothing expects. */
  | 'untyped'

export interface Examination {
  readonly verdict: Verdict
  readonly detail: string
}

export interface Truth {
  readonly questions: Questions
  readonly answers: readonly string[]
}

/**
 * The start of the product, then its verifier, then every question. Any of the truths may be said:
 * records that nobody was told of may be there or not.
 */
export async function examine(folder: string, truths: readonly Truth[]): Promise<Examination> {
  const place = { directory: folder, kekFile: join(folder, 'kek') }
  let database: Database.Database | undefined
  try {
    const data = await checkData(place).catch((error: unknown) => damaged(error, folder))
    if ('kind' in data) return refused(data)
    database = data.database
    return inUse(database, data.ring, truths)
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown }
    return { verdict: 'untyped', detail: `${String(code)}: ${String(message)}` }
  } finally {
    database?.close()
  }
}

/** With lock and writer, as `evs serve` opens it: undefined, or the problem that it tells. */
export async function openWhole(folder: string): Promise<string | undefined> {
  let opened: Store | StoreProblem
  try {
    opened = await openStore({
      ...{ directory: folder, kekFile: join(folder, 'kek'), groupMost: 100, queueMost: 1_000 },
      onFatal: () => undefined,
    })
  } catch (error) {
    return `untyped: ${(error as Error).message}`
  }
  if ('kind' in opened) return opened.code
  await opened.close()
  return undefined
}

function inUse(database: Database.Database, ring: KeyRing, truths: readonly Truth[]): Examination {
  const found = verified(database)
  if (found !== undefined) return found
  const [whole] = truths
  if (whole === undefined) throw new Error('there is no truth')
  let answers: readonly string[]
  try {
    answers = answersOf(database, ring, whole.questions)
  } catch (error) {
    return ended(error, 'noticed in use')
  }
  const judged = truths.map((truth) => compared(answers, truth))
  return judged.find(({ verdict }) => verdict !== 'silent') ?? (judged[0] as Examination)
}

function compared(answers: readonly string[], truth: Truth): Examination {
  const differing = answers.filter((answer, index) => answer !== truth.answers[index])
  if (differing.length === 0 && answers.length === truth.answers.length) {
    return { verdict: 'harmless', detail: '' }
  }
  const unopened = differing.every((answer) => answer.includes(UNOPENED))
  if (unopened) return { verdict: 'noticed in use', detail: 'a PIN or card number does not open' }
  return { verdict: 'silent', detail: `${differing.length} of ${answers.length} answers differ` }
}

function verified(database: Database.Database): Examination | undefined {
  try {
    const [problem] = verifyJournal(database).problems
    return problem === undefined ? undefined : { verdict: 'found by the verifier', detail: problem }
  } catch (error) {
    return ended(error, 'found by the verifier')
  }
}

function refused({ code, message }: StoreProblem): Examination {
  return { verdict: 'refused at the start', detail: `${code}: ${message}` }
}

/** SQLite's own word for damage is an answer; any other error is one that nobody planned for. */
function ended(error: unknown, verdict: Verdict): Examination {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const isDamage = /^SQLITE_(CORRUPT|NOTADB|IOERR|ERROR)/.test(String(code))
  return { verdict: isDamage ? verdict : 'untyped', detail: `${String(code)}: ${String(message)}` }
}
