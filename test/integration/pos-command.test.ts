// `evs pos` as a process: the receipt stands on its output, and a sale whose receipt nobody can
// read any more is given back. A write into a closed pipe fails in a real process only.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { SETTINGS } from '../pos-terminal/scripted-switch.ts'
import { addShop, adminOf, importVouchers, untilReversed, untilSelling } from '../trial-shop.ts'

const EVS = ['--import', import.meta.resolve('tsx')]
EVS.push(fileURLToPath(new URL('../../evs.ts', import.meta.url)))
const { terminalId: TID, merchantId: MID } = SETTINGS

const folder = mkdtempSync(join(tmpdir(), 'evs-pos-command-'))
let host: CardHost
let running: SwitchProcess

beforeAll(async () => {
  host = await startCardHost({ port: 0, seed: 1 })
  const ports = { terminalPort: 0, institutionPort: 0, cardHostPort: host.port }
  const shop = await init({ dir: join(folder, 'shop'), ...ports })
  running = new SwitchProcess(shop.config, join(folder, 'switch.log'), {}, EVS)
  await running.start()
  const admin = adminOf(running, 'ali')
  await addShop(admin, { mid: MID, name: 'SHOP', tids: [TID] })
  const digitsOf = (number: number) => 31_049_845_900_000 + number
  await importVouchers(admin, folder, { first: 1, count: 10, digitsOf })
  await untilSelling(admin)
})
afterAll(async () => {
  await running.stop()
  await host.stop()
  rmSync(folder, { recursive: true, force: true })
})

function sell(): ChildProcessWithoutNullStreams {
  const [shop, card] = [{ tid: TID, mid: MID, lang: 'en' }, '6037990000000014=2912']
  const order = { ...shop, port: running.port('pos'), product: '093205', card, columns: 32 }
  const options = Object.entries(order).flatMap(([name, value]) => [`--${name}`, String(value)])
  const args = [...EVS, 'pos', 'sell', ...options, '--store', join(folder, 'pos.json')]
  return spawn(process.execPath, args)
}

async function states(): Promise<string[]> {
  const { sales } = await adminOf(running, 'ali').sales({ limit: 9 })
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
  expect(host.netDebits()).toHaveLength(1)
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
  await untilReversed(adminOf(running, 'ali'))
  expect(await states()).toEqual(['refunded', 'sold'])
  expect(host.netDebits()).toHaveLength(1)
})
