// The shop of a soak: a real switch with stock and terminals, what an administrator does to it, and
// what can be measured from outside.

import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { AdminClient } from '../../admin-api/client.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { addShop, adminOf, importVouchers, untilReversed, untilSelling } from '../trial-shop.ts'
import { type Sample, sampleOf } from './samples.ts'

export const MID = '000000000100001'
export const TIDS = Array.from({ length: 24 }, (_, index) => String(10_000_001 + index))

const IMPORTED = 20_000
/** No run of zeros in it, and far from the serials. */
const digitsOf = (number: number): number => 3_174_984_596_117 + 7_919 * number
const HELD_MS = 1_000

const SETTINGS = {
  EVS_TIMEOUTS_CARD_HOST_MS: '1500',
  EVS_TIMEOUTS_REVERSAL_BACKOFF_FIRST_MS: '200',
  EVS_TIMEOUTS_REVERSAL_BACKOFF_MAX_MS: '2000',
  EVS_TIMEOUTS_DIAL_BACKOFF_FIRST_MS: '50',
  EVS_TIMEOUTS_DIAL_BACKOFF_MAX_MS: '500',
}

/** With a first batch in stock, and selling. */
export async function openSoakedShop(
  folder: string,
  cardHostPort: number,
  program: readonly string[],
): Promise<SoakedShop> {
  const dir = join(folder, 'shop')
  const { config, data } = await init({ dir, terminalPort: 0, institutionPort: 0, cardHostPort })
  const running = new SwitchProcess(config, join(folder, 'switch.log'), SETTINGS, program)
  await running.start()
  const shop = new SoakedShop(folder, data, running)
  const { admin } = shop
  await addShop(admin, { mid: MID, name: 'SOAK TEST', tids: TIDS })
  await shop.importBatch()
  await untilSelling(admin)
  return shop
}

export class SoakedShop {
  readonly #folder: string
  readonly #data: string
  readonly #process: SwitchProcess
  #life = 1
  #imported = 0
  #batches: number[] = []

  constructor(folder: string, data: string, running: SwitchProcess) {
    this.#folder = folder
    this.#data = data
    this.#process = running
  }

  get port(): number | undefined {
    return this.#process.port('pos')
  }

  get admin(): AdminClient {
    return adminOf(this.#process, 'soak')
  }

  async kill(): Promise<void> {
    await this.#process.kill()
    await this.#startAgain()
  }

  async restart(): Promise<void> {
    await this.#process.stop()
    await this.#startAgain()
  }

  async #startAgain(): Promise<void> {
    await this.#process.start()
    this.#life++
  }

  async backup(): Promise<void> {
    const file = join(this.#folder, 'soak.evsbak')
    await this.admin.backup(file)
    rmSync(file)
  }

  async importBatch(): Promise<void> {
    const first = this.#imported + 1
    this.#imported += IMPORTED
    await importVouchers(this.admin, this.#folder, { first, count: IMPORTED, digitsOf })
    rmSync(join(this.#folder, 'batch.csv'))
    this.#batches = (await this.admin.batches({})).map(({ id }) => id)
  }

  /** The newest batch; older ones may be sold out. */
  async holdAndRelease(): Promise<void> {
    const newest = Math.max(...this.#batches)
    await this.admin.changeBatch(newest, { action: 'hold' })
    await pause(HELD_MS)
    await this.admin.changeBatch(newest, { action: 'release' })
  }

  bytesOf(name: string): number {
    return statSync(join(this.#data, name), { throwIfNoEntry: false })?.size ?? 0
  }

  async sample(seconds: number): Promise<Sample> {
    const port = this.#process.ready?.admin.port
    const reply = await fetch(`http://127.0.0.1:${port}/metrics`)
    const logBytes = this.bytesOf('evs.db-wal')
    return sampleOf(await reply.text(), { seconds, life: this.#life, logBytes })
  }

  reversalsEnded(): Promise<void> {
    return untilReversed(this.admin)
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}
