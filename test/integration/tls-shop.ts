// A shop behind TLS: a real `evs serve` with listeners that ask for certificates, dialling the
// simulated card host over mutual TLS, and the certificates of everybody. Files can be renewed and
// the switch told to read them again.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { adminClient } from '../../admin-api/client.ts'
import { socketTransport } from '../../admin-api/transport.ts'
import { type RunningCardHost, runCardHost } from '../../card-host/command.ts'
import { runPos } from '../../pos-terminal/command.ts'
import type { PosOptions } from '../../pos-terminal/command-options.ts'
import type { Connect } from '../../pos-terminal/line.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import { init } from '../../switch/init.ts'
import type { ReadyLine } from '../../switch/serve.ts'
import {
  Authority,
  type CertificateWishes,
  writeAuthority,
  writeFiles,
} from '../protocol/certificates/authority.ts'
import { until } from '../protocol/link/loopback.ts'
import { addShop, importVouchers, untilSelling } from '../trial-shop.ts'

const EVS = fileURLToPath(new URL('../../evs.ts', import.meta.url))
const PROGRAM = ['--import', import.meta.resolve('tsx'), EVS]

export const MID = '000000000100001'
export const TIDS = ['10000001', '10000002', '10000003'] as const
const CARD = '6037990000000014=2912'

export interface Sold {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export class TlsShop {
  readonly folder = mkdtempSync(join(tmpdir(), 'evs-tls-'))
  readonly authority = new Authority('Test Authority')
  readonly ca = writeAuthority(this.folder, 'ca', this.authority)
  #cardHost: RunningCardHost | undefined
  #child: ChildProcess | undefined
  #ready: ReadyLine | undefined
  log = ''

  static async open(settings: Readonly<Record<string, string>> = {}): Promise<TlsShop> {
    const shop = new TlsShop()
    await shop.#prepare()
    await shop.start(settings)
    if (shop.#ready === undefined) throw new Error(shop.log)
    const admin = adminClient(socketTransport(shop.#ready.admin.socket), 'test')
    await addShop(admin, { mid: MID, name: 'Shop', tids: TIDS })
    const digitsOf = (number: number) => 7_100_000_000_000_000 + number
    await importVouchers(admin, shop.folder, { first: 1, count: 50, digitsOf })
    await untilSelling(admin)
    return shop
  }

  /** New files of that name. */
  issue(name: string, wishes: Partial<CertificateWishes> = {}, authority = this.authority) {
    return writeFiles(this.folder, name, authority.issue({ commonName: name, ...wishes }))
  }

  port(listener: string): number {
    const found = this.#ready?.listeners.find(({ name }) => name === listener)
    if (found === undefined) throw new Error(`no listener ${listener}`)
    return found.port
  }

  /** Resolves when the ports are open, or with the exit code of a switch that did not start. */
  async start(settings: Readonly<Record<string, string>>): Promise<number | undefined> {
    const parameters = [...PROGRAM, 'serve', '--config', join(this.folder, 'evs.yaml')]
    const child = spawn(process.execPath, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...settings },
    })
    this.#child = child
    child.stderr.on('data', (chunk: Buffer) => {
      this.log += chunk.toString()
    })
    const lines = createInterface({ input: child.stdout })
    const line = once(lines, 'line').then(([text]) => {
      this.#ready = JSON.parse(String(text)) as ReadyLine
      return undefined
    })
    const exit = once(child, 'close').then(([code]) => Number(code))
    return Promise.race([line, exit])
  }

  /** Reads its files again; resolves when it says so. */
  async reload(): Promise<void> {
    const before = this.log.length
    this.#child?.kill('SIGHUP')
    await until(() => this.log.slice(before).includes('certificate files were read again'))
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'close')
  }

  async close(): Promise<void> {
    await this.stop()
    await this.#cardHost?.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** `evs pos` with the terminal's own certificate, unless told otherwise. */
  async pos(action: string, options: Partial<PosOptions> = {}, connect?: Connect): Promise<Sold> {
    const { tid = TIDS[0] } = options
    const shown = { stdout: '', stderr: '' }
    const out = {
      stdout: async (text: string) => {
        shown.stdout += text
        return 'out' as const
      },
      stderr: async (text: string) => {
        shown.stderr += text
        return 'out' as const
      },
    }
    const code = await runPos(
      {
        ...{ action, tid, mid: MID, port: this.port('pos'), lang: 'en', timeout: 3 },
        ...{ product: '093205', card: CARD, json: true },
        ...{ tlsCa: this.ca, tlsName: 'localhost' },
        tlsCert: join(this.folder, `${tid}.pem`),
        tlsKey: join(this.folder, `${tid}.key`),
        store: join(this.folder, `pos-${tid}.json`),
        ...options,
      },
      out,
      { timers: systemTimers, ...(connect === undefined ? {} : { connect }) },
    )
    return { code, ...shown }
  }

  async metric(line: RegExp): Promise<string | undefined> {
    const response = await fetch(`http://127.0.0.1:${this.#ready?.admin.port}/metrics`)
    return line.exec(await response.text())?.[1]
  }

  async #prepare(): Promise<void> {
    this.issue('switch', { names: ['localhost'], use: 'server' })
    this.issue('switch-client', { use: 'client' })
    const host = this.issue('host', { names: ['cards.example.ir'], use: 'server' })
    for (const tid of TIDS) this.issue(tid, { use: 'client' })
    this.#cardHost = await runCardHost(
      { port: '0', tlsCert: host.certificate, tlsKey: host.key, tlsClientCa: this.ca },
      () => undefined,
    )
    await init({ dir: this.folder })
    writeFileSync(join(this.folder, 'evs.yaml'), this.#yaml(this.#cardHost.cardHost.port))
  }

  #yaml(cardHostPort: number): string {
    const server = 'certificate: switch.pem, key: switch.key, clientCa: ca.pem'
    const client = 'certificate: switch-client.pem, key: switch-client.key, ca: ca.pem'
    return `listeners:
  - { name: pos, kind: terminal, port: 0, tls: { ${server} } }
  - name: bank
    kind: institution
    port: 0
    tls: { ${server}, clients: [gateway.bank] }
cardHosts:
  - name: host
    port: ${cardHostPort}
    acquirerId: 000581
    tls: { ${client}, serverName: cards.example.ir }
timeouts: { tlsHandshakeMs: 1000, dialBackoffFirstMs: 50, dialBackoffMaxMs: 50 }
`
  }
}
