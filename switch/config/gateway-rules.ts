// Rules of what gateways may bring: which gateway is said by one certificate, its listeners are
// those of this switch, and a listener is reached by a port, by a gateway, or by both.

import type { Problem } from './problem.ts'
import type { Config, GatewayDoorConfig } from './schema.ts'
import { suggestion } from './suggest.ts'

export function gatewayRules(config: Config): Problem[] {
  const names = config.listeners.map(({ name }) => name)
  return [
    ...config.gateways.flatMap((door, index) => doorRules(door, `gateways.${index}`, names)),
    ...unreached(config),
  ]
}

function doorRules({ clients }: GatewayDoorConfig, at: string, known: string[]): Problem[] {
  const problems: Problem[] = []
  const certificates = new Map<string, number>()
  for (const [index, { certificate, listeners }] of clients.entries()) {
    const path = `${at}.clients.${index}`
    const first = certificates.get(certificate)
    if (first === undefined) certificates.set(certificate, index)
    else {
      const message = `the certificate ${certificate} is that of ${at}.clients.${first}`
      const hint = 'give each gateway a certificate of its own, or one entry all listeners'
      problems.push({ path: `${path}.certificate`, message, hint })
    }
    for (const listener of listeners) {
      if (known.includes(listener)) continue
      const message = `there is no listener ${listener}`
      problems.push({ path: `${path}.listeners`, message, hint: suggestion(listener, known) })
    }
  }
  return problems
}

function unreached({ listeners, gateways }: Config): Problem[] {
  const brought = new Set(
    gateways.flatMap(({ clients }) => clients.flatMap((client) => client.listeners)),
  )
  const problems: Problem[] = []
  for (const [index, { name, port, tls }] of listeners.entries()) {
    if (port !== undefined) continue
    const at = `listeners.${index}`
    if (!brought.has(name)) {
      const hint =
        'TCP port; 0 takes a free one. Without one a gateway has to bring its connections'
      problems.push({ path: `${at}.port`, message: 'is missing', hint })
    }
    if (tls !== undefined) {
      const message = 'is for a listener with a port'
      const hint = 'the gateway has the certificate; set gatewayTls to what it must ask for'
      problems.push({ path: `${at}.tls`, message, hint })
    }
  }
  return problems
}
