// The configuration of a gateway: read as that of the switch is, and the rules that a schema cannot
// say.

import { institutionTlsRules } from '../config/listener-tls-rules.ts'
import type { Problem } from '../config/problem.ts'
import { absolute, type Loaded, readSettings, type Sources } from '../config/read.ts'
import { collisions, repeated, sockets } from '../config/socket-rules.ts'
import { assertGatewayRelations } from './limits.ts'
import {
  GATEWAY_SETTINGS,
  type GatewayConfig,
  gatewaySchema,
  type ParsedGatewayConfig,
} from './settings.ts'

export function loadGatewayConfig(sources: Sources): Loaded<GatewayConfig> {
  const kind = { settings: GATEWAY_SETTINGS, schema: gatewaySchema, resolved, brokenRules }
  return readSettings(sources, kind)
}

function resolved(parsed: ParsedGatewayConfig, folder: string): GatewayConfig {
  return {
    ...parsed,
    listeners: parsed.listeners.map((listener) => ({
      ...listener,
      tpdu: listener.tpdu ?? listener.kind === 'terminal',
      tls: absolute(listener.tls, folder),
    })),
    switches: parsed.switches.map((one) => ({ ...one, tls: absolute(one.tls, folder) })),
  }
}

function brokenRules(config: GatewayConfig): Problem[] {
  const { listeners, switches, probe } = config
  return [
    ...listeners.flatMap((listener, index) => {
      return institutionTlsRules(listener, `listeners.${index}.tls`)
    }),
    ...repeated('listeners', listeners),
    ...repeated('switches', switches),
    ...collisions([
      ...sockets('listeners', listeners),
      { path: 'probe.port', host: probe.host, port: probe.port },
    ]),
    ...assertGatewayRelations(config),
  ]
}
