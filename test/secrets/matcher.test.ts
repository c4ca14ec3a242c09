// Many byte strings are found in one pass, wherever they begin, and also inside each other.

import { expect, it } from 'vitest'
import { Matcher } from './matcher.ts'

const canary = (name: string, text: string) => ({
  name,
  forms: [{ name: 'text', bytes: Buffer.from(text) }],
})

function found(text: string): string[] {
  const all = [canary('a', 'abcdefgh'), canary('b', 'abcdxyz'), canary('c', 'cdefgh')]
  const places: string[] = []
  new Matcher(all).find(Buffer.from(text), (match) => places.push(`${match.canary}${match.at}`))
  return places.sort()
}

it('finds what begins alike, what lies inside another, and what stands at either end', () => {
  expect(found('abcdefgh')).toEqual(['a0', 'c2'])
  expect(found('..abcdxyz')).toEqual(['b2'])
  expect(found('abcdefghabcdxyz')).toEqual(['a0', 'b8', 'c2'])
})

it('finds nothing in what ends too early or is too short', () => {
  for (const text of ['', 'abc', 'abcdefg', 'abcdxy', 'bcdefg']) expect(found(text)).toEqual([])
})
