// What the metrics of a real switch say of a reversal that stays open: how many there are, and for
// how long, in seconds.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { demoTerminal } from '../../switch/demo/demo-terminal.ts'
import { CARDS, until } from '../../switch/demo/scenes.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { addShop, adminOf, importVouchers, untilReversed, untilSelling } from '../trial-shop.ts'

const EVS = fileURLToPath(new URL('../../evs.ts', import.meta.url))
const NODE = ['--import', import.meta.resolve('tsx'), EVS]
const SHOP = { tid: '10000001', mid: '000000000100001' }

const folder = mkdtempSync(join(tmpdir(), 'evs-metrics-'))
let host: CardHost
let running: SwitchProcess

beforeAll(async () => {
  host = await startCardHost({ port: 0, ledgerFile: join(folder, 'ledger.ndjson'), seed: 1 })
  const ports = { terminalPort: 0, institutionPort: 0, cardHostPort: host.port }
  const shop = await init({ dir: join(folder, 'shop'), ...ports })
  // The reversal is sent again soon.
  const settings = { EVS_LOG_LEVEL: 'warn', EVS_TIMEOUTS_CARD_HOST_MS: '3000' }
  running = new SwitchProcess(shop.config, join(folder, 'switch.log'), settings, NODE)
  await running.start()
  const admin = adminOf(running, 'ali')
  await addShop(admin, { mid: SHOP.mid, name: 'SHOP', tids: [SHOP.tid] })
  const digitsOf = (number: number) => 31_049_845_900_000 + number
  await importVouchers(admin, folder, { first: 1, count: 10, digitsOf })
  await untilSelling(admin)
})
afterAll(async () => {
  await running.stop()
  await host.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function metric(name: string): Promise<number> {
  const page = await fetch(`http://127.0.0.1:${running.ready?.admin.port}/metrics`)
  const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(await page.text()) ?? []
  return Number(value)
}

it('a reversal that stays open is told of in seconds, and is gone when it has ended', async () => {
  expect(await metric('evs_reversals_oldest_seconds')).toBe(0)
  host.faults = [
    { on: 'purchase', probability: 1, fault: { kind: 'answer-code', rc: '91' } },
    { on: 'reversal', probability: 1, fault: { kind: 'silent' } },
  ]
  const beganMs = Date.now()
  const port = () => running.port('pos')
  const shop = { ...SHOP, merchantName: 'SHOP', language: 'en', replyMs: 8_000 } as const
  await demoTerminal({ ...shop, port }).sell('093205', 50_000, CARDS.good)
  expect(await metric('evs_reversals_open')).toBe(1)
  const openMs = Date.now()
  await until('two seconds', () => Date.now() - openMs > 2_000)
  const seconds = await metric('evs_reversals_oldest_seconds')
  expect(seconds).toBeGreaterThan(2)
  expect(seconds).toBeLessThan((Date.now() - beganMs) / 1_000)
  host.faults = []
  await untilReversed(adminOf(running, 'ali'))
  expect(await metric('evs_reversals_oldest_seconds')).toBe(0)
})
