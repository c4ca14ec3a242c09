// The list of shapes is what the migrations make, and whatever differs from it is named, by the
// start and by the quick check behind it.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { verifyJournal } from '../../../voucher-store/reports/verify-journal.ts'
import { SHAPES, shapeProblems, shapesOf } from '../../../voucher-store/schema/shape.ts'
import { type TemporaryStore, temporaryStore } from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

it('the list is the shape that the migrations make', () => {
  expect(shapesOf(store.database)).toEqual(SHAPES)
  expect(shapeProblems(store.database)).toEqual([])
})

it('every index of the list that is gone is missed', () => {
  const indexes = Object.keys(SHAPES).filter((name) => name.startsWith('index '))
  expect(indexes.length).toBeGreaterThan(10)
  for (const name of indexes) {
    const index = name.slice('index '.length)
    const { sql } = store.writer
      .prepare('select sql from sqlite_master where name = ?')
      .get(index) as { sql: string }
    store.writer.exec(`drop index "${index}"`)
    expect(shapeProblems(store.database)).toEqual([`${name} is missing`])
    store.writer.exec(sql)
  }
  expect(shapeProblems(store.database)).toEqual([])
})

it.each([
  [
    `drop index sale_day_time_terminal_stan_unique;
     create index sale_day_time_terminal_stan_unique on sale (day, time, terminal, stan)`,
    'index sale_day_time_terminal_stan_unique is not as it was made',
  ],
  [
    `drop index sale_day_time_terminal_stan_unique;
     create unique index sale_day_time_terminal_stan_unique on sale (day, time, terminal, rrn)`,
    'index sale_day_time_terminal_stan_unique is not as it was made',
  ],
  [
    'drop index sale_intent; create index sale_intent on sale (id) where state = 1',
    'index sale_intent is not as it was made',
  ],
  [
    `drop index day_end_listed;
     create index day_end_listed on day_end (closed_ms is null, id desc) where agreed = 0`,
    'index day_end_listed is not as it was made',
  ],
  ["alter table lot add column spare integer default '1'", 'table lot is not as it was made'],
  [
    'create trigger late after update on sale begin delete from claim; end',
    'trigger late is strange',
  ],
])('%s is found by the quick check', (sql, problem) => {
  store.writer.exec(sql)
  expect(shapeProblems(store.database)).toEqual([problem])
  const { ok, problems } = verifyJournal(store.database, { quick: true })
  expect(ok).toBe(false)
  expect(problems).toContain(`schema: ${problem}`)
})
