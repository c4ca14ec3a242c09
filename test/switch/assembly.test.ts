// The switch's own wiring over a card host link with keys, on virtual time: which keys it says it
// has, and that nothing is lost, doubled or believed while the token that holds them is away.

import type { Database } from 'better-sqlite3'
import { describe, expect, it, vi } from 'vitest'
import { CardGateway } from '../../card-gateway/gateway.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode } from '../../protocol/message/encode.ts'
import { gatewayListener } from '../../switch/assembly.ts'
import type { ListenerConfig } from '../../switch/config/schema.ts'
import type { KeyOwner } from '../../switch/core/key-store.ts'
import { simConfig } from '../simulation/config.ts'
import { adviceFields, inquiryFields, saleFields } from './core/story-terminal.ts'
import { KeyedWorld } from './keyed-world.ts'

const code = (reply: { get(de: number): string | undefined } | undefined) => reply?.get(39)

/** Beyond every back-off of a dialler and of the reversal queue. */
const LONG_MS = 600_000

describe('the reasons for not selling', () => {
  it('are none while the keys of the link are in force', async () => {
    const { assembly } = await KeyedWorld.open()
    expect(assembly.reasons()).toEqual([])
  })

  it('name a link whose keys are missing', async () => {
    const world = await KeyedWorld.open((store) => {
      store.row('host/bank').active = undefined
    })
    expect(world.assembly.reasons()).toEqual(['the zone keys of bank are missing'])
    expect(world.notices.filter(({ level }) => level === 'alarm')).toEqual([])
    expect(code(await world.wait(world.sell(1)))).toBe('91')
  })

  it('name a link whose keys do not open', async () => {
    const world = await KeyedWorld.open((store) => {
      const { active } = store.row('host/bank')
      if (active === undefined) throw new Error('no keys')
      store.row('host/bank').active = { ...active, macKey: new Uint8Array(48) }
    })
    expect(world.assembly.reasons()).toEqual(['the zone keys of bank do not open'])
    expect(world.notices).toContainEqual({
      ...{ level: 'alarm', what: 'zone keys do not open', detail: 'host/bank' },
    })
  })

  it('are none while one of two links that are signed on has its keys', async () => {
    const world = await KeyedWorld.open(undefined, false, 2)
    const states = world.assembly.cardGateway.status()
    expect(states).toMatchObject([
      { name: 'bank', signedOn: 2, keys: 'in force' },
      { name: 'other', signedOn: 1, keys: 'missing' },
    ])
    expect(world.assembly.reasons()).toEqual([])
    expect(code(await world.wait(world.sell(1)))).toBe('00')
  })

  it('tell that the token is away, and no longer when it is back', async () => {
    const world = await KeyedWorld.open()
    world.token.isAway = true
    expect(world.assembly.reasons()).toEqual([
      'the hardware security module is away: the line is cut',
    ])
    world.token.isAway = false
    expect(world.assembly.reasons()).toEqual([])
  })
})

describe('a switch that may not sell', () => {
  it('because its store is in doubt refuses with 96, debits nothing and says why', async () => {
    const world = await KeyedWorld.open()
    world.assembly.doubt('record 7 is missing')
    expect(world.assembly.reasons()).toEqual(['record 7 is missing'])
    expect(code(await world.wait(world.sell(1)))).toBe('96')
    expect(world.host.debits.size).toBe(0)
  })

  it('because its disk is full refuses with 96, debits nothing, and sells when it is not', async () => {
    const world = await KeyedWorld.open()
    world.isDiskFull = true
    expect(world.assembly.reasons()).toEqual(['the disk is full'])
    expect(code(await world.wait(world.sell(1)))).toBe('96')
    expect(world.host.debits.size).toBe(0)
    world.isDiskFull = false
    expect(code(await world.wait(world.sell(2)))).toBe('00')
  })

  it('because it stops refuses with 91, debits nothing and says so', async () => {
    const world = await KeyedWorld.open()
    world.assembly.drain()
    expect(world.assembly.reasons()).toEqual(['the switch is stopping'])
    expect(code(await world.wait(world.sell(1)))).toBe('91')
    expect(world.host.debits.size).toBe(0)
  })

  it('because it stops ends no sale with 91 that its clock does not find', async () => {
    const world = await KeyedWorld.open()
    world.isClockBehind = true
    world.assembly.drain()
    expect(code(await world.wait(world.sell(1)))).toBe('96')
    expect(world.database.prepare('select count(*) from sale').pluck().get()).toBe(0)
  })
})

it('wrong MACs are counted by connection and by address, each against its own limit', async () => {
  const { macFailures } = (await KeyedWorld.open()).assembly.gateway
  const { macFailuresPerConnection, macFailuresPerAddress } = simConfig().limits
  expect(macFailures.judge('10.0.0.1', macFailuresPerConnection - 2)).toBe('answer')
  expect(macFailures.judge('10.0.0.1', macFailuresPerConnection - 1)).toBe('answer and close')
  for (let n = 1; n <= macFailuresPerAddress; n++) {
    expect(macFailures.judge('10.0.0.2', 0)).toBe('answer')
  }
  expect(macFailures.judge('10.0.0.2', 0)).toBe('close')
})

it('an address whose MACs were wrong is remembered, though as many others come as it may have', async () => {
  const { macFailures } = (await KeyedWorld.open()).assembly.gateway
  const { macFailuresPerAddress, addressesInMemory } = simConfig().limits
  for (let n = 0; n <= macFailuresPerAddress; n++) macFailures.judge('10.0.0.1', 0)
  for (let n = 1; n < addressesInMemory; n++) macFailures.judge(`10.1.0.${n}`, 0)
  expect(macFailures.judge('10.0.0.1', 0)).toBe('close')
  macFailures.judge('10.2.0.1', 0)
  expect(macFailures.judge('10.0.0.1', 0)).toBe('answer')
})

it('logons without use are counted against their own limit, of as many owners as keys stay open', async () => {
  const { store, software, assembly } = await KeyedWorld.open()
  const { keyDesk } = assembly.gateway
  const { logonsUnusedPerTerminal: most } = simConfig().limits
  const master = software.generate('master', 'aes')
  const logon = async (owner: KeyOwner) => {
    store.putMaster(software, owner, master)
    const about = { stan: '000001', transmission: '1122093000', serialNumber: 'PX7', masked: 'PX7' }
    expect(await keyDesk?.logon(owner, { scheme: 'aes', ...about })).toMatchObject({ kind: 'keys' })
    return keyDesk?.isFlooded(owner)
  }
  const flooded = []
  for (let n = 1; n <= most; n++) flooded.push(await logon('terminal/1'))
  expect(flooded).toEqual([...Array(most - 1).fill(false), true])
  for (let n = 2; n <= 2 * most; n++) await logon(`terminal/${n}`)
  expect(keyDesk?.isFlooded('terminal/1')).toBe(true)
})

describe('what happens', () => {
  it('is counted: messages by their kind, format errors, and what a flood had dropped', async () => {
    const world = await KeyedWorld.open()
    const fields = saleFields(world.time, { terminal: 1, stan: 1 })
    const asked = world.ask('0200', fields)
    const { waitingPerSale } = simConfig().limits
    for (let n = 0; n <= waitingPerSale; n++) void world.ask('0201', fields)
    expect(code(await world.wait(asked))).toBe('00')
    const spoiled = encode(DIALECTS.iso87binary, '0200', fields).subarray(0, -1)
    expect(code(await world.wait(world.send(spoiled)))).toBe('30')
    const countOf = (what: string) => world.counted.filter((each) => each === what).length
    expect(countOf('messages: 0200')).toBe(1)
    expect(countOf('messages: 0201')).toBe(waitingPerSale + 1)
    expect(countOf('messages: format error')).toBe(1)
    expect(countOf('messages dropped: sale')).toBe(1)
  })

  it('is counted when a card host goes: each of its connections, and the host once', async () => {
    const world = await KeyedWorld.open()
    world.host.leave()
    await world.time.run(1_000)
    const lost = world.counted.filter((what) => what === 'card host connections: lost')
    const down = world.counted.filter((what) => what.startsWith('card host down'))
    expect([lost.length, down]).toEqual([2, ['card host down: bank']])
  })
})

describe('a switch on a restored copy that nobody has accepted', () => {
  const FENCED = 'a restored copy is not accepted yet'

  it('refuses with 96, and sells when it is accepted', async () => {
    const world = await KeyedWorld.open(undefined, true)
    expect(world.assembly.reasons()).toEqual([FENCED])
    expect(code(await world.wait(world.sell(1)))).toBe('96')
    world.assembly.fenceAccepted()
    expect(world.assembly.reasons()).toEqual([])
    expect(code(await world.wait(world.sell(2)))).toBe('00')
  })

  it('refuses with 91 once it stops, as any other', async () => {
    const world = await KeyedWorld.open(undefined, true)
    world.assembly.drain()
    expect(code(await world.wait(world.sell(1)))).toBe('91')
  })

  it('stays in doubt of its store when it is accepted, and tells all doubts', async () => {
    const world = await KeyedWorld.open(undefined, true)
    for (const doubt of ['record 7 is missing', 'an index is damaged']) world.assembly.doubt(doubt)
    world.assembly.fenceAccepted()
    expect(world.assembly.reasons()).toEqual(['record 7 is missing', 'an index is damaged'])
    expect(code(await world.wait(world.sell(1)))).toBe('96')
  })
})

describe('the listener of an institution', () => {
  const [first] = simConfig().listeners
  const listener = (change: object) => gatewayListener({ ...first, ...change } as ListenerConfig)

  it('brings the merchants that are listed, all of them with a star, and none without a list', () => {
    expect(listener({ merchants: ['*'] }).merchants).toBeUndefined()
    expect(listener({ merchants: ['1', '2'] }).merchants).toEqual(new Set(['1', '2']))
    expect(listener({ merchants: [] }).merchants).toEqual(new Set())
  })

  it('has TLS only where that is configured, marked insecure or not', () => {
    const tls = { certificateFile: 'a', keyFile: 'b' }
    for (const insecure of [true, false]) {
      expect(listener({ insecure, tls: undefined }).tls).toBe(false)
      expect(listener({ insecure, tls }).tls).toBe(true)
    }
  })

  it('has binary fields as hex where that is configured', () => {
    const dialects = [true, false].map((binaryAsHex) => listener({ binaryAsHex }).dialect)
    expect(dialects[0]).not.toEqual(dialects[1])
  })
})

it('a card host that comes back gets what waited for it at once', async () => {
  const world = await KeyedWorld.open()
  const asked = world.sell(1)
  await world.time.runUntil(() => world.host.netDebits === 1, 10_000)
  world.host.leave()
  expect(code(await world.wait(asked))).toBe('68')
  await world.time.run(LONG_MS)
  expect(world.host.netDebits).toBe(1)
  world.host.isAway = false
  await world.time.runUntil(() => world.assembly.reasons().length === 0, LONG_MS)
  await world.time.run(2_000)
  expect(world.host.netDebits).toBe(0)
})

/** So many sales more like the one whose reversal is open, each with STANs of its own. */
function multiply(database: Database, times: number): void {
  const [sale, reversal] = ['sale', 'reversal'].map((table) => {
    const row = database.prepare(`select * from ${table}`).get() as Record<string, unknown>
    const names = Object.keys(row).map((name) => `"${name}"`)
    const places = names.map(() => '?').join(', ')
    const insert = database.prepare(`insert into ${table} (${names.join(', ')}) values (${places})`)
    return (change: object) => insert.run(Object.values({ ...row, ...change }))
  })
  for (let n = 1; n <= times; n++) {
    const [id, stan] = [1_000 + n, String(100_000 + n)]
    sale?.({ id, stan, host_stan: stan, rrn: String(600_000_000_000 + n) })
    reversal?.({ sale: id, stan: String(200_000 + n), host_stan: stan })
  }
}

it('a start takes the STANs of all open reversals, however many there are', async () => {
  const world = await KeyedWorld.open()
  const asked = world.sell(1)
  await world.time.runUntil(() => world.host.netDebits === 1, 10_000)
  world.host.leave()
  expect(code(await world.wait(asked))).toBe('68')
  const reopen = vi.spyOn(CardGateway.prototype, 'reopen')
  await world.restart(() => multiply(world.database, 1_000))
  const taken = new Set(reopen.mock.calls.map(([, reversal]) => reversal?.stan))
  reopen.mockRestore()
  expect(taken.size).toBe(1_001)
  for (const stan of ['200001', '201000']) expect(taken).toContain(stan)
})

describe('a token that goes away', () => {
  it('between debit and answer has the sale reversed, once it is back', async () => {
    const world = await KeyedWorld.open()
    const fields = saleFields(world.time, { terminal: 1, stan: 1 })
    const asked = world.ask('0200', fields)
    await world.time.runUntil(() => world.host.netDebits === 1, 10_000)
    world.token.isAway = true
    // Neither approved nor lost: the terminal is told that it is being undone.
    expect(code(await world.wait(asked))).toBe('68')
    expect(world.assembly.book.reversals.counts()).toMatchObject({ open: 1 })
    await world.time.run(LONG_MS)
    expect([world.host.netDebits, world.host.seen.includes('0420')]).toEqual([1, false])
    expect(world.assembly.book.reversals.counts()).toMatchObject({ open: 1 })
    world.token.isAway = false
    await world.time.run(LONG_MS)
    expect(world.assembly.book.reversals.counts()).toMatchObject({ open: 0 })
    expect([world.host.netDebits, world.host.debits.size]).toEqual([0, 1])
    expect(code(await world.wait(world.ask('0201', fields)))).toBe('68')
    expect(world.assembly.book.inventory.reserved).toBe(0)
    // The token's own alarm is raised elsewhere; here is none for each sale, reversal and try.
    const alarms = world.notices.filter(({ level }) => level === 'alarm')
    expect(alarms.map(({ what }) => what)).toEqual(['card host cannot be reached'])
  })

  it('before a sale has it refused, and asks nobody; it is sold when the token is back', async () => {
    const world = await KeyedWorld.open()
    world.token.isAway = true
    const fields = saleFields(world.time, { terminal: 1, stan: 1 })
    expect(code(await world.wait(world.ask('0200', fields)))).toBe('96')
    expect(world.host.debits.size).toBe(0)
    world.token.isAway = false
    expect(code(await world.wait(world.ask('0201', fields)))).toBe('00')
    expect([world.host.debits.size, world.host.netDebits]).toEqual([1, 1])
  })

  it('after a sale does not keep the terminal from asking for it, or from reversing it', async () => {
    const world = await KeyedWorld.open()
    const fields = saleFields(world.time, { terminal: 1, stan: 1 })
    expect(code(await world.wait(world.ask('0200', fields)))).toBe('00')
    world.token.isAway = true
    const inquiry = inquiryFields(world.time, fields, 2)
    expect(code(await world.wait(world.ask('0100', inquiry)))).toBe('00')
    const reversal = adviceFields(world.time, fields)
    expect(code(await world.wait(world.ask('0400', reversal)))).toBe('00')
    await world.time.run(LONG_MS)
    expect(world.host.netDebits).toBe(1)
    world.token.isAway = false
    await world.time.run(LONG_MS)
    expect(world.host.netDebits).toBe(0)
  })

  it('answers nothing to the card host meanwhile, least of all that its MAC is wrong', async () => {
    const world = await KeyedWorld.open()
    world.token.isAway = true
    world.host.echo()
    await world.time.run(1_000)
    expect(world.host.seen.filter((one) => one.startsWith('0810'))).toEqual([])
    expect(world.counted).not.toContain('security events: wrong MAC of a card host')
    world.token.isAway = false
    world.host.echo()
    await world.time.run(1_000)
    expect(world.host.seen.filter((one) => one.startsWith('0810'))).toContain('0810 301 00')
  })
})
