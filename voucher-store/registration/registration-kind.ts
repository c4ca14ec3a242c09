// What a list of merchants or of terminals is to the reader that registers it: columns, how a row
// is read, what of it is there already, and the statements that write rows. A row with a mistake is
// refused alone; the others of its file are registered.

import type Database from 'better-sqlite3'
import type { ListColumns } from '../../protocol/values/list-title.ts'
import type { Statement } from '../store-record.ts'

/** Why a row is refused: the column, the reason, and what to do about it. */
export interface RowProblem {
  readonly kind: 'problem'
  readonly column: string
  readonly message: string
  readonly hint: string
}

/** A row of the file: its cells by column; what is not in the file is empty. */
export type Cells = Readonly<Record<string, string>>

/** `new`: to be written. `same`: there already, with these very values. */
export type Standing = 'new' | 'same' | RowProblem

export interface RegistrationKind<Row> {
  readonly what: 'terminal' | 'merchant'
  readonly columns: ListColumns
  read(cells: Cells): Row | RowProblem
  /** Rows of the same key are the same thing. */
  keyOf(row: Row): string
  /** Reads from the store by index, one row at a time. */
  finder(database: Database.Database): (row: Row) => { standing: Standing; row: Row }
  statements(rows: readonly Row[], todayDay: number): Statement[]
}

export function problem(column: string, message: string, hint: string): RowProblem {
  return { kind: 'problem', column, message, hint }
}

export function isProblem(value: object | string): value is RowProblem {
  return typeof value === 'object' && 'kind' in value && value.kind === 'problem'
}
