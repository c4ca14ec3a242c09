// What a password is verified with, as a row that the journal names by its digest and does not
// repeat. Whose it is, and whether it is in force, is the business of who writes it.

import { createHash } from 'node:crypto'
import type { Statement } from '../store-record.ts'
import { sql, statement } from './statements.ts'

export interface PasswordRow {
  readonly id: number
  readonly login: number
  readonly verifier: string
}

export function verifierDigest(verifier: string): string {
  return createHash('sha256').update(verifier).digest('hex')
}

export function passwordInsert(row: PasswordRow, atMs: number): Statement {
  return {
    ...statement(sql('login_password').insert({ ...row, created_ms: atMs }), 1),
    copied: { table: 'login_password', first: row.id, rows: 1 },
  }
}
