// A shop of the benchmark: a built switch as a process on the server's core, with terminals, stock
// and, where it has keys, AES keys of terminals and of the card host's link. What is measured is
// measured elsewhere.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { AdminClient } from '../admin-api/client.ts'
import type { KeyOwnerRef } from '../admin-api/key-schemas.ts'
import { SwitchProcess } from '../switch/demo/switch-process.ts'
import { init } from '../switch/init.ts'
import { adminOf, importFile, untilSelling, writeVouchers } from '../test/trial-shop.ts'
import { together, twoOfficers } from '../test/two-officers.ts'
import { cpuMicrosOf } from './load/cpu-time.ts'
import type { OpenReport, RunReport } from './load/orders.ts'
import { BUSY_OPTIONS, keepOn, type Load, loadMaySpin, SERVER_OPTIONS } from './pinned.ts'

export const MID = '000000000100001'
const CARD_HOST = 'bench-host'
/** Terminals that are added at a time, so that they share commits. */
const TOGETHER = 50
const CHECK_EVERY_MS = 200
const SELLING_EVERY_MS = 2

export interface ShopOptions {
  readonly name: string
  readonly folder: string
  /** Of vouchers that are never sold by a run. */
  readonly stockLeft?: number
  /** What Node runs: the built `evs.js`. */
  readonly program: readonly string[]
  /** Its memory is measured, and not what it sells. */
  readonly isIdle?: boolean
  readonly terminals: number
  /** AES: MACs on both links, enciphered vouchers, PINs. */
  readonly keyed: boolean
  /** Lines of its configuration: further listeners, and further groups. */
  readonly listeners?: string
  readonly groups?: string
  /** Variables beside those of every shop. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface Selling {
  readonly connections: number
  readonly seconds: number
}

/** No run of zeros in it, and no two shops or batches share one. */
export const digitsOf = (number: number): number => 31_749_845_961_117 + 7 * number

/** Before it is known how fast a shop sells. */
const FIRST_RATE = 10_000
/** A run may be so much faster than all before it. */
const FASTER = 1.5
/** Of sales before and after the seconds that are counted. */
export const BESIDE_SECONDS = 0.5

/** For a backlog of reversals. Links that are cut are dialled again at once. */
export const LOSING = {
  // So many sales are lost at a time at a host that says nothing.
  EVS_LIMITS_IN_FLIGHT_SALES: '5000',
  EVS_LIMITS_IN_FLIGHT_SALES_LEAST: '5000',
  EVS_TIMEOUTS_DIAL_BACKOFF_FIRST_MS: '10',
  EVS_TIMEOUTS_DIAL_BACKOFF_MAX_MS: '50',
}

export class Shop {
  readonly name: string
  readonly data: string
  readonly #options: ShopOptions
  readonly #process: SwitchProcess
  readonly #log: string
  /** What its earlier processes logged. */
  #loggedBefore = 0
  #imported = 0
  #sold = 0
  #highestPerSecond = 0
  #beganMs = 0
  /** From the start of the process to its ready line. */
  startMs = 0
  /** The same until its probe says that it sells. */
  sellingMs = 0
  /** What the start cost up to then. */
  startCpuMs = 0

  static async open(load: Load, options: ShopOptions): Promise<Shop> {
    const { name, keyed } = options
    const { port: cardHostPort } = await load.ask({ do: 'host', host: { name } })
    const made = await init({ dir: join(options.folder, name), cardHostPort })
    const keys = keyed ? 'aes' : 'none'
    writeFileSync(made.config, configuration(keys, cardHostPort, options))
    const shop = new Shop(options, made)
    try {
      await shop.start()
      await shop.#prepare(load)
    } catch (error) {
      await shop.kill()
      throw error
    }
    return shop
  }

  private constructor(options: ShopOptions, made: { config: string; data: string }) {
    this.#options = options
    this.name = options.name
    this.data = made.data
    this.#log = join(options.folder, `${options.name}.log`)
    const settings = { EVS_LOG_LEVEL: 'info', ...options.settings }
    const ofNode = options.isIdle === true ? SERVER_OPTIONS : BUSY_OPTIONS
    const program = [...ofNode, ...options.program]
    this.#process = new SwitchProcess(made.config, this.#log, settings, program)
  }

  async start(): Promise<void> {
    this.#loggedBefore = statSync(this.#log, { throwIfNoEntry: false })?.size ?? 0
    const beganMs = performance.now()
    await this.#process.start()
    this.startMs = Math.round(performance.now() - beganMs)
    this.#beganMs = beganMs
    keepOn(this.pid, 'server')
  }

  /** With a card host that is there; a store that is damaged never sells. */
  async selling(): Promise<void> {
    const url = `http://127.0.0.1:${this.#process.ready?.admin.port}/readyz`
    while (!(await fetch(url)).ok) await pause(SELLING_EVERY_MS)
    this.sellingMs = Math.round(performance.now() - this.#beganMs)
    this.startCpuMs = cpuMicrosOf(this.pid) / 1_000
  }

  /** With -9. */
  kill(): Promise<void> {
    return this.#process.kill()
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }

  /** Until a start has checked its store in the background, which costs what sales would. */
  async checked(): Promise<void> {
    for (;;) {
      if (!existsSync(`/proc/${this.pid}`)) throw new Error(`${this.name}: it ended`)
      const log = readFileSync(this.#log).subarray(this.#loggedBefore).toString()
      if (log.includes('the store is damaged')) throw new Error(`${this.name}: damaged`)
      if (log.includes('the store was checked')) return
      await pause(CHECK_EVERY_MS)
    }
  }

  get pid(): number {
    return this.#process.pid
  }

  get admin(): AdminClient {
    return adminOf(this.#process, 'benchmark')
  }

  get port(): number {
    return this.#process.port('pos') ?? 0
  }

  /** Where gateways connect. */
  get gatewayPort(): number {
    return this.#process.ready?.gateways?.[0]?.port ?? 0
  }

  /** Of a listener by its name. */
  portOf(listener: string): number {
    return this.#process.port(listener) ?? 0
  }

  get imported(): number {
    return this.#imported
  }

  /** A closed loop of its own terminals, which does not sell it out. */
  async sell(load: Load, run: Selling): Promise<RunReport> {
    await this.stockFor(run.seconds)
    const report = await load.ask({ do: 'closed', run: { ...run, ...this.#served } })
    this.#highestPerSecond = Math.max(this.#highestPerSecond, report.perSecond)
    this.sold(report.approved)
    return report
  }

  /** The same in an open loop. */
  async sellAt(load: Load, run: Selling & { readonly perSecond: number }): Promise<OpenReport> {
    await this.stockFor(run.seconds, run.perSecond)
    const report = await load.ask({
      do: 'open',
      run: { ...run, ...this.#served, hasOwnCore: loadMaySpin },
    })
    this.sold(report.approved)
    return report
  }

  get #served() {
    return { fleet: this.name, port: this.port, pid: this.pid }
  }

  /** What is missing for so many seconds is imported; `stockLeft` is still there at their end. */
  async stockFor(seconds: number, perSecond = this.#mostPerSecond): Promise<void> {
    const { stockLeft = 0 } = this.#options
    const wanted = stockLeft + Math.ceil(perSecond * (seconds + BESIDE_SECONDS))
    if (this.stockNow < wanted) await this.stock(wanted - this.stockNow)
  }

  get #mostPerSecond(): number {
    return this.#highestPerSecond === 0 ? FIRST_RATE : FASTER * this.#highestPerSecond
  }

  /** By somebody else's run, or by its own. */
  sold(vouchers: number): void {
    this.#sold += vouchers
  }

  /** Vouchers that are there, as far as runs told. */
  get stockNow(): number {
    return this.#imported - this.#sold
  }

  /** A released batch of so many; the seconds that the switch took for it. */
  async stock(count: number): Promise<number> {
    const first = this.#imported + 1
    this.#imported += count
    const file = writeVouchers(this.#options.folder, { first, count, digitsOf })
    const beganMs = performance.now()
    await importFile(this.admin, file)
    return (performance.now() - beganMs) / 1_000
  }

  /** Mean records of a commit since the process started. */
  async meanGroup(): Promise<{ readonly records: number; readonly groups: number }> {
    const page = await this.metricsPage()
    const value = (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(page)?.[1] ?? 0)
    return {
      records: value('evs_journal_group_records_sum'),
      groups: value('evs_journal_group_records_count'),
    }
  }

  async metricsPage(): Promise<string> {
    const port = this.#process.ready?.admin.port
    return (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  }

  async #prepare(load: Load): Promise<void> {
    const { name, terminals, keyed } = this.#options
    const { admin } = this
    await admin.addMerchant({ mid: MID, name: 'BENCHMARK', city: 'Tehran', institution: 0 })
    const tids = Array.from({ length: terminals }, (_, n) => String(10_000_001 + n))
    const scheme = keyed ? 'aes' : 'none'
    for (let at = 0; at < terminals; at += TOGETHER) {
      const some = tids.slice(at, at + TOGETHER)
      const added = some.map((tid) => admin.addTerminal({ tid, mid: MID, scheme, institution: 0 }))
      await Promise.all(added)
    }
    const parts = keyed ? { parts: await this.#keys(load, tids) } : {}
    await load.ask({ do: 'fleet', fleet: { name, mid: MID, tids, port: this.port, ...parts } })
    await untilSelling(this.admin)
  }

  /** Parts of the terminals' master keys; the link to the card host gets keys too. */
  async #keys(load: Load, tids: readonly string[]): Promise<string[][]> {
    const officers = await twoOfficers(this.#process.ready?.admin.socket ?? '')
    const issued = async (owner: KeyOwnerRef): Promise<string[]> => {
      const order = { owner, scheme: 'aes', parts: 2 } as const
      return (await together(officers, (one) => one.issueKey(order))).parts.map(({ part }) => part)
    }
    const zone = await issued({ kind: 'host', name: CARD_HOST, institution: 0 })
    const owners = tids.map((tid) => ({ kind: 'terminal', tid, mid: MID, institution: 0 }) as const)
    const parts = await Promise.all(owners.map(issued))
    await load.ask({ do: 'zone', host: { name: this.name, parts: zone } })
    return parts
  }
}

function configuration(
  keys: 'aes' | 'none',
  cardHostPort: number,
  { listeners = '', groups = '' }: ShopOptions,
): string {
  const insecure = keys === 'none'
  return `listeners:
  - { name: pos, kind: terminal, port: 0, keys: ${keys}, insecure: ${insecure} }
${listeners}${groups}cardHosts:
  - { name: ${CARD_HOST}, port: ${cardHostPort}, acquirerId: '581000', keys: ${keys} }
receipts: { phone: '021 0000 0000' }
`
}
