// Metrics for Prometheus. Labels have few values and never name a terminal, a card or an address:
// metrics are read without a login, and each value of a label is a series of its own.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  readonly registry: Registry
  /** Counts something by the name that gateways and core use for it. */
  count(what: string, label?: string): void
  group(records: number): void
  alarm(what: string): void
}

/** Read when the metrics are asked for. */
export interface MetricSources {
  readonly salesInFlight: () => number
  readonly reversals: () => Promise<{ open: number; suspense: number }>
  /** Age of the oldest one that is neither ended nor in suspense; 0 when there is none. */
  readonly oldestReversalSeconds: () => number
  readonly journalDepth: () => number
  readonly connections: () => { listener: string; connections: number }[]
  /** Of each gateway that may connect: its links, and connections that it opened on them. */
  readonly gateways: () => { name: string; links: number; connections: number }[]
  readonly signedOn: () => { name: string; signedOn: number; keys: string }[]
  /** Of each listener or card host with certificate files, the first that ends. */
  readonly certificates: () => { usedBy: string; seconds: number }[]
  /** Of each with a list of revoked certificates, the first that ends. */
  readonly revocationLists: () => { usedBy: string; seconds: number }[]
}

const GROUP_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

/** The same name and words in every process of ours. */
export function alarmCounter(registry: Registry): (what: string) => void {
  const alarms = new Counter({
    name: 'evs_alarms_total',
    help: 'things an administrator must look at',
    labelNames: ['what'],
    registers: [registry],
  })
  return (what) => alarms.inc({ what })
}

export function openMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  // A sale counts half a dozen things; the package looks at the labels of each anew.
  const seen = new Map<string, Map<string, number>>()
  new Counter({
    name: 'evs_events_total',
    help: 'messages, answers, dropped frames and closed connections, by kind and label',
    labelNames: ['event', 'label'],
    registers,
    collect() {
      this.reset()
      for (const [event, labels] of seen) {
        for (const [label, times] of labels) this.inc({ event, label }, times)
      }
    },
  })
  const count = (what: string, label = ''): void => {
    let labels = seen.get(what)
    if (labels === undefined) {
      labels = new Map()
      seen.set(what, labels)
    }
    labels.set(label, (labels.get(label) ?? 0) + 1)
  }
  const groups = new Histogram({
    name: 'evs_journal_group_records',
    help: 'records that shared one commit',
    buckets: GROUP_SIZES,
    registers,
  })
  return {
    registry,
    count,
    group: (records) => groups.observe(records),
    alarm: alarmCounter(registry),
  }
}

export function addSources(registry: Registry, sources: MetricSources): void {
  const registers = [registry]
  addGateways(registers, sources.gateways)
  gauge('evs_sales_in_flight', 'sales being worked on', sources.salesInFlight)
  gauge('evs_reversals_open', 'reversals not ended', async () => (await sources.reversals()).open)
  const oldest = 'seconds since the oldest open reversal was opened, those in suspense aside'
  gauge('evs_reversals_oldest_seconds', oldest, sources.oldestReversalSeconds)
  gauge('evs_reversals_suspense', 'reversals in suspense', async () => {
    return (await sources.reversals()).suspense
  })
  gauge('evs_journal_waiting', 'records that wait for a commit', sources.journalDepth)
  new Gauge({
    name: 'evs_connections',
    help: 'open connections of a listener',
    labelNames: ['listener'],
    registers,
    collect() {
      for (const { listener, connections } of sources.connections()) {
        this.set({ listener }, connections)
      }
    },
  })
  new Gauge({
    name: 'evs_card_host_signed_on',
    help: 'signed-on connections to a card host',
    labelNames: ['card_host'],
    registers,
    collect() {
      for (const { name, signedOn } of sources.signedOn()) this.set({ card_host: name }, signedOn)
    },
  })
  new Gauge({
    name: 'evs_card_host_keys_missing',
    help: '1 while a card host link is to have zone keys and has none that open',
    labelNames: ['card_host'],
    registers,
    collect() {
      for (const { name, keys } of sources.signedOn()) {
        this.set({ card_host: name }, Number(keys === 'missing' || keys === 'do not open'))
      }
    },
  })
  expiry('certificate', 'certificate', sources.certificates)
  expiry('crl', 'list of revoked certificates', sources.revocationLists)

  function expiry(name: string, what: string, read: MetricSources['certificates']): void {
    new Gauge({
      name: `evs_tls_${name}_expires_seconds`,
      help: `seconds until the first ${what} of a listener or card host link expires`,
      labelNames: ['used_by'],
      registers,
      collect() {
        for (const { usedBy, seconds } of read()) this.set({ used_by: usedBy }, seconds)
      },
    })
  }

  function gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await read())
      },
    })
  }
}

function addGateways(registers: Registry[], read: MetricSources['gateways']): void {
  for (const [what, help] of [
    ['links', 'links of a gateway'],
    ['connections', 'connections of terminals that a gateway brought and that spoke'],
  ] as const) {
    new Gauge({
      name: `evs_gateway_${what}`,
      help,
      labelNames: ['gateway'],
      registers,
      collect() {
        for (const status of read()) this.set({ gateway: status.name }, status[what])
      },
    })
  }
}
