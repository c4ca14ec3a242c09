// The row that an end of day leaves, column by column, and what becomes of the terminal's totals.

import { beforeEach, describe, expect, it } from 'vitest'
import type { EndOfDayRecord, Totals } from '../../../switch/core/journal.ts'
import { AT, DAY, intent, LedgerDesk } from './ledger-desk.ts'

const TOTALS: Totals = {
  ...{ salesCount: 3, salesAmount: 170_000, reversalsCount: 2, reversalsAmount: 60_000 },
}
const CLAIMED: Totals = {
  ...{ salesCount: 4, salesAmount: 220_000, reversalsCount: 1, reversalsAmount: 50_000 },
}
const NONE: Totals = { salesCount: 0, salesAmount: 0, reversalsCount: 0, reversalsAmount: 0 }

let desk: LedgerDesk

beforeEach(async () => {
  desk = await LedgerDesk.open()
  const insert = desk.database.prepare(
    `insert or replace into terminal_tally (terminal, sales_count, sales_amount, reversals_count,
       reversals_amount) values (?, ?, ?, ?, ?)`,
  )
  for (const terminal of [1, 2]) insert.run(terminal, ...Object.values(TOTALS))
})

function endOfDay(claimed: Totals, terminalKey = 2): EndOfDayRecord {
  const key = { ...intent(7).key, terminalKey }
  return { kind: 'end-of-day', id: 11, key, merchantKey: 1, claimed, atMs: AT + 5 }
}

const tallyOf = (terminal: number) => {
  const row = desk.row('terminal_tally', `terminal = ${terminal}`)
  const { sales_count: salesCount, sales_amount: salesAmount } = row
  const { reversals_count: reversalsCount, reversals_amount: reversalsAmount } = row
  return { salesCount, salesAmount, reversalsCount, reversalsAmount }
}
const written = () => desk.row('day_end', 'id = 11')

const asked = { id: 11, day: DAY, time: '113000', terminal: 2, stan: '000007', at_ms: AT + 5 }
const counted = {
  ...{ actual_sales_count: 3, actual_sales_amount: 170_000 },
  ...{ actual_reversals_count: 2, actual_reversals_amount: 60_000 },
}

describe('an end of day', () => {
  it('that differs is kept with both sides, is open, and leaves the totals as they are', () => {
    desk.must(endOfDay(CLAIMED))
    expect(written()).toMatchObject({
      ...{ ...asked, ...counted, agreed: 0, closed_ms: null },
      ...{ claimed_sales_count: 4, claimed_sales_amount: 220_000 },
      ...{ claimed_reversals_count: 1, claimed_reversals_amount: 50_000 },
    })
    expect([tallyOf(1), tallyOf(2)]).toEqual([TOTALS, TOTALS])
  })

  it('that agrees closes the period of its terminal and of no other', () => {
    desk.must(endOfDay(TOTALS))
    expect(written()).toMatchObject({ ...asked, ...counted, agreed: 1, closed_ms: AT + 5 })
    expect([tallyOf(1), tallyOf(2)]).toEqual([TOTALS, NONE])
  })

  it('of a terminal that never sold is compared with nothing', () => {
    desk.must(endOfDay(NONE, 3))
    expect(written()).toMatchObject({ terminal: 3, actual_sales_count: 0, agreed: 1 })
  })

  it('that agrees is kept with the totals as the newest that did, and no other is', () => {
    const agreedOf = (terminal: number) => desk.row('terminal_tally', `terminal = ${terminal}`)
    desk.must({ ...endOfDay(NONE, 3), id: 11 })
    desk.must({ ...endOfDay(TOTALS), id: 12 })
    desk.must({ ...endOfDay(CLAIMED, 1), id: 13 })
    expect([1, 2, 3].map((terminal) => agreedOf(terminal).agreed_end)).toEqual([0, 12, 11])
    desk.must({ ...endOfDay(NONE, 3), id: 9, key: { ...intent(9).key, terminalKey: 3 } })
    expect(agreedOf(3)).toMatchObject({ agreed_end: 11, sales_count: 0, last_sold: null })
  })

  it.each(Object.keys(TOTALS))('that differs in %s alone does not agree', (which) => {
    desk.must(endOfDay({ ...TOTALS, [which]: TOTALS[which as keyof Totals] + 1 }))
    expect(written()).toMatchObject({ agreed: 0 })
  })
})
