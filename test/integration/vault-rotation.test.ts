// Both layers of keys are replaced while a real switch sells: no sale fails, no row stays under an
// old key, and every PIN is the one that was printed. Then the switch is killed with -9 in the
// middle of either rotation, and goes on. [nothing-lost, D5, D6]

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { AdminClient } from '../../admin-api/client.ts'
import type { DataRotationDone } from '../../admin-api/vault-schemas.ts'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { compareSides } from '../crash/three-sides.ts'
import { lineTerminal } from '../power/line-terminal.ts'
import { Seeded } from '../simulation/seeded.ts'
import { addShop, adminOf, importVouchers, untilReversed, untilSelling } from '../trial-shop.ts'

const MID = '000000000100001'
const TIDS = Array.from({ length: 8 }, (_, index) => String(10_000_001 + index))
const STOCK = 8_000
const PAUSE_MS = 60
const EVS = fileURLToPath(new URL('../../evs.ts', import.meta.url))
/** Ends the process where a rotation has written its record and not yet renamed its key. */
const KILLER = `
  import fs from 'node:fs'
  import { syncBuiltinESMExports } from 'node:module'
  const rename = fs.renameSync
  fs.renameSync = (from, to) => {
    if (String(to).endsWith('/keys/kek')) process.kill(process.pid, 'SIGKILL')
    rename(from, to)
  }
  if (process.env.KILL_AT_RENAME === 'yes') syncBuiltinESMExports()
`
const PROGRAM = [
  ...['--import', import.meta.resolve('tsx')],
  ...['--import', `data:text/javascript,${encodeURIComponent(KILLER)}`, EVS],
]

// Eight starts of the switch, on whatever machine.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'evs-rotation-'))
const ledger = join(folder, 'card-host.ndjson')
const log = join(folder, 'switch.log')
const receipts: { rrn: string; vouchers: string }[] = []
const failed: string[] = []
const terminals = TIDS.map((tid, index) =>
  lineTerminal({
    ...{ tid, mid: MID, port: () => shop.port('pos'), replyMs: 20_000 },
    ...{ lossRate: 0, jamRate: 0, random: new Seeded(index) },
  }),
)
let host: CardHost
let shop: SwitchProcess
let kek = ''
let firstKek = ''

beforeAll(async () => {
  const accounts = { unknownCards: { balanceRial: 900_000_000_000 } }
  host = await startCardHost({ port: 0, ledgerFile: ledger, seed: 1, faults: [], accounts })
  const ports = { terminalPort: 0, institutionPort: 0, cardHostPort: host.port }
  const made = await init({ dir: join(folder, 'shop'), ...ports })
  kek = made.kek
  firstKek = readFileSync(kek, 'utf8')
  shop = new SwitchProcess(made.config, log, {}, PROGRAM)
  await shop.start()
  await addShop(admin(), { mid: MID, name: 'ROTATION', tids: TIDS })
  const digitsOf = (number: number) => 3_174_984_596_117 + 7_919 * number
  await importVouchers(admin(), folder, { first: 1, count: STOCK, digitsOf })
  await untilSelling(admin())
})
afterAll(async () => {
  await shop.stop()
  await host.stop()
  rmSync(folder, { recursive: true, force: true })
})

const admin = (): AdminClient => adminOf(shop, 'sara')

async function rotateData(): Promise<DataRotationDone> {
  for await (const event of admin().rotateData({})) if (event.kind === 'done') return event
  throw new Error('no result')
}

/** Sells at all terminals until the work is done. */
async function selling<Result>(work: () => Promise<Result>): Promise<Result> {
  let ended = false
  const sellers = terminals.map(async (terminal) => {
    while (!ended) {
      const outcome = await terminal.sell()
      if (outcome.kind !== 'sold') failed.push(outcome.kind)
      else {
        const vouchers = outcome.vouchers.map(({ voucherPin }) => voucherPin.reveal()).join()
        receipts.push({ rrn: outcome.sale.rrn ?? '', vouchers })
      }
      await pause(PAUSE_MS)
    }
  })
  try {
    await pause(1_000)
    return await work()
  } finally {
    await pause(1_000)
    ended = true
    await Promise.all(sellers)
  }
}

async function oldKeys(): Promise<number> {
  const { keys } = await admin().vaultStatus()
  return keys.filter(({ current }) => !current).length
}

async function sidesDiffer(): Promise<string[]> {
  await untilReversed(admin())
  const netDebits = host.netDebits()
  return compareSides(admin(), { receipts, shown: [], netDebits, ledger })
}

describe('a switch that sells', () => {
  it('rotates both layers of keys without a failed sale', async () => {
    const done = await selling(async () => {
      await admin().rotateKek({})
      return rotateData()
    })
    expect(failed).toEqual([])
    expect(receipts.length).toBeGreaterThan(50)
    expect(done).toMatchObject({ vouchers: STOCK, left: 0, skipped: [] })
    expect(done.cards).toBeGreaterThan(0)
    expect(await oldKeys()).toBe(0)
    process.stderr.write(`${receipts.length} sales, rotation of ${done.seconds} s\n`)
    expect(await sidesDiffer()).toEqual([])
  })

  it('prints the same PINs again that it sold before', async () => {
    const printed = new Set(receipts.map(({ vouchers }) => vouchers))
    for (const terminal of terminals) {
      const again = await terminal.reprint()
      if (again.kind !== 'reprinted') throw new Error(again.kind)
      const vouchers = again.vouchers.map(({ voucherPin }) => voucherPin.reveal()).join()
      expect(printed.has(vouchers)).toBe(true)
    }
  })
})

describe('a start', () => {
  it('is refused with the key of before, and sells with the new one', async () => {
    const right = readFileSync(kek)
    await shop.stop()
    writeFileSync(kek, firstKek)
    await expect(shop.start()).rejects.toThrow('ended with 5')
    expect(readFileSync(log, 'utf8')).toContain('KEK_WRONG')
    rmSync(kek)
    await expect(shop.start()).rejects.toThrow('ended with 5')
    expect(readFileSync(log, 'utf8')).toContain('KEK_MISSING')
    writeFileSync(kek, right, { mode: 0o600 })
    await shop.start()
    await untilSelling(admin())
    await selling(async () => undefined)
    expect(failed).toEqual([])
  })

  it('finishes a rotation that was killed before its last step', async () => {
    const old = readFileSync(kek, 'utf8')
    await shop.stop()
    await shop.start({ KILL_AT_RENAME: 'yes' })
    await expect(admin().rotateKek({})).rejects.toThrow()
    expect(readFileSync(kek, 'utf8')).toBe(old)
    const next = readFileSync(`${kek}.new`, 'utf8')
    await shop.start()
    expect(existsSync(`${kek}.new`)).toBe(false)
    expect(readFileSync(kek, 'utf8')).toBe(next)
    expect(readFileSync(log, 'utf8')).toContain('was finished')
    await untilSelling(admin())
    await selling(async () => undefined)
    expect(failed).toEqual([])
  })

  it('lets a rotation of data keys go on that was killed', async () => {
    const events = admin().rotateData({})[Symbol.asyncIterator]()
    const { value: first } = await events.next()
    expect(first).toMatchObject({ kind: 'progress', of: expect.any(Number) })
    await shop.kill()
    await shop.start()
    expect((await admin().vaultStatus()).rotation).toEqual({ batch: null })
    expect(await oldKeys()).toBeGreaterThan(0)
    await untilSelling(admin())
    const done = await selling(rotateData)
    expect(done).toMatchObject({ left: 0, skipped: [] })
    // What was done before the kill is not done again.
    expect(done.vouchers).toBeLessThan(STOCK)
    expect(failed).toEqual([])
    expect(await oldKeys()).toBe(0)
    expect((await admin().vaultStatus()).rotation).toBeNull()
    expect(await sidesDiffer()).toEqual([])
    // Neither key was ever written to the log.
    expect(readFileSync(log, 'utf8')).not.toContain(readFileSync(kek, 'utf8').trim())
  })
})
