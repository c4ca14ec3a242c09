// One line as cells: quotes, commas inside them, and lines whose quotes do not fit.
// Files and columns are register.test.ts.

import fc from 'fast-check'
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

/** Cell by cell, without a pattern. */
function readByHand(line: string): string[] | undefined {
  const cells: string[] = []
  let rest = line
  for (;;) {
    const start = rest.trimStart()
    if (!start.startsWith('"')) {
      const end = rest.indexOf(',')
      const plain = end < 0 ? rest : rest.slice(0, end)
      if (plain.includes('"')) return undefined
      cells.push(plain.trim())
      if (end < 0) return cells
      rest = rest.slice(end + 1)
      continue
    }
    let end = 1
    while (start[end] !== '"' || start[end + 1] === '"') {
      if (end >= start.length) return undefined
      end += start[end] === '"' ? 2 : 1
    }
    cells.push(start.slice(1, end).replaceAll('""', '"').trim())
    const after = start.slice(end + 1).trimStart()
    if (after === '') return cells
    if (!after.startsWith(',')) return undefined
    rest = after.slice(1)
  }
}

it('any line of quotes, commas and blanks is what reading it by hand gives', () => {
  const piece = fc.constantFrom('"', '""', ',', ' ', '\t', 'a', '\u00a0', 'ب')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const line = pieces.join('')
      expect(cellsOf(line)).toEqual(readByHand(line))
    }),
    { numRuns: 5_000 },
  )
})

it.each([
  ['blanks before a text with a quote', (count: number) => `${' '.repeat(count)}x"`],
  ['blanks behind a cell in quotes', (count: number) => `"a"${' '.repeat(count)}x`],
  ['quotes that do not end', (count: number) => '"'.repeat(count * 2 + 1)],
])('%s take time by their number, and not by its square', (_, lineOf) => {
  const from = performance.now()
  expect(cellsOf(lineOf(60_000))).toBeUndefined()
  expect(performance.now() - from).toBeLessThan(500)
})
