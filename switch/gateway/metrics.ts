// Metrics of a gateway, for Prometheus. Labels come from closed lists and never name a terminal or
// an address. What a sale is does not show here: that is measured by the switch.

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { LinkStatus } from '../../terminal-gateway/relay/relay.ts'
import { alarmCounter } from '../metrics.ts'
import type { Expiry } from '../tls.ts'

export interface GatewayMetrics {
  readonly registry: Registry
  count(what: string, label?: string): void
  alarm(what: string): void
}

/** Read when the metrics are asked for. */
export interface GatewayMetricSources {
  readonly connections: () => { listener: string; connections: number }[]
  readonly links: () => LinkStatus[]
  readonly certificates: () => Expiry[]
  readonly revocationLists: () => Expiry[]
}

export function openGatewayMetrics(): GatewayMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const events = new Counter({
    name: 'evs_events_total',
    help: 'closed and dropped connections and events of links, by kind and label',
    labelNames: ['event', 'label'],
    registers: [registry],
  })
  return {
    registry,
    count: (what, label = '') => events.inc({ event: what, label }),
    alarm: alarmCounter(registry),
  }
}

export function addGatewaySources(registry: Registry, sources: GatewayMetricSources): void {
  const { connections, links, certificates, revocationLists } = sources
  gauge('evs_connections', 'open connections of a listener', 'listener', () =>
    connections().map(({ listener, connections: open }) => [listener, open]),
  )
  gauge('evs_link_up', 'whether the link to a switch carries connections', 'switch', () =>
    links().map(({ name, up }) => [name, up ? 1 : 0]),
  )
  gauge('evs_link_connections', 'connections that have spoken on a link', 'switch', () =>
    links().map((link) => [link.name, link.connections]),
  )
  gauge('evs_link_untaken_bytes', 'sent to a switch and not taken yet', 'switch', () =>
    links().map(({ name, untakenBytes }) => [name, untakenBytes]),
  )
  expiry('certificate', 'certificate', certificates)
  expiry('crl', 'list of revoked certificates', revocationLists)

  function expiry(name: string, what: string, read: GatewayMetricSources['certificates']): void {
    const help = `seconds until the first ${what} of a listener or link expires`
    gauge(`evs_tls_${name}_expires_seconds`, help, 'used_by', () =>
      read().map(({ usedBy, seconds }) => [usedBy, seconds]),
    )
  }

  function gauge(name: string, help: string, label: string, read: () => [string, number][]): void {
    new Gauge({
      ...{ name, help, labelNames: [label], registers: [registry] },
      collect() {
        for (const [value, amount] of read()) this.set({ [label]: value }, amount)
      },
    })
  }
}
