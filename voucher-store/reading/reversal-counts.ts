// How many reversals are open, and how many of them are in suspense, as the store has it: the queue
// holds only so many in memory. Counted along the index of the open ones, in slices between which
// sales go on, for there may be a million of them. What took long is not counted anew for a while,
// so that whoever asks again and again costs little.

import type Database from 'better-sqlite3'
import type { Clock } from '../../switch/core/clock.ts'
import { reversalCode } from '../codes.ts'
import { Slices } from '../import/slices.ts'

interface ReversalTotals {
  /** Not ended, those in suspense among them. */
  readonly open: number
  readonly suspense: number
}

/** Counted in less than a millisecond; up to so many are told as they are at the moment. */
const PAGE = 1_000
/** A longer count is told again for so many times as long as it took. */
const TOLD_AGAIN = 10

interface Page {
  readonly count: number
  readonly suspense: number
  readonly last: number
}

export class ReversalCounts {
  readonly #page: Database.Statement
  readonly #clock: Clock
  #counting: Promise<ReversalTotals> | undefined
  #told: { readonly totals: ReversalTotals; readonly untilMs: number } | undefined

  constructor(database: Database.Database, clock: Clock) {
    // The condition in the very words of the index, or SQLite would not use it.
    this.#page = database.prepare(
      `select count(*) as count, coalesce(sum(status = ${reversalCode('suspense')}), 0) as suspense,
         max(sale) as last from (select sale, status from reversal
         where status in (0, 1, 5) and sale > ? order by sale limit ${PAGE})`,
    )
    this.#clock = clock
  }

  now(): Promise<ReversalTotals> {
    const told = this.#told
    if (told !== undefined && this.#clock.monotonicMs() < told.untilMs) {
      return Promise.resolve(told.totals)
    }
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined
    })
    return this.#counting
  }

  async #count(): Promise<ReversalTotals> {
    const startedMs = this.#clock.monotonicMs()
    const slices = new Slices(this.#clock)
    let [open, suspense, after] = [0, 0, 0]
    for (;;) {
      const page = this.#page.get(after) as Page
      open += page.count
      suspense += page.suspense
      if (page.count < PAGE) break
      after = page.last
      await slices.pause()
    }
    const totals = { open, suspense }
    if (open >= PAGE) {
      const endedMs = this.#clock.monotonicMs()
      this.#told = { totals, untilMs: endedMs + TOLD_AGAIN * (endedMs - startedMs) }
    }
    return totals
  }
}
