// One insert for many rows; its text is made once for each number of rows, since nearly all chunks
// are as long.

import type { Statement } from '../store-record.ts'

export class InsertText {
  readonly #head: string
  readonly #places: string
  #text = ''
  #rows = 0

  constructor(table: string, columns: readonly string[]) {
    this.#head = `insert into ${table} (${columns.join(', ')}) values `
    this.#places = `(${columns.map(() => '?').join(', ')})`
  }

  of(rows: readonly (readonly (string | number | null)[])[]): Statement {
    if (this.#rows !== rows.length) {
      this.#rows = rows.length
      this.#text = this.#head + rows.map(() => this.#places).join(', ')
    }
    return { sql: this.#text, bindings: rows.flat(), expect: rows.length }
  }
}
