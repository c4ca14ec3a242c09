// Reversals that are open for hours are told of once, and again when they had come to an end.

import { expect, it } from 'vitest'
import type { Notice } from '../../switch/core/notice.ts'
import { watchReversals } from '../../switch/reversal-watch.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'

const HOUR = 3_600_000

it('is an alarm after four hours, once until they have been answered', async () => {
  const timers = new VirtualTime()
  const told: Notice[] = []
  let since: number | undefined = timers.wallMs()
  const notice = (one: Notice) => told.push(one)
  const end = watchReversals({ sales: { oldestReversalMs: () => since }, timers, notice })
  await timers.run(4 * HOUR - 1)
  expect(told).toEqual([])
  await timers.run(6 * HOUR)
  const detail = 'the oldest is open for 4 hours'
  const alarm = { level: 'alarm', what: 'reversals are not answered', detail }
  expect(told).toEqual([alarm])
  since = undefined
  await timers.run(HOUR)
  since = timers.wallMs()
  await timers.run(5 * HOUR)
  expect(told).toEqual([alarm, alarm])
  end()
  expect(timers.pending).toBe(0)
})
