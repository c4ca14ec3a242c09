// The numbers of a gateway: each from its own source, under the name that the manual has.

import { expect, it } from 'vitest'
import { addGatewaySources, openGatewayMetrics } from '../../../switch/gateway/metrics.ts'

it('metrics of a gateway tell each number under its own name', async () => {
  const { registry, count, alarm } = openGatewayMetrics()
  addGatewaySources(registry, {
    connections: () => [{ listener: 'pos', connections: 3 }],
    links: () => [
      { name: 'main', up: true, connections: 5, untakenBytes: 7 },
      { name: 'spare', up: false, connections: 0, untakenBytes: 0 },
    ],
    certificates: () => [{ usedBy: 'listener/pos', seconds: 11 }],
    revocationLists: () => [{ usedBy: 'switch/main', seconds: 13 }],
  })
  count('link congested')
  count('link down', 'main')
  count('link down', 'main')
  alarm('a certificate has expired')
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('evs_'))
  expect(lines).toEqual([
    'evs_events_total{event="link congested",label=""} 1',
    'evs_events_total{event="link down",label="main"} 2',
    'evs_alarms_total{what="a certificate has expired"} 1',
    'evs_connections{listener="pos"} 3',
    'evs_link_up{switch="main"} 1',
    'evs_link_up{switch="spare"} 0',
    'evs_link_connections{switch="main"} 5',
    'evs_link_connections{switch="spare"} 0',
    'evs_link_untaken_bytes{switch="main"} 7',
    'evs_link_untaken_bytes{switch="spare"} 0',
    'evs_tls_certificate_expires_seconds{used_by="listener/pos"} 11',
    'evs_tls_crl_expires_seconds{used_by="switch/main"} 13',
  ])
})
