// `evs pos` as a process: the receipt stands on its output, and a sale whose receipt nobody can
// read any more is given back. A write into a closed pipe fails in a real process only.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SETTINGS } from '../pos-terminal/scripted-switch.ts'
import { untilReversed } from '../trial-shop.ts'
import { EVS, SmallShop } from './small-shop.ts'

const { terminalId: TID, merchantId: MID } = SETTINGS

let shop: SmallShop

beforeAll(async () => {
  shop = await SmallShop.open({ name: 'pos-command', mid: MID, tids: [TID] })
})
afterAll(() => shop.close())

function sell(): ChildProcessWithoutNullStreams {
  const [terms, card] = [{ tid: TID, mid: MID, lang: 'en' }, '6037990000000014=2912']
  const order = { ...terms, port: shop.running.port('pos'), product: '093205', card, columns: 32 }
  const options = Object.entries(order).flatMap(([name, value]) => [`--${name}`, String(value)])
  const args = [...EVS, 'pos', 'sell', ...options, '--store', join(shop.folder, 'pos.json')]
  return spawn(process.execPath, args)
}

async function states(): Promise<string[]> {
  const { sales } = await shop.admin.sales({ limit: 9 })
  return sales.map(({ state }) => state)
}

it('prints the receipt and confirms the sale', async () => {
  const child = sell()
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(printed).toMatch(/Successful/i)
  expect(printed).toMatch(/3104 ?9845 ?9/)
  expect(await states()).toEqual(['sold'])
  expect(shop.host.netDebits()).toHaveLength(1)
})

it('gives a sale back whose receipt nobody reads any more', async () => {
  const child = sell()
  child.stdout.destroy()
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  const [code] = await once(child, 'exit')
  expect([code, told]).toEqual([1, expect.stringContaining('the sale was reversed')])
  await untilReversed(shop.admin)
  expect(await states()).toEqual(['refunded', 'sold'])
  expect(shop.host.netDebits()).toHaveLength(1)
})
