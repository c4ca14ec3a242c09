// What the metrics of a real switch say of reversals that stay open: how many there are, those too
// that memory does not hold, and for how long, in seconds.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { demoTerminal } from '../../switch/demo/demo-terminal.ts'
import { CARDS, until } from '../../switch/demo/scenes.ts'
import { untilReversed } from '../trial-shop.ts'
import { SmallShop } from './small-shop.ts'

const SHOP = { tid: '10000001', mid: '000000000100001' }

let shop: SmallShop

beforeAll(async () => {
  // The reversal is sent again soon.
  const settings = {
    ...{ EVS_LOG_LEVEL: 'warn', EVS_TIMEOUTS_CARD_HOST_MS: '3000' },
    ...{ EVS_LIMITS_REVERSALS_IN_PARALLEL: '1', EVS_LIMITS_REVERSALS_IN_MEMORY: '2' },
  }
  shop = await SmallShop.open({ name: 'metrics', mid: SHOP.mid, tids: [SHOP.tid], settings })
})
afterAll(() => shop.close())

async function metric(name: string): Promise<number> {
  const page = await fetch(`http://127.0.0.1:${shop.running.ready?.admin.port}/metrics`)
  const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(await page.text()) ?? []
  return Number(value)
}

it('a reversal that stays open is told of in seconds, and is gone when it has ended', async () => {
  expect(await metric('evs_reversals_oldest_seconds')).toBe(0)
  shop.host.faults = [
    { on: 'purchase', probability: 1, fault: { kind: 'answer-code', rc: '91' } },
    { on: 'reversal', probability: 1, fault: { kind: 'silent' } },
  ]
  const beganMs = Date.now()
  const port = () => shop.running.port('pos')
  const terms = { ...SHOP, merchantName: 'SHOP', language: 'en', replyMs: 8_000 } as const
  const terminal = demoTerminal({ ...terms, port })
  for (let sales = 1; sales <= 4; sales++) {
    await terminal.sell('093205', 50_000, CARDS.good)
    expect(await metric('evs_reversals_open')).toBe(sales)
  }
  expect((await shop.admin.health()).reversals).toEqual({ open: 4, suspense: 0 })
  const openMs = Date.now()
  await until('two seconds', () => Date.now() - openMs > 2_000)
  const seconds = await metric('evs_reversals_oldest_seconds')
  expect(seconds).toBeGreaterThan(2)
  expect(seconds).toBeLessThan((Date.now() - beganMs) / 1_000)
  shop.host.faults = []
  await untilReversed(shop.admin)
  expect(await metric('evs_reversals_oldest_seconds')).toBe(0)
})
