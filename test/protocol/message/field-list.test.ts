// The fields of a message to be: in the order of the wire however they come, the last value of a
// number, and nothing for what is not there.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FieldList } from '../../../protocol/message/field-list.ts'

it('fields are in ascending order whatever the order they came in, each with its last value', () => {
  const puts = fc.array(fc.tuple(fc.integer({ min: 2, max: 128 }), fc.string({ maxLength: 3 })))
  fc.assert(
    fc.property(puts, (given) => {
      const list = new FieldList()
      for (const [de, value] of given) list.put(de, value)
      const expected = [...new Map(given)].sort(([a], [b]) => a - b)
      expect(list.numbers).toEqual(expected.map(([de]) => de))
      expect(list.values).toEqual(expected.map(([, value]) => value))
      expect(list.last).toBe(expected.at(-1)?.[0] ?? 0)
    }),
  )
})

it('the bitmap has the bit of each number and no other', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 128 }))
  fc.assert(
    fc.property(numbers, (given) => {
      const list = new FieldList()
      for (const de of given) list.put(de, 'v')
      const bits = list.bitmap().map((word) => (word >>> 0).toString(2).padStart(32, '0'))
      const expected = Array.from({ length: 128 }, (_, bit) => (given.includes(bit + 1) ? 1 : 0))
      expect(bits.join('')).toBe(expected.join(''))
    }),
  )
})

it.each([0, -1, 129, 3.5])(
  '%d is no number of a bitmap: it is kept apart, also by putAll',
  (de) => {
    const list = new FieldList().putAll(FieldList.of({ 3: 'a', [de]: 'b' }))
    expect([list.numbers, list.values, list.stranger]).toEqual([[3], ['a'], de])
    expect(list.last).toBe(Math.max(3, de))
  },
)

it('an undefined value puts nothing, and takes nothing away', () => {
  const list = FieldList.of({ 3: '150000' })
  list.put(4, undefined)
  list.put(3, undefined)
  expect([list.numbers, list.values]).toEqual([[3], ['150000']])
})

it.each([
  ['an object of fields', { 37: 'rrn', 48: 'c' }],
  ['another list', FieldList.of({ 37: 'rrn', 48: 'c' })],
])('%s is put over what is there', (_what, given) => {
  const list = FieldList.of({ 3: 'a', 48: 'b' })
  list.putAll(given)
  expect([list.numbers, list.values]).toEqual([
    [3, 37, 48],
    ['a', 'rrn', 'c'],
  ])
})
