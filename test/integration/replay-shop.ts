// A shop for recording and replaying: a real `evs serve` with a door for terminals without keys and
// one for terminals with AES keys, a card host in this process, and terminals that are told what
// to do. What it records lies in its folder.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { TerminalEngine } from '../../pos-terminal/engine.ts'
import { openKeys } from '../../pos-terminal/key-file.ts'
import { DEFAULT_WAITS } from '../../pos-terminal/settings.ts'
import { socketConnect } from '../../pos-terminal/socket-connect.ts'
import { MemoryStore } from '../../pos-terminal/store.ts'
import type { Printed } from '../../pos-terminal/terminal.ts'
import { NO_KEYS } from '../../pos-terminal/terminal-keys.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { SETTINGS, sure } from '../pos-terminal/scripted-switch.ts'
import { addShop, adminOf, importVouchers, untilSelling } from '../trial-shop.ts'
import { together, twoOfficers } from '../two-officers.ts'

const EVS = fileURLToPath(new URL('../../evs.ts', import.meta.url))
const PROGRAM = ['--import', import.meta.resolve('tsx'), EVS]
const VOUCHERS = 100

export interface ReplayShopOptions {
  readonly mid: string
  readonly plain: readonly string[]
  readonly keyed: readonly string[]
  readonly isRecorded: boolean
}

export class ReplayShop {
  readonly folder = mkdtempSync(join(tmpdir(), 'evs-replay-'))
  readonly options: ReplayShopOptions
  host!: CardHost
  switch!: SwitchProcess
  /** What the printers of its terminals do next; then every receipt comes out. */
  prints: Printed[] = []
  readonly #engines: TerminalEngine[] = []

  private constructor(options: ReplayShopOptions) {
    this.options = options
  }

  static async open(options: ReplayShopOptions): Promise<ReplayShop> {
    const shop = new ReplayShop(options)
    const accounts = { unknownCards: { balanceRial: 900_000_000 } } as const
    shop.host = await startCardHost({ port: 0, accounts })
    const made = await init({ dir: shop.folder, cardHostPort: shop.host.port })
    writeFileSync(made.config, configuration(shop.host.port, options.isRecorded))
    shop.switch = new SwitchProcess(made.config, join(shop.folder, 'switch.log'), {}, PROGRAM)
    await shop.switch.start()
    await shop.#stock()
    return shop
  }

  port(listener: 'plain' | 'aes'): number {
    return this.switch.port(listener) ?? 0
  }

  keyFile(tid: string): string {
    return join(this.folder, `${tid}.key`)
  }

  terminal(tid: string): TerminalEngine {
    const { mid, keyed } = this.options
    const isKeyed = keyed.includes(tid)
    const store = new MemoryStore(tid, mid)
    const address = { host: '127.0.0.1', port: this.port(isKeyed ? 'aes' : 'plain') }
    const waits = { ...DEFAULT_WAITS, replyMs: 8_000, pauseMs: 100 }
    const numbers = { terminalId: tid, merchantId: mid, serialNumber: `TEST-${tid}` }
    const engine = new TerminalEngine({
      settings: { ...SETTINGS, ...numbers, waits } as typeof SETTINGS,
      timers: systemTimers,
      connect: socketConnect({ ...address, connectMs: 8_000 }, systemTimers, () => undefined),
      store,
      printer: { status: () => 'ready', print: async () => this.prints.shift() ?? 'out' },
      tpdu: Buffer.from('6000010000', 'hex'),
      keys: isKeyed ? sure(openKeys(this.keyFile(tid), store)) : NO_KEYS,
    })
    this.#engines.push(engine)
    return engine
  }

  /** Of the folder of recordings. */
  recordings(): { files: string[]; text: string } {
    const folder = join(this.folder, 'recorded')
    const files = readdirSync(folder).map((name) => join(folder, name))
    return { files, text: files.map((file) => readFileSync(file, 'utf8')).join('') }
  }

  admin() {
    return adminOf(this.switch, 'test')
  }

  async stopSwitch(): Promise<void> {
    for (const engine of this.#engines) engine.close()
    await this.switch.stop()
  }

  async close(): Promise<void> {
    for (const engine of this.#engines) engine.close()
    await this.switch?.kill()
    await this.host?.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #stock(): Promise<void> {
    const { mid, plain, keyed } = this.options
    const admin = this.admin()
    await addShop(admin, { mid, name: 'Shop', tids: plain })
    const officers = keyed.length === 0 ? undefined : await twoOfficers(this.#socket())
    for (const tid of keyed) {
      await admin.addTerminal({ tid, mid, scheme: 'aes', institution: 0 })
      const owner = { kind: 'terminal', tid, mid, institution: 0 } as const
      const issue = { owner, scheme: 'aes', parts: 2 } as const
      const issued = await together(sure(officers), (one) => one.issueKey(issue))
      const parts = issued.parts.map(({ part, checkValue }) => `part ${part} ${checkValue}\n`)
      writeFileSync(this.keyFile(tid), `scheme aes\n${parts.join('')}`, { mode: 0o600 })
    }
    const digitsOf = (number: number) => 7_100_000_000_000_000 + number
    await importVouchers(admin, this.folder, { first: 1, count: VOUCHERS, digitsOf })
    await untilSelling(admin)
  }

  #socket(): string {
    return this.switch.ready?.admin.socket ?? ''
  }
}

function configuration(cardHostPort: number, isRecorded: boolean): string {
  return `listeners:
  - { name: plain, kind: terminal, port: 0, insecure: true }
  - { name: aes, kind: terminal, port: 0, keys: aes }
cardHosts:
  - { name: simulator, port: ${cardHostPort}, acquirerId: '581000' }
limits: { ballastBytes: 65536, recordingFreeBytes: 0 }
${isRecorded ? 'recording: { folder: recorded }' : ''}
`
}
