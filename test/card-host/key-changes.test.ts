// When a card host changes its zone keys, on a clock of the test: at every interval, again while
// there are no keys at all, and never after its stop.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CardHost } from '../../card-host/host.ts'
import type { CardHostOptions } from '../../card-host/host-options.ts'
import type { Message } from '../../protocol/message/message.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'
import { HostClient, startForTest, TIMERS } from './host-client.ts'
import { type Zone, ZoneClient, ZoneFolder } from './zone-client.ts'

const ECHO = { 7: '1122054500', 11: '004150', 70: '301' }
const ANSWER_MS = 10_000

let folder: ZoneFolder
let time: VirtualTime
let cardHost: CardHost
let link: ZoneClient
let told: (string | undefined)[]

beforeEach(() => {
  folder = new ZoneFolder()
  time = new VirtualTime(TIMERS.wallMs())
  told = []
})

afterEach(async () => {
  link?.client.end()
  await cardHost?.stop()
  folder.remove()
})

async function open(options: CardHostOptions = {}): Promise<void> {
  cardHost = await startForTest({
    zoneKeyFile: folder.keyFile('aes'),
    timers: time,
    observe: ({ kind, reason }) => void (kind === 'key-change' && told.push(reason)),
    ...options,
  })
  link = await ZoneClient.connect(cardHost, 'aes')
}

/** The change is answered 00, and the host has read that. */
async function taken(change: Message, under: Zone): Promise<Zone> {
  const fresh = link.take(change)
  link.answer(change, '00', under)
  await link.ask('0800', ECHO, fresh)
  return fresh
}

/** The first keys are agreed on. */
async function keyed(): Promise<Zone> {
  const zone = await link.keyed()
  await link.ask('0800', ECHO, zone)
  return zone
}

describe('a card host with an interval', () => {
  it('changes its keys each time that it is over, and each time under the keys before', async () => {
    await open({ keyChangeMs: 60_000 })
    let zone = await keyed()
    for (let times = 0; times < 3; times++) {
      told = []
      time.advance(59_999)
      expect(told).toEqual([])
      time.advance(1)
      const change = await link.next()
      expect([change.get(70), link.isUnder(change, zone)]).toEqual(['101', true])
      zone = await taken(change, zone)
      expect(told).toEqual(['sent', 'taken'])
    }
  })

  it('goes on with it although nobody had signed on when it was over', async () => {
    await open({ keyChangeMs: 60_000 })
    time.advance(120_000)
    expect(told).toEqual([])
    const zone = await keyed()
    told = []
    time.advance(60_000)
    expect([link.isUnder(await link.next(), zone), told]).toEqual([true, ['sent']])
  })

  it('that stops changes them no more, and leaves nothing to wait for', async () => {
    await open({ keyChangeMs: 60_000 })
    await keyed()
    await cardHost.stop()
    expect(time.pending).toBe(0)
  })
})

describe('the first key change', () => {
  it.each([
    ['stays unanswered', 'not answered'],
    ['is refused', 'answered 96'],
  ])('that %s is tried again after ten seconds, until there are keys', async (_what, why) => {
    await open()
    await link.signOn()
    for (let times = 0; times < 3; times++) {
      const change = await link.next()
      if (why === 'answered 96') {
        link.answer(change, '96')
        await link.ask('0800', ECHO)
      }
      time.advance(ANSWER_MS - 1)
      expect(await link.isSilent(20)).toBe(true)
      time.advance(1)
    }
    const change = await link.next()
    link.answer(change, '00')
    const zone = link.take(change)
    await link.ask('0800', ECHO, zone)
    expect(told).toEqual([...Array(3).fill(['sent', why]).flat(), 'sent', 'taken'])
    time.advance(10 * ANSWER_MS)
    expect(await link.isSilent(20)).toBe(true)
  })

  it('that waits to be tried again is forgotten when the host stops', async () => {
    await open()
    await link.signOn()
    link.answer(await link.next(), '96')
    await link.ask('0800', ECHO)
    expect(time.pending).toBe(1)
    await cardHost.stop()
    expect(time.pending).toBe(0)
  })

  it('that waits for its answer is forgotten when the host stops', async () => {
    await open()
    await link.signOn()
    await link.next()
    await cardHost.stop()
    expect([time.pending, told]).toEqual([0, ['sent']])
  })
})

describe('a later key change', () => {
  it('that stays unanswered is not tried again: the keys before it stay', async () => {
    await open()
    const zone = await keyed()
    cardHost.changeKeys()
    await link.next()
    time.advance(10 * ANSWER_MS)
    expect(await link.isSilent(20)).toBe(true)
    const echo = await link.ask('0800', ECHO, zone)
    expect([link.isUnder(echo, zone), told.slice(2)]).toEqual([true, ['sent', 'not answered']])
  })

  it('is answered by a message with its own time and number only', async () => {
    await open()
    const zone = await keyed()
    cardHost.changeKeys()
    const change = await link.next()
    const own = { 7: change.get(7) ?? '', 11: change.get(11) ?? '', 39: '00', 70: '101' }
    for (const other of [{ 7: '1121000000' }, { 11: '999999' }]) {
      link.send('0810', { ...own, ...other }, zone)
      const echo = await link.ask('0800', ECHO, zone)
      expect([link.isUnder(echo, zone), told.at(-1)]).toEqual([true, 'sent'])
    }
    await taken(change, zone)
    expect(told.at(-1)).toBe('taken')
  })

  it('goes to a connection that has signed on, whoever came before it', async () => {
    await open()
    const silent = await HostClient.connect(cardHost.port)
    const signedOn = await ZoneClient.connect(cardHost, 'aes')
    try {
      const first = link
      link = signedOn
      const zone = await keyed()
      expect(cardHost.changeKeys()).toBe(true)
      expect(link.isUnder(await link.next(), zone)).toBe(true)
      expect(await first.isSilent(20)).toBe(true)
      first.client.end()
    } finally {
      silent.end()
    }
  })
})

it('keys that were agreed on are still those of the next start: nothing is believed without them', async () => {
  await open({ ledgerFile: folder.ledger })
  const zone = await keyed()
  link.client.end()
  await cardHost.stop()
  await open({ ledgerFile: folder.ledger })
  expect((await link.signOn()).get(39)).toBe('63')
  expect((await link.signOn(zone)).get(39)).toBe('00')
  expect(await link.isSilent(20)).toBe(true)
})
