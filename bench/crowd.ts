// Gateways and the idle terminals behind them. A gateway is the built `evs gateway` in a process of
// its own, on a loopback address of its own; a crowd is a process that holds as many connections as
// its descriptors allow, from another address. What is measured is decided elsewhere.

import { type ChildProcess, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayProcess } from '../test/gateway-process.ts'
import { Authority, writeAuthority, writeFiles } from '../test/protocol/certificates/authority.ts'
import type { IdleOrder, IdleReport } from './load/idle-process.ts'
import { asked, heard, keepOn, SERVER_OPTIONS, started } from './pinned.ts'

const GATEWAY_NAME = 'bench-gateway'

/** Files of TLS for the link of gateways and the doors of terminals. */
export interface Papers {
  readonly ca: string
  readonly server: { readonly certificate: string; readonly key: string }
  readonly gateway: { readonly certificate: string; readonly key: string }
}

export function papers(folder: string): Papers {
  const authority = new Authority('Benchmark')
  const issue = (commonName: string, use: 'server' | 'client', names?: string[]) =>
    writeFiles(folder, commonName, authority.issue({ commonName, use, ...(names && { names }) }))
  return {
    ca: writeAuthority(folder, 'ca', authority),
    server: issue('bench-server', 'server', ['localhost']),
    gateway: issue(GATEWAY_NAME, 'client'),
  }
}

/** The groups of a switch that takes them. */
export function gatewayGroups({ ca, server: { certificate, key } }: Papers): string {
  return `gateways:
  - name: inner
    port: 0
    tls: { certificate: ${certificate}, key: ${key}, clientCa: ${ca} }
    clients: [{ certificate: ${GATEWAY_NAME}, name: ${GATEWAY_NAME}, listeners: [pos] }]
`
}

export interface GatewayOptions {
  readonly folder: string
  readonly program: readonly string[]
  readonly papers: Papers
  readonly switchPort: number
  /** Its number, from 0. */
  readonly index: number
  readonly tls: boolean
}

export class BenchGateway {
  readonly host: string
  readonly tls: boolean
  readonly #process: GatewayProcess

  static async open(options: GatewayOptions): Promise<BenchGateway> {
    const gateway = new BenchGateway(options)
    const failed = await gateway.#process.start()
    if (failed !== undefined) throw new Error(`a gateway ended with ${failed}`)
    try {
      keepOn(gateway.pid, 'server')
      await gateway.#process.linked()
    } catch (error) {
      await gateway.stop()
      throw error
    }
    return gateway
  }

  private constructor({ folder, program, index, ...options }: GatewayOptions) {
    this.host = `127.0.0.${10 + index}`
    this.tls = options.tls
    const file = join(folder, `gateway-${index}.yaml`)
    writeFileSync(file, configuration(this.host, options))
    this.#process = new GatewayProcess(file, [...SERVER_OPTIONS, ...program])
  }

  get pid(): number {
    return this.#process.pid
  }

  get port(): number {
    return this.#process.port('pos')
  }

  async stop(): Promise<void> {
    await this.#process.end('SIGKILL')
  }
}

type Configured = Pick<GatewayOptions, 'papers' | 'switchPort' | 'tls'>

/** Nobody is closed for being silent as long as a run lasts; who rests does so after a minute. */
function configuration(host: string, { papers: of, switchPort, tls }: Configured): string {
  const { certificate, key } = of.server
  const door = tls ? `, tls: { certificate: ${certificate}, key: ${key} }` : ''
  return `listeners:
  - { name: pos, kind: terminal, host: ${host}, port: 0${door} }
switches:
  - name: main
    host: 127.0.0.1
    port: ${switchPort}
    tls:
      { ca: ${of.ca}, serverName: localhost,
        certificate: ${of.gateway.certificate}, key: ${of.gateway.key} }
timeouts: { firstFrameMs: 60000, idleMs: 86400000, restMs: 60000 }
log: { level: warn }
`
}

export class Crowd {
  readonly #child: ChildProcess

  static async start(module: string): Promise<Crowd> {
    const child = started(module, [], 'load')
    await heard(child)
    return new Crowd(child)
  }

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  open(order: Omit<IdleOrder, 'do'>): Promise<IdleReport> {
    return this.#ask({ do: 'open', ...order })
  }

  count(): Promise<IdleReport> {
    return this.#ask({ do: 'count' })
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }

  async #ask(order: object): Promise<IdleReport> {
    return ((await asked(this.#child, order)) as { answer: IdleReport }).answer
  }
}

/** Descriptors that a process here may have. */
export function descriptorsMost(): number {
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' })
  return stdout.trim() === 'unlimited' ? Number.POSITIVE_INFINITY : Number(stdout)
}
