// The kill matrix: one cell after another on one shop. For each the switch is started with its
// crash point, the operation runs until the point kills it, it is started again, the terminal ends
// its sale, and the three sides are compared: switch, card host's ledger, terminal's receipts.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { AdminClient } from '../../admin-api/client.ts'
import type { FaultRuleData } from '../../card-host/faults.ts'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { until } from '../../switch/demo/scenes.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { addShop, adminOf, importVouchers, untilReversed } from '../trial-shop.ts'
import type { BuiltSwitch } from './built-switch.ts'
import type { Cell, HostBehaviour } from './cells.ts'
import { RawTerminal } from './raw-terminal.ts'
import { compareSides } from './three-sides.ts'

export interface CellResult {
  readonly cell: Cell
  readonly recoveryMs: number
  readonly violations: readonly string[]
}

const MID = '000000000100001'
const TIDS = ['10000001', '10000002'] as const
const CARD_HOST_MS = 600
const REPLY_MS = 1_500
/** A host that still thinks when the reversal comes, and answers in time. */
const SLOW_MS = 450
const EARLY_MS = 150
/** Until a sale that is under way has reached the card host. */
const UNDER_WAY_MS = 60
const VOUCHERS = 3_000
const IMPORTED = 1_500

const FAULTS: Readonly<Record<HostBehaviour, readonly FaultRuleData[]>> = {
  approve: [],
  decline: [{ times: 1, fault: { kind: 'decline', rc: '51' } }],
  silent: [{ times: 1, fault: { kind: 'silent' } }],
  late: [{ times: 1, fault: { kind: 'late', ms: CARD_HOST_MS + 300 } }],
  'debit then drop': [{ times: 1, fault: { kind: 'act-then-drop' } }],
}

const QUICK = {
  EVS_LIMITS_BALLAST_BYTES: '65536',
  EVS_TIMEOUTS_CARD_HOST_MS: String(CARD_HOST_MS),
  EVS_TIMEOUTS_REVERSAL_BACKOFF_FIRST_MS: '50',
  EVS_TIMEOUTS_REVERSAL_BACKOFF_MAX_MS: '400',
  EVS_TIMEOUTS_DIAL_BACKOFF_FIRST_MS: '20',
  EVS_TIMEOUTS_DIAL_BACKOFF_MAX_MS: '100',
  EVS_LIMITS_TERMINAL_REFUNDS_PER_DAY: '10000',
  EVS_LIMITS_MERCHANT_REFUNDS_PER_DAY: '10000',
  EVS_LIMITS_TERMINAL_REFUNDS_PER_DAY_RIAL: '0',
  EVS_LIMITS_MERCHANT_REFUNDS_PER_DAY_RIAL: '0',
}

/** A reversal can only be early while the host still thinks. */
function faultsOf({ operation, host }: Cell): readonly FaultRuleData[] {
  if (operation !== 'early reversal' || host !== 'approve') return FAULTS[host]
  return [{ times: 1, fault: { kind: 'late', ms: SLOW_MS } }]
}

export class Matrix {
  readonly #built: BuiltSwitch
  readonly #folder = mkdtempSync(join(tmpdir(), 'evs-matrix-'))
  readonly #terminal: RawTerminal
  /** Its sale is under way while something else is done. */
  readonly #neighbour: RawTerminal
  #host!: CardHost
  #config = ''
  #switch!: SwitchProcess
  #batches = 0
  #backups = 0

  constructor(built: BuiltSwitch) {
    this.#built = built
    const port = () => this.#switch.port('pos')
    const [terminal, neighbour] = TIDS.map(
      (tid) => new RawTerminal({ tid, mid: MID, port, replyMs: REPLY_MS }),
    )
    this.#terminal = terminal as RawTerminal
    this.#neighbour = neighbour as RawTerminal
  }

  get receipts(): number {
    return this.#terminal.receipts.length + this.#neighbour.receipts.length
  }

  async open(): Promise<void> {
    this.#host = await startCardHost({ port: 0, ledgerFile: this.#ledger, seed: 1 })
    const { config } = await init({
      ...{ dir: join(this.#folder, 'shop'), terminalPort: 0, institutionPort: 0 },
      cardHostPort: this.#host.port,
    })
    this.#config = config
    await this.#start()
    const admin = this.#admin()
    await addShop(admin, { mid: MID, name: 'MATRIX', tids: TIDS })
    await this.#import(VOUCHERS)
    await this.#switch.stop()
  }

  async run(cell: Cell): Promise<CellResult> {
    const violations: string[] = []
    this.#host.faults = [...faultsOf(cell)]
    await this.#start({ CRASH_AT: cell.point, CRASH_N: String(cell.nth) })
    await this.#operate(cell).catch(() => undefined)
    if (!(await this.#wasKilled())) violations.push('the point was not reached')
    await this.#switch.kill()
    const started = performance.now()
    await this.#start()
    const recoveryMs = Math.round(performance.now() - started)
    this.#host.faults = []
    await this.#terminal.settle(
      cell.operation === 'reversal' || cell.operation === 'early reversal',
    )
    await this.#neighbour.settle(false)
    violations.push(...(await this.#compare()), ...this.#terminal.broken.splice(0))
    violations.push(...this.#neighbour.broken.splice(0))
    await this.#switch.stop()
    return { cell, recoveryMs, violations }
  }

  async close(): Promise<void> {
    await this.#switch.kill()
    await this.#host.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #ledger(): string {
    return join(this.#folder, 'card-host.ndjson')
  }

  async #start(points: Readonly<Record<string, string>> = {}): Promise<void> {
    const { withPoints, program, folder } = this.#built
    const hasPoint = points.CRASH_AT !== undefined
    const log = join(this.#folder, 'switch.log')
    this.#switch = new SwitchProcess(this.#config, log, QUICK, hasPoint ? withPoints : program)
    await this.#switch.start({ ...points, CRASH_DIST: folder })
    await until('a card host', async () => {
      if (this.#switch.killedBy !== undefined) return true
      return (await this.#admin().health()).status === 'selling'
    }).catch((error: unknown) => {
      // With a point it may have been killed on its way.
      if (!hasPoint) throw error
    })
  }

  #admin(): AdminClient {
    return adminOf(this.#switch, 'kill matrix')
  }

  /** Goes on until the switch is dead or everything that belongs to it is done. */
  async #operate(cell: Cell): Promise<void> {
    const terminal = this.#terminal
    const { operation } = cell
    switch (operation) {
      case 'import':
        return this.#besideSale(() => this.#import(IMPORTED))
      case 'backup':
        return this.#besideSale(() => this.#backup())
      case 'shutdown':
        return this.#besideSale(() => this.#switch.stop())
      case 'confirmation':
        // The sale that is confirmed is sold; the host misbehaves towards the other one.
        this.#host.faults = []
        await terminal.sell()
        this.#host.faults = [...faultsOf(cell)]
        return this.#besideSale(() => terminal.confirm())
      case 'early reversal': {
        const sale = terminal.sell()
        await pause(EARLY_MS)
        await terminal.reverse()
        await sale
        return
      }
      default:
        await terminal.sell()
        if (operation === 'repeat') await terminal.repeat()
        if (operation === 'reversal') await terminal.reverse()
    }
  }

  /** The host's behaviour is met by a sale that is under way meanwhile. */
  async #besideSale(work: () => Promise<unknown>): Promise<void> {
    const sale = this.#neighbour.sell()
    await pause(UNDER_WAY_MS)
    await work()
    await sale
  }

  async #backup(): Promise<void> {
    this.#backups++
    await this.#admin().backup(join(this.#folder, `${this.#backups}.backup`))
  }

  /** Reversals and late answers come after the operation. */
  async #wasKilled(): Promise<boolean> {
    for (let waited = 0; waited < 4_000; waited += 20) {
      if (this.#switch.killedBy === 'SIGKILL') return true
      await pause(20)
    }
    return false
  }

  async #import(count: number): Promise<void> {
    this.#batches++
    const first = this.#batches * 10_000 + 1
    const digitsOf = (number: number) => 31_049_000_000_000 + number
    await importVouchers(this.#admin(), this.#folder, { first, count, digitsOf })
  }

  async #compare(): Promise<string[]> {
    const admin = this.#admin()
    await untilReversed(admin)
    const copy = join(this.#folder, 'shop', 'data', 'evs.db.backup-copy')
    const left = existsSync(copy) ? ['the copy of a backup is left'] : []
    const found = await compareSides(admin, {
      receipts: [...this.#terminal.receipts, ...this.#neighbour.receipts],
      shown: [...this.#terminal.shown, ...this.#neighbour.shown],
      netDebits: this.#host.netDebits(),
      ledger: this.#ledger,
    })
    return [...found, ...left]
  }
}
