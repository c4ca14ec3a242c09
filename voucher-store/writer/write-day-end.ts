// End of day: compares a terminal's figures with what is sold at this very moment, stores the
// answer, and closes the period when they agree. [wire-protocol 3.3]

import type Database from 'better-sqlite3'
import { totalsAgree } from '../../switch/core/day-end-desk.ts'
import type { EndOfDayRecord, Totals } from '../../switch/core/journal.ts'

const NOTHING: Totals = {
  salesCount: 0,
  salesAmount: 0,
  reversalsCount: 0,
  reversalsAmount: 0,
}

export class DayEndWriter {
  readonly #tally: Database.Statement
  readonly #insert: Database.Statement
  readonly #close: Database.Statement

  constructor(database: Database.Database) {
    this.#tally = database.prepare(
      `select sales_count as salesCount, sales_amount as salesAmount,
         reversals_count as reversalsCount, reversals_amount as reversalsAmount
       from terminal_tally where terminal = ?`,
    )
    this.#insert = database.prepare(
      `insert into day_end (id, day, time, terminal, stan, claimed_sales_count,
         claimed_sales_amount, claimed_reversals_count, claimed_reversals_amount,
         actual_sales_count, actual_sales_amount, actual_reversals_count,
         actual_reversals_amount, agreed, at_ms, closed_ms)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#close = database.prepare(
      `insert into terminal_tally (terminal, agreed_end) values (?, ?)
       on conflict (terminal) do update set sales_count = 0, sales_amount = 0,
         reversals_count = 0, reversals_amount = 0,
         agreed_end = max(agreed_end, excluded.agreed_end)`,
    )
  }

  write(record: EndOfDayRecord): { totals: Totals; agreed: boolean } {
    const { key, claimed, atMs } = record
    const totals = (this.#tally.get(key.terminalKey) as Totals | undefined) ?? NOTHING
    const agreed = totalsAgree(claimed, totals)
    this.#insert.run(
      ...[record.id, key.day, key.time, key.terminalKey, key.stan],
      ...[claimed.salesCount, claimed.salesAmount],
      ...[claimed.reversalsCount, claimed.reversalsAmount],
      ...[totals.salesCount, totals.salesAmount],
      ...[totals.reversalsCount, totals.reversalsAmount, +agreed, atMs, agreed ? atMs : null],
    )
    if (agreed) this.#close.run(key.terminalKey, record.id)
    return { totals, agreed }
  }
}
