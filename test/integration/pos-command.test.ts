// `evs pos` as a process: the receipt stands on its output, and a sale whose receipt nobody can
// read is given back; one of which a part came out is printed again. A write into a closed pipe, a
// full disk and a file that may not grow fails in a real process only.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, statSync, truncateSync, writeFileSync } from 'node:fs'
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

/** What Node is given to sell, or to end what is open. */
function running(action: 'sell' | 'reverse'): string[] {
  const [terms, card] = [{ tid: TID, mid: MID, lang: 'en' }, '6037990000000014=2912']
  const order = { ...terms, port: shop.running.port('pos'), product: '093205', card, columns: 32 }
  const options = Object.entries(order).flatMap(([name, value]) => [`--${name}`, String(value)])
  return [...EVS, 'pos', action, ...options, '--store', join(shop.folder, 'pos.json')]
}

function sell(): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, running('sell'))
}

/** The exit code, and what stands on its output. */
async function printedBy(child: ChildProcessWithoutNullStreams): Promise<[number, string]> {
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  const [code] = await once(child, 'exit')
  return [code, printed]
}

/** Sells onto a file that ends at so many bytes, whatever is written; the exit code and stderr. */
async function sellOnto(file: number, endsAt: number): Promise<[number, string]> {
  const limited = [`--fsize=${endsAt}`, process.execPath, ...running('sell')]
  const child = spawn('prlimit', limited, { stdio: ['ignore', file, 'pipe'] })
  let told = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  const [code] = await once(child, 'exit')
  return [code, told]
}

async function states(): Promise<string[]> {
  const { sales } = await shop.admin.sales({ limit: 9 })
  return sales.map(({ state }) => state)
}

it('prints the receipt and confirms the sale', async () => {
  const [code, printed] = await printedBy(sell())
  expect(code).toBe(0)
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

const ENDS_AT = 64 * 1024 * 1024
const PART_OF_RECEIPT = 100

it('keeps a sale of whose receipt a part only came out, and prints it again', async () => {
  const path = join(shop.folder, 'receipts.txt')
  writeFileSync(path, '')
  truncateSync(path, ENDS_AT - PART_OF_RECEIPT)
  const file = openSync(path, 'a')
  const [code, told] = await sellOnto(file, ENDS_AT)
  closeSync(file)
  const open = 'the sale is still open: the receipt did not come out whole'
  expect([code, told]).toEqual([3, expect.stringContaining(open)])
  expect(statSync(path).size).toBe(ENDS_AT)
  const [ended, printed] = await printedBy(spawn(process.execPath, running('reverse')))
  expect([ended, printed]).toEqual([0, expect.stringMatching(/3104 ?9845 ?9/)])
  const { sales } = await shop.admin.sales({ limit: 1 })
  expect(sales).toMatchObject([{ state: 'sold', confirmed: true }])
  expect(await states()).toEqual(['sold', 'refunded', 'sold'])
})

it('gives a sale back in the same run whose receipt finds a full disk', async () => {
  const file = openSync('/dev/full', 'w')
  const [code, told] = await sellOnto(file, ENDS_AT)
  closeSync(file)
  expect([code, told]).toEqual([1, expect.stringContaining('the sale was reversed')])
  await untilReversed(shop.admin)
  expect(await states()).toEqual(['refunded', 'sold', 'refunded', 'sold'])
  expect(shop.host.netDebits()).toHaveLength(2)
})
