// The field table against the standard and against a foreign one.

import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { FIELDS_1987 } from '../../../protocol/message/fields-1987.ts'

// [wire-protocol 1], word for word.
const LISTED =
  '2 n..19 LL · 3 n6 · 4 n12 · 7 n10 · 11 n6 · 12 n6 · 13 n4 · 14 n4 · 15 n4 · 22 n3 · 24 n3 · ' +
  '25 n2 · 32 n..11 LL · 33 n..11 LL · 35 z..37 LL · 37 an12 · 38 an6 · 39 an2 · 41 ans8 · ' +
  '42 ans15 · 43 ans40 · 44 ans..25 LL · 48 ans..999 LLL · 49 an3 · 52 b8 · 53 n16 · ' +
  '54 ans..120 LLL · 55 b..999 LLL · 60 ans..999 LLL · 61 ans..999 LLL · 62 ans..999 LLL · ' +
  '63 ans..999 LLL · 64 b8 · 66 n1 · 70 n3 · 74-81 n10 · 86-89 n16 · 90 n42 · 95 an42 · 128 b8 · ' +
  '36 ans..104 LLL · 96 b8'

interface Foreign {
  ContentType: string
  LenType: string
  MaxLen: number
}

describe('the field table', () => {
  it.each(LISTED.split(' · '))('has %s', (row) => {
    const [numbers = '', ...format] = row.split(' ')
    const [first = 0, last = first] = numbers.split('-').map(Number)
    for (let de = first; de <= last; de++) expect(formatOf(de)).toBe(format.join(' '))
  })

  it('defines every field of 2 to 128 but DE 65', () => {
    const undefinedNumbers = [...FIELDS_1987.keys()].filter((de) => FIELDS_1987[de] === undefined)
    expect(undefinedNumbers).toEqual([0, 1, 65])
    expect(FIELDS_1987.length).toBe(129)
  })

  it('has the lengths of the stock table of the npm package iso_8583', () => {
    const require = createRequire(import.meta.url)
    const foreign: Record<number, Foreign> = require('iso_8583/lib/formats.js')
    const kinds = { 0: 'fixed', 2: 'llvar', 3: 'lllvar' }
    const different = FIELDS_1987.flatMap((spec, de) => {
      const row = foreign[de]
      if (spec === undefined || row === undefined || spec.format === 'b') return []
      const same = row.MaxLen === spec.length && row.LenType === kinds[spec.lengthDigits]
      return same ? [] : [de]
    })
    // 53 is b 48 there; 58, 59 and 127 are the package's own.
    expect(different).toEqual([53, 58, 59, 127])
  })

  it('marks the two MAC fields, and only those', () => {
    const marked = [...FIELDS_1987.keys()].filter((de) => FIELDS_1987[de]?.mac)
    expect(marked).toEqual([64, 128])
  })
})

function formatOf(de: number): string {
  const spec = FIELDS_1987[de]
  if (spec === undefined) return 'undefined'
  if (spec.lengthDigits === 0) return `${spec.format}${spec.length}`
  return `${spec.format}..${spec.length} ${'L'.repeat(spec.lengthDigits)}`
}
