// What the attacks are made on: the real switch as a process with doors for terminals (with keys,
// marked insecure, with mutual TLS, without TPDU), a card host, and honest terminals that sell all
// the while. Times are short, so that a deadline is seen to pass. With `throughGateway` everybody
// reaches the switch through a gateway, which listens as the switch would. Attacks nothing itself.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AdminClient } from '../../admin-api/client.ts'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { freePort } from '../free-port.ts'
import { GatewayProcess } from '../gateway-process.ts'
import { LoadTerminal } from '../overload/load-terminal.ts'
import { Authority, writeAuthority, writeFiles } from '../protocol/certificates/authority.ts'
import { addShop, adminOf, importVouchers, untilSelling } from '../trial-shop.ts'
import { together, twoOfficers } from '../two-officers.ts'
import { KeyedTerminal } from './keyed-terminal.ts'

const PROGRAM = fileURLToPath(new URL('../../evs.ts', import.meta.url))
export const MID = '000000000100001'
export const KEYED_TID = '20000001'
export const FIRST_FRAME_MS = 2_000
export const FRAME_MS = 1_000
export const CONNECTIONS_MOST = 400
export const HANDSHAKE_MS = 1_000
const HONEST = 6

const ENVIRONMENT = {
  EVS_LOG_LEVEL: 'info',
  EVS_LIMITS_BALLAST_BYTES: '65536',
  EVS_LIMITS_WRITE_BUFFER_BYTES: '16384',
  EVS_LIMITS_CONNECTIONS_PER_LISTENER: String(CONNECTIONS_MOST),
  EVS_TIMEOUTS_FIRST_FRAME_MS: String(FIRST_FRAME_MS),
  EVS_TIMEOUTS_TLS_HANDSHAKE_MS: String(HANDSHAKE_MS),
  EVS_TIMEOUTS_FRAME_MS: String(FRAME_MS),
}

const GATEWAY_ENVIRONMENT = {
  EVS_GATEWAY_LIMITS_WRITE_BUFFER_BYTES: ENVIRONMENT.EVS_LIMITS_WRITE_BUFFER_BYTES,
  EVS_GATEWAY_LIMITS_CONNECTIONS_PER_LISTENER: String(CONNECTIONS_MOST),
  EVS_GATEWAY_TIMEOUTS_FIRST_FRAME_MS: String(FIRST_FRAME_MS),
  EVS_GATEWAY_TIMEOUTS_TLS_HANDSHAKE_MS: String(HANDSHAKE_MS),
  EVS_GATEWAY_TIMEOUTS_FRAME_MS: String(FRAME_MS),
  EVS_GATEWAY_TIMEOUTS_DIAL_BACKOFF_MAX_MS: '250',
}

export class AttackRig {
  readonly #folder = mkdtempSync(join(tmpdir(), 'evs-attack-'))
  #host!: CardHost
  #switch!: SwitchProcess
  #gateway: GatewayProcess | undefined
  config = ''
  data = ''
  readonly log = join(this.#folder, 'switch.log')
  readonly authority = new Authority('Attack Authority')
  keyed!: KeyedTerminal
  honest: LoadTerminal[] = []

  async open(throughGateway = false): Promise<void> {
    this.#host = await startCardHost({
      ...{ port: 0, ledgerFile: join(this.#folder, 'card-host.ndjson'), seed: 1 },
      accounts: { unknownCards: { balanceRial: 900_000_000_000 } },
    })
    const made = await init({ dir: join(this.#folder, 'shop'), cardHostPort: this.#host.port })
    this.config = made.config
    this.data = made.data
    const ca = writeAuthority(this.#folder, 'ca', this.authority)
    const server = this.authority.issue({ commonName: 'switch', names: ['localhost'] })
    const tls = { ...writeFiles(this.#folder, 'switch', server), clientCa: ca }
    const doorPort = await freePort()
    const door = throughGateway ? gatewayDoor(doorPort, tls) : ''
    writeFileSync(made.config, configuration(this.#host.port, tls) + door)
    const program = [...process.execArgv, PROGRAM]
    this.#switch = new SwitchProcess(made.config, this.log, ENVIRONMENT, program)
    await this.#switch.start()
    if (throughGateway) await this.#openGateway({ tls, ca, doorPort })
    await this.#prepare()
  }

  async close(): Promise<void> {
    for (const terminal of this.honest) terminal.drop()
    this.keyed?.drop()
    await this.#gateway?.end('SIGKILL')
    await this.#switch?.kill()
    await this.#host?.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** An orderly stop; resolves with the signal that ended it, if any did. */
  async stop(): Promise<NodeJS.Signals | undefined> {
    await this.#switch.stop()
    return this.#switch.killedBy
  }

  async start(more: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#switch.start(more)
    await this.#gateway?.linked()
  }

  get admin(): AdminClient {
    return adminOf(this.#switch, 'attack')
  }

  get adminSocket(): string {
    return this.#switch.ready?.admin.socket ?? ''
  }

  get folder(): string {
    return dirname(this.config)
  }

  port(listener: (typeof DOORS)[number]): number {
    const port = this.#gateway?.port(listener) ?? this.#switch.port(listener)
    if (port === undefined) throw new Error('the switch is not running')
    return port
  }

  metricsPort(): number {
    return this.#switch.ready?.admin.port ?? 0
  }

  get pid(): number {
    return this.#switch.pid
  }

  debits(): { count: number; rial: number } {
    const debits = this.#host.netDebits()
    return {
      count: debits.length,
      rial: debits.reduce((sum, { amountRial }) => sum + amountRial, 0),
    }
  }

  /** Of the switch, and behind it those of the gateway. */
  async metrics(): Promise<string> {
    const page = await (await fetch(`http://127.0.0.1:${this.metricsPort()}/metrics`)).text()
    return page + ((await this.#gateway?.metrics()) ?? '')
  }

  async metric(name: string): Promise<number> {
    const page = await this.metrics()
    let sum = 0
    for (const line of page.split('\n')) {
      if (line.startsWith(name)) sum += Number(line.slice(line.lastIndexOf(' ')))
    }
    return sum
  }

  async memoryMb(): Promise<number> {
    return (await this.metric('process_resident_memory_bytes')) / 2 ** 20
  }

  async #openGateway(at: { tls: object; ca: string; doorPort: number }): Promise<void> {
    const issued = this.authority.issue({ commonName: 'gateway', use: 'client' })
    const files = writeFiles(this.#folder, 'gateway', issued)
    const config = join(this.#folder, 'gateway.yaml')
    const link = { ca: at.ca, serverName: 'localhost', ...files }
    writeFileSync(config, gatewayConfiguration(at.tls, link, at.doorPort))
    this.#gateway = new GatewayProcess(config)
    await this.#gateway.start(GATEWAY_ENVIRONMENT)
    await this.#gateway.linked()
  }

  async #prepare(): Promise<void> {
    const { admin } = this
    const tids = Array.from({ length: HONEST }, (_, n) => String(10_000_001 + n))
    await addShop(admin, { mid: MID, name: 'HONEST', tids })
    await admin.addMerchant({ mid: 'OTHER', name: 'OTHER', city: 'Tehran', institution: 0 })
    await admin.addTerminal({ tid: '30000001', mid: 'OTHER', scheme: 'none', institution: 0 })
    await admin.addTerminal({ tid: KEYED_TID, mid: MID, scheme: 'aes', institution: 0 })
    const owner = { kind: 'terminal', tid: KEYED_TID, mid: MID, institution: 0 } as const
    const officers = await twoOfficers(this.adminSocket)
    const issue = { owner, scheme: 'aes', parts: 2 } as const
    const issued = await together(officers, (one) => one.issueKey(issue))
    this.keyed = new KeyedTerminal(issued.parts, { tid: KEYED_TID, mid: MID }, () =>
      this.port('keyed'),
    )
    for (const tid of tids) {
      this.honest.push(
        new LoadTerminal({ tid, mid: MID, port: this.port('plain'), replyMs: 5_000 }),
      )
    }
    const digitsOf = (number: number) => 31_049_000_000_000 + number
    await importVouchers(admin, this.#folder, { first: 1, count: 20_000, digitsOf })
    await untilSelling(admin)
  }

  /** Share of honest sales that were sold while `attack` went on. */
  async during(attack: () => Promise<void>): Promise<{ sales: number; share: number }> {
    let isOver = false
    let sales = 0
    let sold = 0
    const sell = async (terminal: LoadTerminal): Promise<void> => {
      while (!isOver) {
        sales++
        const reply = await terminal.ask('0200', terminal.next().fields)
        if (reply?.fields[39] === '00') sold++
        await pause(80)
      }
    }
    const selling = this.honest.map(sell)
    try {
      await attack()
    } finally {
      isOver = true
      await Promise.all(selling)
    }
    return { sales, share: sales === 0 ? 0 : sold / sales }
  }
}

function configuration(cardHostPort: number, tls: object): string {
  return `listeners:
  - { name: plain, kind: terminal, port: 0, keys: none, insecure: true }
  - { name: keyed, kind: terminal, port: 0, keys: aes }
  - { name: secure, kind: terminal, port: 0, keys: none, tls: ${JSON.stringify(tls)} }
  - { name: bare, kind: terminal, port: 0, keys: none, insecure: true, tpdu: false }
cardHosts:
  - { name: simulator, port: ${cardHostPort}, acquirerId: '581000' }
`
}

const DOORS = ['plain', 'keyed', 'secure', 'bare'] as const

function gatewayDoor(port: number, { certificate, key, clientCa }: TlsPaths): string {
  const client = { certificate: 'gateway', name: 'gw', listeners: DOORS }
  const tls = { certificate, key, clientCa }
  return `gateways:\n  - ${JSON.stringify({ name: 'inner', port, tls, clients: [client] })}\n`
}

function gatewayConfiguration(tls: object, link: object, port: number): string {
  const doors = DOORS.map((name) => {
    const tpdu = name !== 'bare'
    return { name, kind: 'terminal', port: 0, tpdu, ...(name === 'secure' ? { tls } : {}) }
  })
  const main = { name: 'main', host: '127.0.0.1', port, tls: link }
  return JSON.stringify({ listeners: doors, switches: [main] })
}

interface TlsPaths {
  readonly certificate: string
  readonly key: string
  readonly clientCa: string
}
