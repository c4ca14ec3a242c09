// What is due, host by host: windows of their own, turns in a round, nothing lost.

import { describe, expect, it } from 'vitest'
import { ReversalLanes } from '../../../switch/core/reversal-lanes.ts'

function taken(lanes: ReversalLanes<string>): string[] {
  const items: string[] = []
  for (let item = lanes.next(); item !== undefined; item = lanes.next()) items.push(item)
  return items
}

describe('reversals that are due', () => {
  it('go to each host in their order, and to the hosts in turn', () => {
    const lanes = new ReversalLanes<string>(10)
    for (const item of ['a1', 'a2', 'a3', 'b1', 'b2']) lanes.push(item.slice(0, 1), item)
    expect(taken(lanes)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3'])
    expect(lanes.sending).toBe(5)
  })

  it('go to the host behind the one that took the last, where others have nothing', () => {
    const lanes = new ReversalLanes<string>(10)
    for (const item of ['a1', 'b1', 'b2', 'b3', 'c1', 'c2']) lanes.push(item.slice(0, 1), item)
    expect(taken(lanes)).toEqual(['a1', 'b1', 'c1', 'b2', 'c2', 'b3'])
  })

  it('are under way at a host no more than its window holds, whatever other hosts have', () => {
    const lanes = new ReversalLanes<string>(2)
    for (const item of ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']) lanes.push(item.slice(0, 1), item)
    expect(taken(lanes)).toEqual(['a1', 'b1', 'a2', 'b2'])
    expect([lanes.dueAt('a'), lanes.dueAt('b'), lanes.dueAt('c')]).toEqual([1, 1, 0])
    lanes.done('b')
    expect(taken(lanes)).toEqual(['b3'])
    lanes.done('a')
    expect(taken(lanes)).toEqual(['a3'])
    expect(lanes.sending).toBe(4)
  })

  it('are all taken once, however many there are', () => {
    const lanes = new ReversalLanes<string>(3)
    const items = Array.from({ length: 5_000 }, (_, n) => `a${n}`)
    const seen: string[] = []
    for (const [n, item] of items.entries()) {
      lanes.push('a', item)
      if (n % 3 !== 0) continue
      for (const one of taken(lanes)) {
        seen.push(one)
        lanes.done('a')
      }
    }
    for (let some = taken(lanes); some.length > 0; some = taken(lanes)) {
      for (const one of some) {
        seen.push(one)
        lanes.done('a')
      }
    }
    expect(seen).toEqual(items)
    expect([lanes.dueAt('a'), lanes.sending]).toEqual([0, 0])
  })

  it('give up the last one of the host with most, while it has more than its window', () => {
    const lanes = new ReversalLanes<string>(2)
    for (const item of ['a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'b4'])
      lanes.push(item.slice(0, 1), item)
    const given = [1, 2, 3, 4].map(() => lanes.giveUpLast())
    expect(given).toEqual(['b4', 'a3', 'b3', undefined])
    expect(taken(lanes)).toEqual(['a1', 'b1', 'a2', 'b2'])
  })
})
