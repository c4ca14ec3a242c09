// The host on its connections: golden bytes, sign-on, messages it cannot use, several clients.
// Faults are in faults.test.ts, what is decided in authorise.test.ts.

import { afterEach, describe, expect, it } from 'vitest'
import type { CardHost } from '../../card-host/host.ts'
import type { CardHostEvent, CardHostOptions } from '../../card-host/host-options.ts'
import { golden, HostClient, purchase, reversal, startForTest, TIMERS } from './host-client.ts'

const running: CardHost[] = []
const clients: HostClient[] = []

async function start(options: CardHostOptions = {}): Promise<CardHost> {
  const cardHost = await startForTest(options)
  running.push(cardHost)
  return cardHost
}

async function signedOn(cardHost: CardHost, options: CardHostOptions = {}): Promise<HostClient> {
  const client = await HostClient.signedOn(cardHost, options)
  clients.push(client)
  return client
}

async function connected(cardHost: CardHost): Promise<HostClient> {
  const client = await HostClient.connect(cardHost.port)
  clients.push(client)
  return client
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.end()
  for (const cardHost of running.splice(0)) await cardHost.stop()
})

describe('golden bytes', () => {
  async function exchange(client: HostClient, name: string): Promise<string> {
    client.sendRaw(golden(name))
    const body = await client.body()
    return (body ?? Buffer.alloc(0)).toString('hex')
  }
  const bodyOf = (name: string) => golden(name).subarray(4).toString('hex')

  it('sign-on, echo and purchase are answered with the golden bytes', async () => {
    const client = await connected(await start({ firstApproval: 4711 }))
    expect(await exchange(client, 'card host sign-on')).toBe(bodyOf('card host sign-on answered'))
    expect(await exchange(client, 'card host echo')).toBe(bodyOf('card host echo answered'))
    expect(await exchange(client, 'purchase, no keys')).toBe(bodyOf('purchase approved'))
  })

  it('a purchase approved for another amount has the golden bytes', async () => {
    const faults = [{ fault: { kind: 'wrong-amount', amountRial: 60_000 } as const }]
    const client = await signedOn(await start({ firstApproval: 4711, faults }))
    const answer = await exchange(client, 'purchase, no keys')
    expect(answer).toBe(bodyOf('purchase approved for another amount'))
  })

  it('an answer with one byte too many has the golden bytes', async () => {
    const faults = [{ fault: { kind: 'bad-frame' } as const }]
    const client = await signedOn(await start({ firstApproval: 4711, faults }))
    const answer = await exchange(client, 'purchase, no keys')
    expect(answer).toBe(bodyOf('purchase approved, one byte too many'))
  })

  it('the golden 0420 and 0421 are answered with the golden fields', async () => {
    const client = await signedOn(await start({ firstApproval: 4711 }))
    await exchange(client, 'purchase, no keys')
    for (const name of ['card host 0420, none', 'card host 0421, none']) {
      // The golden 0430s have a MAC; without it their fields are these.
      client.sendRaw(golden(name))
      const answer = await client.answer()
      if (answer?.kind !== 'message') throw new Error('no answer')
      expect(answer.mti).toBe('0430')
      expect(answer.numbers()).toEqual([2, 3, 4, 7, 11, 12, 13, 32, 37, 39, 41, 42, 49])
      expect(answer.get(39)).toBe('00')
    }
  })

  it('DE 90 and DE 15 are answered by a host that does so', async () => {
    const client = await signedOn(await start({ answerDe90: true, answerDe15: true }))
    expect((await client.ask('0200', purchase())).get(15)).toBe('1122')
    const answer = await client.ask('0420', reversal())
    expect(answer.get(90)).toBe(reversal()[90])
    expect(answer.has(15)).toBe(false)
  })
})

describe('sign-on', () => {
  it('a purchase before sign-on is refused with 91 and leaves no trace', async () => {
    const cardHost = await start()
    const client = await connected(cardHost)
    expect(await client.codeOf('0200', purchase())).toBe('91')
    expect(cardHost.ledger.entries()).toEqual([])
    await client.ask('0800', { 7: '1122054400', 11: '004100', 70: '001' })
    expect(await client.codeOf('0200', purchase())).toBe('00')
    await client.ask('0800', { 7: '1122054400', 11: '004101', 70: '002' })
    expect(await client.codeOf('0200', purchase({ 11: '004203' }))).toBe('91')
  })

  it('a host that wants it once lets every connection buy', async () => {
    const cardHost = await start({ signOn: 'host', notSignedOnRc: '58' })
    const second = await connected(cardHost)
    expect(await second.codeOf('0200', purchase())).toBe('58')
    await signedOn(cardHost)
    expect(await second.codeOf('0200', purchase())).toBe('00')
  })

  it('a host that wants it once wants it again after a sign-off', async () => {
    const cardHost = await start({ signOn: 'host' })
    const [first, second] = [await signedOn(cardHost), await connected(cardHost)]
    expect(await second.codeOf('0200', purchase())).toBe('00')
    await first.ask('0800', { 7: '1122054400', 11: '004101', 70: '002' })
    expect(await second.codeOf('0200', purchase({ 11: '004203' }))).toBe('91')
  })

  it('a reversal is taken without sign-on', async () => {
    const cardHost = await start()
    const client = await signedOn(cardHost)
    await client.ask('0200', purchase())
    const other = await connected(cardHost)
    expect(await other.codeOf('0420', reversal())).toBe('00')
  })

  it('an unknown DE 70 is answered 12', async () => {
    const client = await signedOn(await start())
    expect(await client.codeOf('0800', { 7: '1122054400', 11: '004100', 70: '777' })).toBe('12')
  })
})

describe('messages it cannot use', () => {
  it('a missing field is a format error, another processing code is not supported', async () => {
    const client = await signedOn(await start())
    const { 37: _, ...withoutRrn } = purchase()
    expect(await client.codeOf('0200', withoutRrn)).toBe('30')
    expect(await client.codeOf('0200', purchase({ 3: '010000' }))).toBe('12')
    expect(await client.codeOf('0100', purchase())).toBe('12')
  })

  it('a track 2 of another card than DE 2 is refused with 14, however alike they are', async () => {
    const cardHost = await start()
    const client = await signedOn(cardHost)
    const track2 = '6037990000000022=29121010000000000000'
    expect(await client.codeOf('0200', purchase({ 35: track2 }))).toBe('14')
    expect(cardHost.ledger.entries()).toEqual([])
  })

  it('a card is good until its last month is over in Tehran', async () => {
    const midnightMs = Date.UTC(2026, 10, 30, 20, 30)
    let wallMs = midnightMs - 1
    const cardHost = await start({ timers: { ...TIMERS, wallMs: () => wallMs } })
    const client = await signedOn(cardHost)
    const track2 = '6037990000000014=26111010000000000000'
    expect(await client.codeOf('0200', purchase({ 35: track2 }))).toBe('00')
    wallMs = midnightMs
    expect(await client.codeOf('0200', purchase({ 11: '004203', 35: track2 }))).toBe('54')
  })

  it('a request that breaks off the format is answered 30 with what was read', async () => {
    const client = await signedOn(await start())
    const bytes = golden('purchase, no keys')
    bytes.write('A', bytes.length - 1)
    client.sendRaw(bytes)
    const answer = await client.answer()
    if (answer?.kind !== 'message') throw new Error('no answer')
    expect([answer.get(39), answer.get(11), answer.get(41)]).toEqual(['30', '004201', '10000001'])
  })

  it('the fifth unreadable frame closes the connection and no other', async () => {
    const cardHost = await start()
    const [bad, good] = [await signedOn(cardHost), await signedOn(cardHost)]
    for (let i = 0; i < 5; i += 1) bad.sendRaw(Buffer.from('0003???'))
    await bad.untilClosed()
    expect(await good.codeOf('0200', purchase())).toBe('00')
  })
})

describe('connections', () => {
  it('serves several at once, in another dialect and framing when told so', async () => {
    const options = { dialect: 'iso87binary', length: 'binary2' } as const
    const cardHost = await start(options)
    const made = [1, 2, 3].map(() => signedOn(cardHost, options))
    const three = await Promise.all(made)
    expect(cardHost.connections()).toBe(3)
    const codes = three.map((client, i) => client.codeOf('0200', purchase({ 11: `00420${i}` })))
    expect(await Promise.all(codes)).toEqual(['00', '00', '00'])
    expect(cardHost.netDebits()).toHaveLength(3)
  })

  it('knows two cards apart that look alike when they are masked', async () => {
    const cards = ['6037990000000014', '6037991111110014']
    const accounts = cards.map((card) => ({ card, balanceRial: 1 }))
    const cardHost = await start({ accounts: { unknownCards: 'refuse', accounts } })
    const [one, other] = cardHost.balances()
    expect(one?.card).toBe(other?.card)
    expect(one?.cardHash).not.toBe(other?.cardHash)
  })

  it('numbers its approvals round after the last that six digits can say', async () => {
    const client = await signedOn(await start({ firstApproval: 999_999 }))
    const approvals: unknown[] = []
    for (const stan of ['000001', '000002', '000003']) {
      approvals.push((await client.ask('0200', purchase({ 11: stan }))).get(38))
    }
    expect(approvals).toEqual(['999999', '000000', '000001'])
  })

  it('tells what happened without a card number', async () => {
    const events: CardHostEvent[] = []
    const cardHost = await start({ observe: (event) => events.push(event) })
    const client = await signedOn(cardHost)
    await client.ask('0200', purchase())
    expect(events.map((event) => event.kind)).toEqual([
      'listening',
      'opened',
      'request',
      'answer',
      'request',
      'answer',
    ])
    expect(JSON.stringify(events)).not.toContain('603799')
  })

  it('answers nothing after stop and frees its port', async () => {
    const first = await start()
    const client = await signedOn(first)
    await first.stop()
    await client.untilClosed()
    const second = await start({ port: first.port })
    expect(second.port).toBe(first.port)
  })

  it('debits nothing after stop that it still held', async () => {
    const HELD_MS = 7_777
    const held = new Set<() => void>()
    const after: typeof TIMERS.after = (ms, run) => {
      if (ms !== HELD_MS) return TIMERS.after(ms, run)
      held.add(run)
      return () => held.delete(run)
    }
    const faults = [{ fault: { kind: 'held' as const, ms: HELD_MS } }]
    const cardHost = await start({ faults, timers: { ...TIMERS, after } })
    const client = await signedOn(cardHost)
    client.send('0200', purchase())
    await client.ask('0800', { 7: '1122054431', 11: '000009', 70: '301' })
    expect(held.size).toBe(1)
    await cardHost.stop()
    for (const run of held) run()
    expect(cardHost.netDebits()).toEqual([])
  })
})
