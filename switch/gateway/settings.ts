// The shape of `gateway.yaml`, the configuration of `evs gateway`: doors for terminals and
// institutions as the switch has them, and the switches that are dialled. What a message means is
// no setting here: the switch reads it. Rules between settings are in `rules.ts`.

import { z } from 'zod'
import { GATEWAY_PREFIX, type Settings } from '../config/keys.ts'
import {
  crlOf,
  filePath,
  framing,
  host,
  LEVELS,
  listenerTls,
  minVersion,
  name,
  settingsOf,
} from '../config/parts.ts'
import { shapeOf } from '../config/shape.ts'
import { GATEWAY_LIMITS, GATEWAY_TIMEOUTS } from './limits.ts'

const port = z.int().min(0).max(65_535)

const listener = z.strictObject({
  name: name.describe('name of the listener of the switch whose connections it takes'),
  kind: z.enum(['terminal', 'institution']).describe('who connects: terminals, or a bank server'),
  host: host.default('127.0.0.1').describe('address to listen on'),
  port: port.describe('TCP port; 0 takes a free one'),
  ...framing,
  tls: listenerTls.optional().describe('TLS of the listener'),
})

const switchTls = z.strictObject({
  ca: filePath.describe('PEM file of the authority of the certificate of the switch'),
  crl: crlOf('ca'),
  serverName: host
    .optional()
    .describe('name or IP address that its certificate must bear')
    .meta({ fallback: 'host of the switch' }),
  certificate: filePath.describe('PEM file of our certificate and chain'),
  key: filePath.describe('PEM file of the private key, mode 0600'),
  minVersion,
})

const voucherSwitch = z.strictObject({
  name: name.describe('name of the switch in logs and metrics'),
  host: host.describe('address to dial'),
  port: z.int().min(1).max(65_535).describe('TCP port to dial: that of its door for gateways'),
  tls: switchTls.describe('TLS of the link; there is none without it'),
})

export const gatewaySchema = z.strictObject({
  listeners: z.array(listener).min(1).max(64).describe('where terminals and institutions connect'),
  switches: z
    .array(voucherSwitch)
    .min(1)
    .max(8)
    .describe('what is dialled; a connection takes the first that is up'),
  timeouts: settingsOf(GATEWAY_TIMEOUTS).prefault({}).describe('deadlines and pauses'),
  limits: settingsOf(GATEWAY_LIMITS).prefault({}).describe('sizes and counts'),
  probe: z
    .strictObject({
      host: host.default('127.0.0.1').describe('address of /livez, /readyz and /metrics'),
      port: port.default(0).describe('its TCP port; 0 takes a free one'),
    })
    .prefault({})
    .describe('probes and metrics'),
  log: z
    .strictObject({ level: z.enum(LEVELS).default('info').describe('least severe line written') })
    .prefault({})
    .describe('the log on standard error'),
})

export type ParsedGatewayConfig = z.output<typeof gatewaySchema>
type Parsed = ParsedGatewayConfig['listeners'][number]

export type GatewayListenerConfig = Omit<Parsed, 'tpdu'> & { tpdu: boolean }
/** With every default filled in and every path absolute. */
export type GatewayConfig = Omit<ParsedGatewayConfig, 'listeners'> & {
  listeners: GatewayListenerConfig[]
}

export const GATEWAY_SETTINGS: Settings = {
  root: shapeOf(gatewaySchema),
  prefix: GATEWAY_PREFIX,
  others: (variable) => variable === `${GATEWAY_PREFIX}CONFIG`,
  listedBy: 'evs gateway --keys',
  madeBy: 'samples/gateway.yaml is one; EVS_GATEWAY_CONFIG or --config names another file',
}
