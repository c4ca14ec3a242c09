// The configuration of the simulated switch: the product's defaults, one card host with two
// connections, a listener for our own terminals and one for an institution. Windows and blocks of
// numbers are small, so that refills, leases and wraps happen within a seed.

import { gatewayListener } from '../../switch/assembly.ts'
import { type Config, type ListenerConfig, schema } from '../../switch/config/schema.ts'
import type { GatewayListener } from '../../terminal-gateway/gateway.ts'
import type { KeyedParts } from './keys/switch-keys.ts'

const OPEN = { keys: 'none', insecure: true } as const

const SOURCE = {
  listeners: [
    { name: 'pos', kind: 'terminal', port: 5_000, tpdu: true, ...OPEN },
    {
      ...{ name: 'bank', kind: 'institution', port: 5_001, insecure: true, tpdu: false },
      ...{ institution: 7, dialect: 'iso87ascii' },
    },
  ],
  cardHosts: [{ name: 'bank', port: 6_000, acquirerId: '000581', connections: 2 }],
  timeouts: { suspenseRetryMs: 300_000, reversalBackoffMaxMs: 60_000 },
  limits: {
    ...{ stockWindowVouchers: 10, rrnBlockNumbers: 100, stanBlockNumbers: 500, inFlightSales: 50 },
    ...{ terminalRefundsPerDay: 2, merchantRefundsPerDay: 4 },
  },
}

/** How the card host wants a late approval undone. */
export type LateApproval = 'repeat' | 'fresh'

const NONE: KeyedParts = { terminals: false, host: false }
const parsed = new Map<string, Config>()

export function simConfig(keyed = NONE, lateApproval: LateApproval = 'repeat'): Config {
  const name = JSON.stringify([keyed, lateApproval])
  const known = parsed.get(name)
  if (known !== undefined) return known
  const [own, institution] = SOURCE.listeners
  const [cardHost] = SOURCE.cardHosts
  const terminalKeys = keyed.terminals ? { keys: 'aes', insecure: false } : {}
  const source = {
    ...SOURCE,
    listeners: [{ ...own, ...terminalKeys }, institution],
    cardHosts: [{ ...cardHost, keys: keyed.host ? 'aes' : 'none', profile: { lateApproval } }],
  }
  // Paths stay as they are: nothing of them is opened.
  const config = schema.parse(source) as unknown as Config
  parsed.set(name, config)
  return config
}

export function simListeners(keyed: KeyedParts): {
  own: GatewayListener
  institution: GatewayListener
} {
  const [own, institution] = simConfig(keyed).listeners.map((listener) =>
    gatewayListener(listener as ListenerConfig),
  )
  if (own === undefined || institution === undefined) throw new Error('two listeners are needed')
  return { own, institution }
}
