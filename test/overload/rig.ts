// What the trial works with: the real switch as a process, the simulated card host behind the
// narrow line, and a fleet of terminals. Measures the switch through its own metrics page. Decides
// nothing about load.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { AdminClient } from '../../admin-api/client.ts'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { type BuiltSwitch, buildSwitch } from '../crash/built-switch.ts'
import { compareSides } from '../crash/three-sides.ts'
import { addShop, adminOf, importVouchers, untilSelling } from '../trial-shop.ts'
import { DebitAges } from './debit-ages.ts'
import { LoadTerminal, nameOf } from './load-terminal.ts'
import { type LineMode, type NarrowLine, openNarrowLine } from './narrow-line.ts'
import { type Books, emptyBooks } from './sale-life.ts'

const PROGRAM = fileURLToPath(new URL('../../evs.ts', import.meta.url))
export const MID = '000000000100001'
export const CARD_HOST_MS = 2_000
/** The terminal's own deadline: an answer after it is no use to anybody. */
export const TERMINAL_MS = 4_000

const ENVIRONMENT = {
  EVS_LOG_LEVEL: 'error',
  EVS_LIMITS_BALLAST_BYTES: '65536',
  EVS_LIMITS_WRITE_BUFFER_BYTES: '16384',
  // The storm and the slow clients come from one address together.
  EVS_LIMITS_CONNECTIONS_PER_ADDRESS: '10000',
  EVS_TIMEOUTS_CARD_HOST_MS: String(CARD_HOST_MS),
  // The default is for a card host time that is twelve times as long.
  EVS_LIMITS_IN_FLIGHT_SALES_LEAST: process.env.EVS_LIMITS_IN_FLIGHT_SALES_LEAST ?? '32',
  EVS_TIMEOUTS_SWITCH_TOTAL_MS: '3500',
  EVS_TIMEOUTS_TERMINAL_ADVISED_MS: String(TERMINAL_MS),
  EVS_TIMEOUTS_FRAME_MS: '2000',
  EVS_TIMEOUTS_REVERSAL_BACKOFF_FIRST_MS: '500',
  EVS_TIMEOUTS_REVERSAL_BACKOFF_MAX_MS: '4000',
  EVS_TIMEOUTS_DIAL_BACKOFF_FIRST_MS: '20',
  EVS_TIMEOUTS_DIAL_BACKOFF_MAX_MS: '100',
  EVS_LIMITS_TERMINAL_REFUNDS_PER_DAY: '10000',
  EVS_LIMITS_MERCHANT_REFUNDS_PER_DAY: '100000',
  EVS_LIMITS_TERMINAL_REFUNDS_PER_DAY_RIAL: '0',
  EVS_LIMITS_MERCHANT_REFUNDS_PER_DAY_RIAL: '0',
}

export interface Sample {
  readonly rssMb: number
  readonly cpuSeconds: number
  readonly salesInFlight: number
}

export interface RigOptions {
  readonly mode: LineMode
  readonly terminals: number
  readonly vouchers: number
  /** As a released one; otherwise from its sources, which starts sooner. */
  readonly built: boolean
}

export class Rig {
  readonly #folder = mkdtempSync(join(tmpdir(), 'evs-overload-'))
  readonly #options: RigOptions
  readonly books: Books = emptyBooks()
  readonly debitAges = new DebitAges(TERMINAL_MS, () => performance.now())
  #built: BuiltSwitch | undefined
  #host!: CardHost
  #switch!: SwitchProcess
  line!: NarrowLine
  terminals: LoadTerminal[] = []
  #turn = 0
  /** The most that was seen. */
  readonly most = { rssMb: 0, salesInFlight: 0 }
  rssStartMb = 0

  constructor(options: RigOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    if (this.#options.built) this.#built = buildSwitch()
    this.#host = await startCardHost({
      ...{ port: 0, ledgerFile: this.#ledger, seed: 1 },
      accounts: { unknownCards: { balanceRial: 900_000_000_000 } },
    })
    this.line = await openNarrowLine({
      ...{ hostPort: this.#host.port, mode: this.#options.mode },
      debitAsked: ({ fields }) => this.debitAges.asked(nameOf(fields)),
    })
    const { config } = await init({
      ...{ dir: join(this.#folder, 'shop'), terminalPort: 0, institutionPort: 0 },
      cardHostPort: this.line.port,
    })
    const program = this.#built?.program ?? [...process.execArgv, PROGRAM]
    const log = join(this.#folder, 'switch.log')
    this.#switch = new SwitchProcess(config, log, ENVIRONMENT, program)
    await this.#switch.start()
    await this.#prepare()
  }

  async close(): Promise<void> {
    for (const terminal of this.terminals) terminal.drop()
    await this.#switch?.kill()
    await this.line?.close()
    await this.#host?.stop()
    this.#built?.remove()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get port(): number {
    const port = this.#switch.port('pos')
    if (port === undefined) throw new Error('the switch is not running')
    return port
  }

  /** Terminals take turns; each may have many sales in flight. */
  nextTerminal(): LoadTerminal {
    this.#turn = (this.#turn + 1) % this.terminals.length
    const terminal = this.terminals[this.#turn]
    if (terminal === undefined) throw new Error('there are no terminals')
    return terminal
  }

  async sample(): Promise<Sample> {
    const port = this.#switch.ready?.admin.port
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    const value = (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(page)?.[1] ?? 0)
    const sample = {
      rssMb: Math.round(value('process_resident_memory_bytes') / 2 ** 20),
      cpuSeconds: value('process_cpu_seconds_total'),
      salesInFlight: value('evs_sales_in_flight'),
    }
    if (this.rssStartMb === 0) this.rssStartMb = sample.rssMb
    this.most.rssMb = Math.max(this.most.rssMb, sample.rssMb)
    this.most.salesInFlight = Math.max(this.most.salesInFlight, sample.salesInFlight)
    return sample
  }

  async openReversals(): Promise<number> {
    const { open, suspense } = (await this.#admin().health()).reversals
    return open - suspense
  }

  /** Switch, card host and receipts, when everything has come to its end. */
  async compare(): Promise<string[]> {
    for (let waits = 0; (await this.openReversals()) > 0; waits++) {
      if (waits > 300) return ['reversals do not end']
      await pause(200)
    }
    return compareSides(this.#admin(), {
      ...{ receipts: this.books.receipts, shown: this.books.shown, ledger: this.#ledger },
      netDebits: this.#host.netDebits(),
    })
  }

  get #ledger(): string {
    return join(this.#folder, 'card-host.ndjson')
  }

  #admin(): AdminClient {
    return adminOf(this.#switch, 'overload')
  }

  async #prepare(): Promise<void> {
    const admin = this.#admin()
    const { terminals, vouchers: count } = this.#options
    const tids = Array.from({ length: terminals }, (_, n) => String(10_000_001 + n))
    await addShop(admin, { mid: MID, name: 'OVERLOAD', tids })
    for (const tid of tids) {
      const address = { tid, mid: MID, port: this.port }
      this.terminals.push(new LoadTerminal({ ...address, replyMs: TERMINAL_MS }))
    }
    const digitsOf = (number: number) => 31_049_000_000_000 + number
    await importVouchers(admin, this.#folder, { first: 1, count, digitsOf })
    await untilSelling(admin)
  }
}
