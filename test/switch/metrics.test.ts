// Events are counted by name and label, and the gauges are read when somebody asks: keys of card
// host links, and gateways, linked or not. Reading changes nothing.

import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { addSources, type MetricSources, openMetrics } from '../../switch/metrics.ts'

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

it('alarms are counted by what they say, in a counter of their own', async () => {
  const metrics = openMetrics()
  for (const what of ['disk full', 'zone keys do not open', 'disk full']) metrics.alarm(what)
  const page = await metrics.registry.metrics()
  expect(page.match(/^evs_(alarms|events)_total.*/gm)).toEqual([
    'evs_alarms_total{what="disk full"} 2',
    'evs_alarms_total{what="zone keys do not open"} 1',
  ])
})

it('records that shared a commit are counted by how many they were', async () => {
  const metrics = openMetrics()
  for (const records of [1, 3, 500, 600]) metrics.group(records)
  const page = await metrics.registry.getSingleMetricAsString('evs_journal_group_records')
  expect(page.match(/(?:le="(?:1|2|4|256|512|\+Inf)"\}|_sum|_count) \d+/g)).toEqual([
    ...['le="1"} 1', 'le="2"} 1', 'le="4"} 2', 'le="256"} 2', 'le="512"} 3', 'le="+Inf"} 4'],
    ...['_sum 1104', '_count 4'],
  ])
})

it('memory and processor time of the process are told with the numbers of the switch', async () => {
  const page = await openMetrics().registry.metrics()
  for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total']) {
    expect(page).toMatch(new RegExp(`^${name} [\\d.e+]+$`, 'm'))
  }
})

function registryOf(sources: Partial<MetricSources>): Registry {
  const registry = new Registry()
  addSources(registry, {
    ...{ salesInFlight: () => 0, reversals: async () => ({ open: 0, suspense: 0 }) },
    ...{ oldestReversalSeconds: () => 0, journalDepth: () => 0, connections: () => [] },
    ...{ gateways: () => [], signedOn: () => [], certificates: () => [] },
    revocationLists: () => [],
    ...sources,
  })
  return registry
}

it.each([
  ['none', 0],
  ['in force', 0],
  ['missing', 1],
  ['do not open', 1],
])('keys of a card host link that are %s are %s in the gauge of missing ones', async (keys, is) => {
  const text = await registryOf({ signedOn: () => [{ name: 'bank', signedOn: 1, keys }] }).metrics()
  expect(text).toContain(`evs_card_host_keys_missing{card_host="bank"} ${is}\n`)
})

it('the gauge follows the keys, and each link has its own', async () => {
  const links = [
    { name: 'one', signedOn: 1, keys: 'missing' },
    { name: 'two', signedOn: 1, keys: 'in force' },
  ]
  const registry = registryOf({ signedOn: () => links })
  const read = async () => (await registry.metrics()).match(/keys_missing\{.*/g)
  expect(await read()).toEqual([
    'keys_missing{card_host="one"} 1',
    'keys_missing{card_host="two"} 0',
  ])
  links[0] = { name: 'one', signedOn: 1, keys: 'in force' }
  expect((await read())?.[0]).toBe('keys_missing{card_host="one"} 0')
})

it('each gauge tells of its own source, in figures of its own', async () => {
  const text = await registryOf({
    salesInFlight: () => 11,
    reversals: async () => ({ open: 12, suspense: 13 }),
    oldestReversalSeconds: () => 14,
    journalDepth: () => 15,
    connections: () => [
      { listener: 'pos', connections: 16 },
      { listener: 'bank', connections: 17 },
    ],
    gateways: () => [{ name: 'gw-1', links: 18, connections: 19 }],
    signedOn: () => [{ name: 'shetab', signedOn: 20, keys: 'none' }],
    certificates: () => [{ usedBy: 'listener/pos', seconds: 21 }],
    revocationLists: () => [{ usedBy: 'listener/pos', seconds: 22 }],
  }).metrics()
  expect(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .sort(),
  ).toEqual([
    'evs_card_host_keys_missing{card_host="shetab"} 0',
    'evs_card_host_signed_on{card_host="shetab"} 20',
    'evs_connections{listener="bank"} 17',
    'evs_connections{listener="pos"} 16',
    'evs_gateway_connections{gateway="gw-1"} 19',
    'evs_gateway_links{gateway="gw-1"} 18',
    'evs_journal_waiting 15',
    'evs_reversals_oldest_seconds 14',
    'evs_reversals_open 12',
    'evs_reversals_suspense 13',
    'evs_sales_in_flight 11',
    'evs_tls_certificate_expires_seconds{used_by="listener/pos"} 21',
    'evs_tls_crl_expires_seconds{used_by="listener/pos"} 22',
  ])
})

it('a gateway that may connect is there before it is linked', async () => {
  const text = await registryOf({
    gateways: () => [{ name: 'gw-1', links: 0, connections: 0 }],
  }).metrics()
  expect(text).toContain('evs_gateway_links{gateway="gw-1"} 0\n')
})

it('each number of the switch stands under its own name', async () => {
  const text = await registryOf({
    salesInFlight: () => 2,
    reversals: async () => ({ open: 3, suspense: 5 }),
    oldestReversalSeconds: () => 7,
    journalDepth: () => 11,
    connections: () => [{ listener: 'pos', connections: 13 }],
    gateways: () => [{ name: 'gw-1', links: 17, connections: 19 }],
    signedOn: () => [{ name: 'bank', signedOn: 23, keys: 'none' }],
    certificates: () => [{ usedBy: 'listener/pos', seconds: 29 }],
    revocationLists: () => [{ usedBy: 'listener/pos', seconds: 31 }],
  }).metrics()
  expect(text.split('\n').filter((line) => line.startsWith('evs_'))).toEqual([
    'evs_gateway_links{gateway="gw-1"} 17',
    'evs_gateway_connections{gateway="gw-1"} 19',
    'evs_sales_in_flight 2',
    'evs_reversals_open 3',
    'evs_reversals_oldest_seconds 7',
    'evs_reversals_suspense 5',
    'evs_journal_waiting 11',
    'evs_connections{listener="pos"} 13',
    'evs_card_host_signed_on{card_host="bank"} 23',
    'evs_card_host_keys_missing{card_host="bank"} 0',
    'evs_tls_certificate_expires_seconds{used_by="listener/pos"} 29',
    'evs_tls_crl_expires_seconds{used_by="listener/pos"} 31',
  ])
})
