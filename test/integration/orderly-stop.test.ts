// SIGTERM to a real switch in the middle of its work: a sale that the card host has in its hands is
// sold and answered, and what the switch keeps in arrears is there at the next start. [R6]

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { TerminalEngine } from '../../pos-terminal/engine.ts'
import type { SaleOrder } from '../../pos-terminal/sell.ts'
import { socketConnect } from '../../pos-terminal/socket-connect.ts'
import { MemoryStore } from '../../pos-terminal/store.ts'
import type { Printed, ReceiptPrinter } from '../../pos-terminal/terminal.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import { parseProductId } from '../../protocol/values/identifiers.ts'
import { until } from '../../switch/demo/scenes.ts'
import { ORDER, SETTINGS, sure } from '../pos-terminal/scripted-switch.ts'
import { untilSelling } from '../trial-shop.ts'
import { SmallShop } from './small-shop.ts'

const SALE: SaleOrder = { ...ORDER, product: sure(parseProductId('093205')) }

let shop: SmallShop

beforeAll(async () => {
  const noRefunds = { EVS_LIMITS_TERMINAL_REFUNDS_PER_DAY: '0' }
  const settings = { EVS_LOG_LEVEL: 'info', EVS_ADMIN_PORT: '0', ...noRefunds }
  const { terminalId, merchantId: mid } = SETTINGS
  shop = await SmallShop.open({ name: 'orderly-stop', mid, tids: [terminalId], settings })
})
beforeEach(() => untilSelling(shop.admin))
afterAll(() => shop.close())

/** `print`: whether the receipt came out. */
function terminal(print: ReceiptPrinter['print']): TerminalEngine {
  return new TerminalEngine({
    settings: SETTINGS,
    timers: systemTimers,
    connect: (handlers) => {
      const port = shop.running.port('pos')
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
  await shop.running.stop()
  expect(shop.running.killedBy).toBeUndefined()
  expect(readFileSync(shop.logFile, 'utf8').trimEnd().split('\n').at(-1)).toContain('"stopped"')
  await shop.running.start()
}

it('a sale under way is sold, answered and confirmed or owed, and nothing is reversed', async () => {
  shop.host.faults = [
    { on: 'purchase', probability: 1, fault: { kind: 'late', ms: { from: 1_500, to: 1_600 } } },
  ]
  const engine = terminal(async () => 'out')
  const admin = shop.admin
  const sale = engine.sell(SALE)
  await until('the sale', async () => (await admin.health()).salesInFlight === 1)
  await restarted()
  shop.host.faults = []
  expect(await sale).toMatchObject({ kind: 'sold' })
  const now = shop.admin
  expect((await now.health()).reversals).toEqual({ open: 0, suspense: 0 })
  expect((await now.sales({ limit: 9 })).sales).toMatchObject([{ state: 'sold' }])
})

it('an answer that went out is remembered: it counts for the limits of reversals', async () => {
  const outcomes: Printed[] = ['none', 'out']
  const engine = terminal(async () => {
    if (outcomes.length === 2) await restarted()
    return outcomes.shift() ?? 'out'
  })
  // Its reversal is refused: the receipt comes out later.
  expect(await engine.sell(SALE)).toMatchObject({ kind: 'sold' })
  expect(engine.state.totals).toMatchObject({ salesCount: 1, reversalsCount: 0 })
  const claims = await shop.admin.claims()
  expect(claims).toMatchObject([{ reason: 'daily limit' }])
  engine.close()
})

it('does not wait for an import whose sender says nothing more', async () => {
  const request = { fileName: 'stalled.csv', release: true, dryRun: false }
  const outcome = (async () => {
    for await (const _event of shop.admin.importBatch(request, stalled()));
  })().catch((error: { code: string }) => error.code)
  await until('the import', async () => {
    return (await shop.admin.batches({})).some(({ state }) => state === 'loading')
  })
  await restarted()
  expect(await outcome).toBe('SWITCH_UNREACHABLE')
  // What is left of it is removed behind open ports.
  await until('the removal', async () => (await shop.admin.batches({})).length === 1)
  expect((await shop.admin.batches({})).map(({ state }) => state)).toEqual(['released'])
})

/** Enough for a batch that is begun, and then no end. */
async function* stalled(): AsyncGenerator<Uint8Array> {
  const rows = ['serial,pin,product,expiry']
  for (let n = 0; n < 2_000; n++) {
    rows.push(`${93_300_000_000 + n},${32_049_845_900_000 + n},093205,2099-12-31`)
  }
  yield Buffer.from(`${rows.join('\n')}\n`)
  await new Promise(() => undefined)
}
