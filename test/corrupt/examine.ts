// What becomes of a damaged store: refused at the start, found by the verifier, noticed when it is
// used, or harmless, because it still says what it said. Anything else is silent, and a violation.

import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { openForReading } from '../../voucher-store/open-database.ts'
import { checkTail, readMark } from '../../voucher-store/outside-mark.ts'
import { verifyJournal } from '../../voucher-store/reports/verify-journal.ts'
import { readKekFile } from '../../voucher-store/vault/kek-file.ts'
import { KeyRing, type WrappedKey } from '../../voucher-store/vault/vault.ts'
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

/** The steps of a start, then the verifier, then every question. */
export function examine(folder: string, truth: Truth): Examination {
  let database: Database.Database | undefined
  try {
    const kek = readKekFile(join(folder, 'kek'))
    if (kek.kind === 'problem') return refused(kek.message)
    database = openForReading(join(folder, 'evs.db'))
    const rows = database.prepare('select id, purpose, wrapped from vault_key').all()
    const ring = KeyRing.open(kek.key, rows as WrappedKey[])
    if (ring === undefined) return refused('a key does not open')
    const damage = checkTail(database, readMark(folder))
    if (damage !== undefined) return refused(damage)
    return inUse(database, ring, truth)
  } catch (error) {
    return ended(error, 'refused at the start')
  } finally {
    database?.close()
  }
}

function inUse(database: Database.Database, ring: KeyRing, truth: Truth): Examination {
  const found = verified(database)
  if (found !== undefined) return found
  let answers: readonly string[]
  try {
    answers = answersOf(database, ring, truth.questions)
  } catch (error) {
    return ended(error, 'noticed in use')
  }
  const other = answers.findIndex((answer, index) => answer !== truth.answers[index])
  if (other < 0 && answers.length === truth.answers.length)
    return { verdict: 'harmless', detail: '' }
  const differing = answers.filter((answer, index) => answer !== truth.answers[index])
  const unopened = differing.every((answer) => answer.includes(UNOPENED))
  if (unopened) return { verdict: 'noticed in use', detail: 'a PIN or card number does not open' }
  return { verdict: 'silent', detail: `answer ${other} of ${answers.length} differs` }
}

function verified(database: Database.Database): Examination | undefined {
  try {
    const [problem] = verifyJournal(database).problems
    return problem === undefined ? undefined : { verdict: 'found by the verifier', detail: problem }
  } catch (error) {
    return ended(error, 'found by the verifier')
  }
}

function refused(detail: string): Examination {
  return { verdict: 'refused at the start', detail }
}

/** SQLite's own word for damage is an answer; any other error is one that nobody planned for. */
function ended(error: unknown, verdict: Verdict): Examination {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const isDamage = /^SQLITE_(CORRUPT|NOTADB|IOERR|ERROR)/.test(String(code))
  return { verdict: isDamage ? verdict : 'untyped', detail: `${String(code)}: ${String(message)}` }
}
