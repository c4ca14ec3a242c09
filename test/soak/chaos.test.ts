// Every trouble comes about as often as it should, the same for the same seed.

import { expect, it } from 'vitest'
import { Seeded } from '../simulation/seeded.ts'
import { Chaos } from './chaos.ts'

async function day(seed: number): Promise<{ order: string[]; counts: Record<string, number> }> {
  const order: string[] = []
  const trouble = (name: string, every: number) => {
    return { name, every, run: async () => void order.push(name) }
  }
  const chaos = new Chaos([trouble('kills', 600), trouble('flaps', 60)], new Seeded(seed))
  for (let seconds = 5; seconds <= 36_000; seconds += 5) await chaos.run(seconds)
  return { order, counts: chaos.counts }
}

it('comes as often as it should in ten hours', async () => {
  const { order, counts } = await day(1)
  expect(counts.kills).toBeGreaterThan(50)
  expect(counts.kills).toBeLessThan(70)
  expect(counts.flaps).toBeGreaterThan(520)
  expect(order).toHaveLength((counts.kills ?? 0) + (counts.flaps ?? 0))
})

it('is the same for the same seed, and another for another one', async () => {
  expect((await day(1)).order).toEqual((await day(1)).order)
  expect((await day(2)).order).not.toEqual((await day(1)).order)
})
