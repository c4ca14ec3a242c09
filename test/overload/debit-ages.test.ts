// A debit that comes too late is seen, and so is one that nobody asked for.

import { expect, it } from 'vitest'
import { DebitAges } from './debit-ages.ts'

it('counts debits that are asked for after the deadline of their terminal', () => {
  let nowMs = 100
  const ages = new DebitAges(4_000, () => nowMs)
  for (const name of ['one', 'two']) ages.written(name)
  nowMs += 4_000
  ages.asked('one')
  expect([ages.expired, ages.most]).toEqual([0, 4_000])
  nowMs += 1
  ages.asked('two')
  expect([ages.expired, ages.most]).toEqual([1, 4_001])
})

it('counts debits of sales that no terminal began', () => {
  const ages = new DebitAges(4_000, () => 0)
  ages.asked('nobody')
  expect([ages.unknown, ages.expired]).toEqual([1, 0])
})
