// Who showed a text first, for hundreds of thousands of them, without keeping the texts.

import { expect, it } from 'vitest'
import { SeenOnce } from '../../replay/seen-once.ts'

it('a text belongs to whoever showed it first', () => {
  const seen = new SeenOnce()
  expect([seen.ownerOf('A', 1), seen.ownerOf('B', 2), seen.ownerOf('A', 3)]).toEqual([1, 2, 1])
  expect(seen.ownerOf('', 4)).toBe(4)
})

it('a quarter of a million texts are told apart, and known again after it has grown', () => {
  const seen = new SeenOnce()
  const text = (n: number) => String(770_000_000_000 + n)
  let wrong = 0
  for (let n = 1; n <= 250_000; n++) wrong += seen.ownerOf(text(n), n) === n ? 0 : 1
  for (let n = 1; n <= 250_000; n++) wrong += seen.ownerOf(text(n), 9) === n ? 0 : 1
  expect([wrong, seen.size]).toEqual([0, 250_000])
})
