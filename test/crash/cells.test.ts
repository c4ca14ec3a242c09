// The kill matrix covers what it says: every operation, every behaviour of the card host, and no
// cell twice.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CELLS, HOSTS, nameOf, ONE_OF_EACH_POINT, OPERATIONS } from './cells.ts'

describe('the kill matrix', () => {
  it('has every operation, and every behaviour of the host where one is debited', () => {
    expect([...new Set(CELLS.map(({ operation }) => operation))]).toEqual([...OPERATIONS])
    for (const host of HOSTS) {
      const points = CELLS.filter((cell) => cell.operation === 'sale' && cell.host === host)
      expect(points.length).toBeGreaterThanOrEqual(12)
      for (const operation of ['confirmation', 'import', 'backup', 'shutdown']) {
        expect(CELLS.some((cell) => cell.operation === operation && cell.host === host)).toBe(true)
      }
    }
  })

  it('has no cell twice, and enough different points', () => {
    expect(new Set(CELLS.map(nameOf)).size).toBe(CELLS.length)
    expect(new Set(CELLS.map(({ point }) => point)).size).toBeGreaterThanOrEqual(30)
  })

  it('has a share with every point once', () => {
    const points = new Set(CELLS.map(({ point }) => point))
    expect(ONE_OF_EACH_POINT.map(({ point }) => point)).toEqual([...points])
  })

  it('names points that the crash points know', () => {
    const source = readFileSync(new URL('crash-points.mjs', import.meta.url), 'utf8')
    const known = [...source.matchAll(/point\([`']([^`'$]+)/g)].map(([, front = '']) => front)
    for (const { point } of CELLS) {
      expect(known.some((front) => point.startsWith(front))).toBe(true)
    }
  })
})
