// When records are due, and who gets a connection.

import { describe, expect, it } from 'vitest'
import type { TrafficRecord } from '../../protocol/traffic/traffic-record.ts'
import { ConnectionSlots } from '../../replay/connection-slots.ts'
import { atRate, atSpeed } from '../../replay/schedule.ts'

const echo = (at: number): TrafficRecord => ({ at, t: 1, do: 'echo' })
const sale = (at: number): TrafficRecord => ({
  ...{ at, t: 1, do: 'sale', n: 1, product: '091905', count: 1, rial: 50_000, card: 'a' },
})

describe('a record is due', () => {
  it('at its time since the first one, so many times faster', () => {
    const schedule = atSpeed(60)
    expect([echo(60_000), echo(120_000), echo(180_000)].map(schedule)).toEqual([0, 1_000, 2_000])
  })

  it('at a rate with the sale that it follows, whatever its time', () => {
    const schedule = atRate(10)
    const records = [echo(0), sale(5), echo(90_000), sale(90_001), sale(90_001), echo(99_000)]
    expect(records.map(schedule)).toEqual([0, 0, 0, 100, 200, 200])
  })
})

describe('connections', () => {
  const holders = (count: number) => {
    const closed: number[] = []
    const all = Array.from({ length: count }, (_, n) => ({ hangUp: () => void closed.push(n) }))
    return { closed, all }
  }

  it('are kept by who is quiet until another wants one: the longest quiet goes', () => {
    const slots = new ConnectionSlots(2)
    const { closed, all } = holders(3)
    const [a, b, c] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0]]
    for (const holder of [a, b]) expect(slots.enter(holder)).toBeUndefined()
    slots.leave(b)
    slots.leave(a)
    expect(slots.enter(c)).toBeUndefined()
    expect([closed, slots.held]).toEqual([[1], 2])
    expect(slots.enter(a)).toBeUndefined()
    expect(closed).toEqual([1])
  })

  it('beyond the limit are waited for in order, and no more are open at a time', async () => {
    const slots = new ConnectionSlots(1)
    const { closed, all } = holders(3)
    const got: number[] = []
    const waits = all.map(async (holder, n) => {
      await slots.enter(holder)
      got.push(n)
      expect(slots.held).toBe(1)
      await Promise.resolve()
      slots.leave(holder)
    })
    expect(slots.waiting).toBe(2)
    await Promise.all(waits)
    expect([got, closed, slots.held]).toEqual([[0, 1, 2], [0, 1], 1])
  })
})
