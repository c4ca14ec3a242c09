// The table of what is in flight, beside a Map that has seen the same.

import { describe, expect, it } from 'vitest'
import { InFlight } from '../../../protocol/values/in-flight.ts'
import { Seeded } from '../../simulation/seeded.ts'

const sorted = (entries: Iterable<readonly [string, number]>) =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : 1))

describe('what is in flight', () => {
  it('is what a Map would have, after any course of events', () => {
    const random = new Seeded(1)
    const table = new InFlight<number>()
    const map = new Map<string, number>()
    for (let n = 0; n < 40_000; n++) {
      // More come in than go out, and later fewer: it grows beyond its first size.
      const key = `0210 ${random.between(1, n < 20_000 ? 6_000 : 300)}`
      if (random.between(1, 3) > 1 === n < 20_000) {
        table.set(key, n)
        map.set(key, n)
      } else {
        expect(table.take(key)).toBe(map.get(key))
        map.delete(key)
      }
      expect([table.size, table.get(key), table.has(key)]).toEqual([
        map.size,
        map.get(key),
        map.has(key),
      ])
    }
    expect(sorted(table)).toEqual(sorted(map))
    expect(map.size).toBeGreaterThan(1_024)
  })

  it('grows, and finds all that came before', () => {
    const table = new InFlight<number>()
    for (let key = -2_000; key < 2_000; key++) table.set(String(key), key)
    expect([table.size, table.get('-1'), table.take('1999'), table.take('1999')]).toEqual([
      4_000,
      -1,
      1_999,
      undefined,
    ])
    expect([...table].length).toBe(3_999)
  })

  it('spreads keys that differ in their ends or their beginnings', () => {
    for (const name of [
      (n: number) => `0210 1126${n} 20000001`,
      (n: number) => `${n}/000001/1126`,
    ]) {
      const table = new InFlight<number>()
      const begun = performance.now()
      for (let n = 0; n < 200_000; n++) table.set(name(n), n)
      for (let n = 0; n < 200_000; n++) table.take(name(n))
      expect(table.size).toBe(0)
      // A table of one chain would need minutes.
      expect(performance.now() - begun).toBeLessThan(5_000)
    }
  })
})
