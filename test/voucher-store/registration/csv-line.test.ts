// One line as cells: quotes, commas inside them, and lines whose quotes do not fit.
// Files and columns are register.test.ts.

import { expect, it } from 'vitest'
import { cellsOf } from '../../../voucher-store/registration/csv-line.ts'

it.each([
  ['a,b', ['a', 'b']],
  [' a , b ', ['a', 'b']],
  ['', ['']],
  ['a,', ['a', '']],
  ['"a, b",c', ['a, b', 'c']],
  ['"say ""no""",', ['say "no"', '']],
  ['a, "b" ,c', ['a', 'b', 'c']],
  ['"a', undefined],
  ['a"b,c', undefined],
  ['"a"b,c', undefined],
])('%j is %j', (line, cells) => {
  expect(cellsOf(line)).toEqual(cells)
})
