// Events are counted by name and label, and reading them changes nothing.

import { expect, it } from 'vitest'
import { openMetrics } from '../../switch/metrics.ts'

async function lines(metrics: ReturnType<typeof openMetrics>): Promise<string[]> {
  const page = await metrics.registry.getSingleMetricAsString('evs_events_total')
  return page.split('\n').filter((line) => !line.startsWith('#'))
}

it('counts each event and label apart, however often the page is read', async () => {
  const metrics = openMetrics()
  metrics.count('answers', '00')
  metrics.count('answers', '00')
  metrics.count('answers', '44')
  metrics.count('late approval')
  const expected = [
    'evs_events_total{event="answers",label="00"} 2',
    'evs_events_total{event="answers",label="44"} 1',
    'evs_events_total{event="late approval",label=""} 1',
  ]
  expect(await lines(metrics)).toEqual(expected)
  expect(await lines(metrics)).toEqual(expected)
})
