// A running switch and those around it: it sells by what was changed a moment ago, tells its
// numbers under their names, and while it stops it says so, refuses what is new, ends what was
// begun, and keeps the door for its administrators open to the last.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../switch/demo/scenes.ts'
import { LoadTerminal } from '../overload/load-terminal.ts'
import { SmallShop } from './small-shop.ts'

const MID = '000000000100001'
const TIDS = ['10000001', '10000002'] as const
const PRODUCT = '093205'

let shop: SmallShop
let terminals: LoadTerminal[] = []

beforeAll(async () => {
  const host = { accounts: { unknownCards: { balanceRial: 900_000_000 } } }
  const settings = { EVS_LOG_LEVEL: 'info', EVS_LIMITS_CONNECTIONS_PER_ADDRESS: '3' }
  shop = await SmallShop.open({ name: 'running', mid: MID, tids: TIDS, settings, host })
  const port = shop.running.port('pos') ?? 0
  terminals = TIDS.map((tid) => new LoadTerminal({ tid, mid: MID, port, replyMs: 10_000 }))
})
afterAll(async () => {
  for (const terminal of terminals) terminal.drop()
  await shop.close()
})

/** Its answer to a new sale. */
async function sold(terminal = terminals[0]): Promise<string | undefined> {
  const { fields } = terminal?.next() ?? expect.fail('no terminal')
  return (await terminal?.ask('0200', fields))?.fields[39]
}

it('sells by what its administrators changed last', async () => {
  expect(await sold()).toBe('00')
  const terminal = { tid: TIDS[0], mid: MID, institution: 0 }
  for (const change of [
    (enabled: boolean) => shop.admin.changeProduct(PRODUCT, { enabled }),
    (enabled: boolean) => shop.admin.changeMerchant(MID, { institution: 0, enabled }),
    (enabled: boolean) =>
      shop.admin.changeTerminal({ ...terminal, state: enabled ? 'active' : 'blocked' }),
  ]) {
    await change(false)
    expect(await sold()).not.toBe('00')
    await change(true)
    expect(await sold()).toBe('00')
  }
})

it('tells its numbers under their names', async () => {
  const base = `http://127.0.0.1:${shop.running.ready?.admin.port}`
  const page = await (await fetch(`${base}/metrics`)).text()
  const value = (name: string) => {
    const line = page.split('\n').find((one) => one.startsWith(`${name} `))
    return line === undefined ? undefined : Number(line.slice(name.length))
  }
  const { cardHosts, listeners } = await shop.admin.health()
  expect(value('evs_connections{listener="pos"}')).toBe(1)
  expect(value('evs_connections{listener="bank"}')).toBe(0)
  expect(listeners.map(({ name, kind, connections }) => [name, kind, connections])).toEqual([
    ['pos', 'terminal', 1],
    ['bank', 'institution', 0],
  ])
  const [link] = cardHosts
  expect(value(`evs_card_host_signed_on{card_host="${link?.name}"}`)).toBe(link?.signedOn)
  expect(link?.signedOn).toBeGreaterThan(0)
  expect(value('evs_events_total{event="answers",label="00"}')).toBe(4)
  // An intent, an outcome and a note for each of them at the least.
  expect(value('evs_journal_group_records_sum')).toBeGreaterThan(8)
  expect(value('evs_sales_in_flight')).toBe(0)
  const ready = await fetch(`${base}/readyz`)
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true, reasons: [] }])
})

it('has room for so many connections of one address, and for those of others', async () => {
  const port = shop.running.port('pos') ?? 0
  const open = async (localAddress: string) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress })
    socket.on('error', () => undefined)
    const end = once(socket, 'close').then(() => 'dropped')
    const result = await Promise.race([end, new Promise((done) => setTimeout(done, 300, 'open'))])
    return { socket, result }
  }
  const before = (await shop.admin.health()).listeners[0]?.connections ?? 0
  const room = Array.from({ length: 3 - before }, () => open('127.0.0.1'))
  const some = await Promise.all(room)
  const more = await open('127.0.0.1')
  const other = await open('127.0.0.2')
  const all = [...some, more, other]
  expect(all.map(({ result }) => result)).toEqual([...some.map(() => 'open'), 'dropped', 'open'])
  for (const { socket } of all) socket.destroy()
  const base = `http://127.0.0.1:${shop.running.ready?.admin.port}`
  const page = await (await fetch(`${base}/metrics`)).text()
  expect(page).toContain('event="connections dropped",label="connections-of-address"} 1')
})

it('while it stops it says so, takes no new sale and ends the one that was begun', async () => {
  const base = `http://127.0.0.1:${shop.running.ready?.admin.port}`
  const { admin } = shop
  const [, other] = terminals
  expect(await sold(other)).toBe('00')
  shop.host.faults = [
    { on: 'purchase', probability: 1, fault: { kind: 'late', ms: { from: 3_000, to: 3_100 } } },
  ]
  const begun = sold()
  await until('the sale', async () => (await admin.health()).salesInFlight === 1)
  const stopped = shop.running.stop()
  await until('the stop', async () => (await admin.health()).status === 'draining')
  const ready = await fetch(`${base}/readyz`)
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { ready: false, reasons: ['the switch is stopping'] },
  ])
  expect(await sold(other)).toBe('91')
  expect(await begun).toBe('00')
  await stopped
  expect(shop.running.killedBy).toBeUndefined()
  shop.host.faults = []
  const told = readFileSync(shop.logFile, 'utf8').trimEnd().split('\n').slice(-2)
  expect(told.map((line) => JSON.parse(line).msg)).toEqual(['stopping', 'stopped'])
  await shop.running.start()
  // What was noted of a terminal a moment before the end is there.
  const shown = await shop.admin.terminal({ tid: TIDS[1], mid: MID, institution: 0 })
  expect(shown).toMatchObject({ lastResponseCode: '91' })
})
