// The configuration of the simulated switch: the product's defaults, one or two card hosts, a
// listener for our own terminals and one for an institution. Windows and blocks of
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
  timeouts: { suspenseRetryMs: 300_000, reversalBackoffMaxMs: 60_000 },
  limits: {
    ...{ stockWindowVouchers: 10, rrnBlockNumbers: 100, stanBlockNumbers: 500, inFlightSales: 50 },
    ...{ terminalRefundsPerDay: 2, merchantRefundsPerDay: 4 },
  },
}

/** The second debits while the first cannot. */
export const CARD_HOSTS = [
  { name: 'bank', port: 6_000, acquirerId: '000581', connections: 2 },
  { name: 'other', port: 6_001, acquirerId: '000581', connections: 1 },
] as const

/** How the card host wants a late approval undone. */
export type LateApproval = 'repeat' | 'fresh'

export interface ConfigDraw {
  readonly keyed: KeyedParts
  readonly lateApproval: LateApproval
  readonly hostCount: number
  /** Open ones that the switch holds; the others wait in its store. */
  readonly reversalsInMemory: number
}

const PLAIN: ConfigDraw = {
  ...{ keyed: { terminals: false, host: false }, lateApproval: 'repeat', hostCount: 1 },
  reversalsInMemory: 1_000,
}
const parsed = new Map<string, Config>()

export function simConfig(draw: ConfigDraw = PLAIN): Config {
  const { keyed, lateApproval, hostCount, reversalsInMemory } = draw
  const name = JSON.stringify(draw)
  const known = parsed.get(name)
  if (known !== undefined) return known
  const [own, institution] = SOURCE.listeners
  const hostTerms = { keys: keyed.host ? 'aes' : 'none', profile: { lateApproval } }
  const terminalKeys = keyed.terminals ? { keys: 'aes', insecure: false } : {}
  const source = {
    ...SOURCE,
    limits: { ...SOURCE.limits, reversalsInMemory },
    listeners: [{ ...own, ...terminalKeys }, institution],
    cardHosts: CARD_HOSTS.slice(0, hostCount).map((cardHost) => ({ ...cardHost, ...hostTerms })),
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
  const [own, institution] = simConfig({ ...PLAIN, keyed }).listeners.map((listener) =>
    gatewayListener(listener as ListenerConfig),
  )
  if (own === undefined || institution === undefined) throw new Error('two listeners are needed')
  return { own, institution }
}
