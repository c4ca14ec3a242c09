// A shop whose terminals reach the switch through gateways only: a real `evs serve` without a port
// for terminals, real `evs gateway` processes over mutual TLS, a card host in this process, and
// terminals of every kind of keys.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { KeyedTerminal } from '../attack/keyed-terminal.ts'
import { freePort } from '../free-port.ts'
import { GatewayProcess } from '../gateway-process.ts'
import { LoadTerminal } from '../overload/load-terminal.ts'
import { Authority, writeAuthority, writeFiles } from '../protocol/certificates/authority.ts'
import { addShop, adminOf, importVouchers, untilSelling } from '../trial-shop.ts'
import { type TwoOfficers, together, twoOfficers } from '../two-officers.ts'

const EVS = fileURLToPath(new URL('../../evs.ts', import.meta.url))
const PROGRAM = ['--import', import.meta.resolve('tsx'), EVS]
export const MID = '000000000100001'
export const PLAIN_TID = '10000001'
const LISTENERS = ['aes', 'tdes', 'plain', 'bound'] as const
type ListenerName = (typeof LISTENERS)[number]

export class GatewayShop {
  readonly folder = mkdtempSync(join(tmpdir(), 'evs-gateway-'))
  readonly authority = new Authority('Test Authority')
  readonly ca = writeAuthority(this.folder, 'ca', this.authority)
  readonly gateways: GatewayProcess[] = []
  readonly keyed: Partial<Record<'aes' | 'tdes', KeyedTerminal>> = {}
  /** Which gateway keyed terminals dial next. */
  through = 0
  host!: CardHost
  switch!: SwitchProcess
  officers!: TwoOfficers

  static async open(): Promise<GatewayShop> {
    const shop = new GatewayShop()
    shop.host = await startCardHost({
      port: 0,
      accounts: { unknownCards: { balanceRial: 900_000_000 } },
    })
    const made = await init({ dir: shop.folder, cardHostPort: shop.host.port })
    const port = await freePort()
    shop.#issue('switch', 'server')
    writeFileSync(made.config, configuration(shop.host.port, port))
    const log = join(shop.folder, 'switch.log')
    shop.switch = new SwitchProcess(made.config, log, {}, PROGRAM)
    await shop.switch.start()
    for (const number of [1, 2]) {
      const gateway = shop.gateway(`gateway-${number}`, LISTENERS, port)
      shop.gateways.push(gateway)
      await gateway.start()
    }
    await shop.#stock()
    return shop
  }

  /** Configured, not started. */
  gateway(
    name: string,
    listeners: readonly ListenerName[],
    port = this.switch.ready?.gateways?.[0]?.port ?? 0,
    authority = this.authority,
  ): GatewayProcess {
    this.#issue(name, 'client', authority)
    this.#issue('doors', 'server')
    const config = join(this.folder, `${name}.yaml`)
    writeFileSync(config, gatewayConfiguration(name, listeners, port))
    return new GatewayProcess(config)
  }

  terminal(gateway = 0, replyMs = 8_000): LoadTerminal {
    const port = this.port('plain', gateway)
    return new LoadTerminal({ tid: PLAIN_TID, mid: MID, port, replyMs, twin: this.#twins++ })
  }

  port(listener: ListenerName, gateway = 0): number {
    const found = this.gateways[gateway]
    if (found === undefined) throw new Error(`no gateway ${gateway}`)
    return found.port(listener)
  }

  async metric(line: RegExp): Promise<number> {
    const port = this.switch.ready?.admin.port
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return Number(line.exec(page)?.[1] ?? 0)
  }

  /** The terminal with a new master key. */
  async issueKey(scheme: 'aes' | 'tdes', tid: string): Promise<KeyedTerminal> {
    const owner = { kind: 'terminal', tid, mid: MID, institution: 0 } as const
    const issue = { owner, scheme, parts: 2 }
    const { parts } = await together(this.officers, (one) => one.issueKey(issue))
    const port = () => this.port(scheme, this.through)
    return new KeyedTerminal(parts, { tid, mid: MID }, port, scheme)
  }

  async close(): Promise<void> {
    for (const terminal of Object.values(this.keyed)) terminal.drop()
    for (const gateway of this.gateways) await gateway.end('SIGKILL')
    await this.switch?.kill()
    await this.host?.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  issueTerminal(tid: string) {
    return writeFiles(this.folder, tid, this.authority.issue({ commonName: tid, use: 'client' }))
  }

  #twins = 0

  #issue(name: string, use: 'server' | 'client', authority = this.authority): void {
    const names = use === 'server' ? { names: ['localhost'] } : {}
    writeFiles(this.folder, name, authority.issue({ commonName: name, use, ...names }))
  }

  async #stock(): Promise<void> {
    const admin = adminOf(this.switch, 'test')
    await addShop(admin, { mid: MID, name: 'Shop', tids: [PLAIN_TID, '10000002'] })
    this.officers = await twoOfficers(this.switch.ready?.admin.socket ?? '')
    for (const [scheme, tid] of [
      ['aes', '20000001'],
      ['tdes', '20000002'],
    ] as const) {
      await admin.addTerminal({ tid, mid: MID, scheme, institution: 0 })
      this.keyed[scheme] = await this.issueKey(scheme, tid)
    }
    const digitsOf = (number: number) => 7_100_000_000_000_000 + number
    await importVouchers(admin, this.folder, { first: 1, count: 200, digitsOf })
    await untilSelling(admin)
    for (const gateway of this.gateways) await gateway.linked()
  }
}

function configuration(cardHostPort: number, port: number): string {
  const all = `[${LISTENERS.join(', ')}]`
  return `listeners:
  - { name: aes, kind: terminal, keys: aes }
  - { name: tdes, kind: terminal, keys: tdes }
  - { name: plain, kind: terminal, insecure: true }
  - { name: bound, kind: terminal, gatewayTls: certificate }
gateways:
  - name: inner
    port: ${port}
    tls: { certificate: switch.pem, key: switch.key, clientCa: ca.pem }
    clients:
      - { certificate: gateway-1, name: gw-1, listeners: ${all} }
      - { certificate: gateway-2, name: gw-2, listeners: ${all} }
      - { certificate: gateway-3, name: gw-3, listeners: [plain] }
cardHosts:
  - { name: simulator, port: ${cardHostPort}, acquirerId: '581000' }
timeouts: { gatewaySilentMs: 2000 }
limits: { ballastBytes: 65536 }
`
}

function gatewayConfiguration(
  name: string,
  listeners: readonly ListenerName[],
  port: number,
): string {
  const doors = listeners.map((listener) => {
    const files = 'certificate: doors.pem, key: doors.key, clientCa: ca.pem'
    const tls = listener === 'bound' ? `, tls: { ${files} }` : ''
    return `  - { name: ${listener}, kind: terminal, port: 0${tls} }`
  })
  return `listeners:
${doors.join('\n')}
switches:
  - name: main
    host: 127.0.0.1
    port: ${port}
    tls: { ca: ca.pem, serverName: localhost, certificate: ${name}.pem, key: ${name}.key }
timeouts:
  { echoAfterMs: 500, echoAnswerMs: 1500, dialBackoffFirstMs: 50, dialBackoffMaxMs: 200 }
limits: { writeBufferBytes: 16384 }
`
}
