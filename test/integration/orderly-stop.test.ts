// SIGTERM to a real switch in the middle of its work: a sale that the card host has in its hands is
// sold and answered, and what the switch keeps in arrears is there at the next start. [R6]

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { TerminalEngine } from '../../pos-terminal/engine.ts'
import type { SaleOrder } from '../../pos-terminal/sell.ts'
import { socketConnect } from '../../pos-terminal/socket-connect.ts'
import { MemoryStore } from '../../pos-terminal/store.ts'
import type { ReceiptPrinter } from '../../pos-terminal/terminal.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import { parseProductId } from '../../protocol/values/identifiers.ts'
import { until } from '../../switch/demo/scenes.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { ORDER, SETTINGS, sure } from '../pos-terminal/scripted-switch.ts'
import { addShop, adminOf, importVouchers, untilSelling } from '../trial-shop.ts'

const EVS = fileURLToPath(new URL('../../evs.ts', import.meta.url))
const NODE = ['--import', import.meta.resolve('tsx'), EVS]
const SALE: SaleOrder = { ...ORDER, product: sure(parseProductId('093205')) }

const folder = mkdtempSync(join(tmpdir(), 'evs-orderly-stop-'))
const logFile = join(folder, 'switch.log')
let host: CardHost
let running: SwitchProcess

beforeAll(async () => {
  host = await startCardHost({ port: 0, ledgerFile: join(folder, 'ledger.ndjson'), seed: 1 })
  const ports = { terminalPort: 0, institutionPort: 0, cardHostPort: host.port }
  const shop = await init({ dir: join(folder, 'shop'), ...ports })
  const noRefunds = { EVS_LIMITS_TERMINAL_REFUNDS_PER_DAY: '0' }
  const settings = { EVS_LOG_LEVEL: 'info', EVS_ADMIN_PORT: '0', ...noRefunds }
  running = new SwitchProcess(shop.config, logFile, settings, NODE)
  await running.start()
  const admin = adminOf(running, 'ali')
  const { terminalId, merchantId } = SETTINGS
  await addShop(admin, { mid: merchantId, name: 'SHOP', tids: [terminalId] })
  const digitsOf = (number: number) => 31_049_845_900_000 + number
  await importVouchers(admin, folder, { first: 1, count: 10, digitsOf })
})
beforeEach(() => untilSelling(adminOf(running, 'ali')))
afterAll(async () => {
  await running.stop()
  await host.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** `print`: whether the receipt came out. */
function terminal(print: ReceiptPrinter['print']): TerminalEngine {
  return new TerminalEngine({
    settings: SETTINGS,
    timers: systemTimers,
    connect: (handlers) => {
      const port = running.port('pos')
      if (port === undefined) return Promise.resolve({ kind: 'not-connected', reason: 'down' })
      const address = { host: '127.0.0.1', port, tls: undefined, connectMs: 2_000 }
      return socketConnect(address, systemTimers, () => undefined)(handlers)
    },
    store: new MemoryStore(SETTINGS.terminalId, SETTINGS.merchantId),
    printer: { status: () => 'ready', print },
    tpdu: Buffer.from('6000010002', 'hex'),
  })
}

async function restarted(): Promise<void> {
  await running.stop()
  expect(running.killedBy).toBeUndefined()
  expect(readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1)).toContain('"stopped"')
  await running.start()
}

it('a sale under way is sold, answered and confirmed or owed, and nothing is reversed', async () => {
  host.faults = [
    { on: 'purchase', probability: 1, fault: { kind: 'late', ms: { from: 1_500, to: 1_600 } } },
  ]
  const engine = terminal(async () => true)
  const admin = adminOf(running, 'ali')
  const sale = engine.sell(SALE)
  await until('the sale', async () => (await admin.health()).salesInFlight === 1)
  await restarted()
  host.faults = []
  expect(await sale).toMatchObject({ kind: 'sold' })
  const now = adminOf(running, 'ali')
  expect((await now.health()).reversals).toEqual({ open: 0, suspense: 0 })
  expect((await now.sales({ limit: 9 })).sales).toMatchObject([{ state: 'sold' }])
})

it('an answer that went out is remembered: it counts for the limits of reversals', async () => {
  const outcomes = [false, true]
  const engine = terminal(async () => {
    if (outcomes.length === 2) await restarted()
    return outcomes.shift() ?? true
  })
  // Its reversal is refused: the receipt comes out later.
  expect(await engine.sell(SALE)).toMatchObject({ kind: 'sold' })
  expect(engine.state.totals).toMatchObject({ salesCount: 1, reversalsCount: 0 })
  const claims = await adminOf(running, 'ali').claims()
  expect(claims).toMatchObject([{ reason: 'daily limit' }])
  engine.close()
})
