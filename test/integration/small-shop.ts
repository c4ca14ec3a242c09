// A shop for tests of one real switch: a simulated card host with a ledger, a merchant with his
// terminals, and vouchers to sell, in a folder that goes with it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AdminClient } from '../../admin-api/client.ts'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import type { CardHostOptions } from '../../card-host/host-options.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { addShop, adminOf, importVouchers, untilSelling } from '../trial-shop.ts'

/** What Node runs for `evs`, before its words. */
export const EVS: readonly string[] = [
  ...['--import', import.meta.resolve('tsx')],
  fileURLToPath(new URL('../../evs.ts', import.meta.url)),
]
const VOUCHERS = 30
const digitsOf = (number: number) => 31_049_845_900_000 + number

export interface SmallShopOptions {
  readonly name: string
  readonly mid: string
  readonly tids: readonly string[]
  /** Variables of its environment. */
  readonly settings?: Readonly<Record<string, string>>
  readonly host?: Pick<CardHostOptions, 'accounts'>
}

export class SmallShop {
  readonly folder: string
  readonly logFile: string
  readonly host: CardHost
  readonly running: SwitchProcess

  /** Sells already. */
  static async open(options: SmallShopOptions): Promise<SmallShop> {
    const { name, mid, tids, settings = {} } = options
    const folder = mkdtempSync(join(tmpdir(), `evs-${name}-`))
    const ledgerFile = join(folder, 'ledger.ndjson')
    const host = await startCardHost({ port: 0, ledgerFile, seed: 1, ...options.host })
    const ports = { terminalPort: 0, institutionPort: 0, cardHostPort: host.port }
    const { config } = await init({ dir: join(folder, 'shop'), ...ports })
    const logFile = join(folder, 'switch.log')
    const running = new SwitchProcess(config, logFile, { ...settings }, [...EVS])
    await running.start()
    const shop = new SmallShop(folder, logFile, host, running)
    await addShop(shop.admin, { mid, name: 'SHOP', tids })
    await importVouchers(shop.admin, folder, { first: 1, count: VOUCHERS, digitsOf })
    await untilSelling(shop.admin)
    return shop
  }

  private constructor(folder: string, logFile: string, host: CardHost, running: SwitchProcess) {
    this.folder = folder
    this.logFile = logFile
    this.host = host
    this.running = running
  }

  get admin(): AdminClient {
    return adminOf(this.running, 'ali')
  }

  async close(): Promise<void> {
    await this.running.stop()
    await this.host.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
