// Lines that are due later come out in the order of their time, and of one moment in the order in
// which they were put.

import { expect, it } from 'vitest'
import { Agenda } from '../../replay/agenda.ts'

it('lines come out by time, and those of one moment as they were put', () => {
  const agenda = new Agenda()
  const times = Array.from({ length: 300 }, (_, n) => (n * 7_919) % 20)
  for (const [n, at] of times.entries()) agenda.put(at, `${at}:${n}`)
  const taken: string[] = []
  for (let line = agenda.take(Infinity); line !== undefined; line = agenda.take(Infinity)) {
    taken.push(line)
  }
  const byTime = times.map((at, n) => [at, n] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1])
  expect(taken).toEqual(byTime.map(([at, n]) => `${at}:${n}`))
  expect(agenda.size).toBe(0)
})

it('a line that is due at the end of a second belongs to the next one', () => {
  const agenda = new Agenda()
  agenda.put(1_000, 'next')
  agenda.put(999, 'this')
  expect([agenda.take(1_000), agenda.take(1_000), agenda.take(1_001)]).toEqual([
    ...['this', undefined, 'next'],
  ])
})
