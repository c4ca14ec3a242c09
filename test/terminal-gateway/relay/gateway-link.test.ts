// A gateway and the switch over their link: sales go through, connections open at their first frame
// and close in both directions, what breaks ends the link and nothing more, and no answer ever
// reaches another connection than the one that asked.

import { describe, expect, it } from 'vitest'
import { MacFailures } from '../../../terminal-gateway/mac-failures.ts'
import { type Envelope, envelope } from '../../../terminal-gateway/relay/envelope.ts'
import { RelayRig, SILENT_MS, TPDU } from './relay-rig.ts'

describe('a sale', () => {
  it('goes through a gateway, and its answer comes back with the TPDU turned round', async () => {
    const rig = await RelayRig.open()
    expect(rig.told).toEqual(['switch: up', 'main up as gw-1'])
    const terminal = rig.terminal()
    terminal.ask('0200', rig.story.sale(1))
    await rig.pass(3_000)
    expect(terminal.codes()).toEqual(['00'])
    expect(terminal.sent[0]?.tpdu?.toString('hex')).toBe('6000020001')
    expect([terminal.earned, terminal.isWaiting, rig.errors]).toEqual([1, false, []])
    expect(rig.story.netDebits()).toBe(1)
  })

  it('that waited too long for its turn on the link is answered 96, and nothing is debited', async () => {
    const rig = await RelayRig.open()
    const terminal = rig.terminal()
    await rig.pass(20_000)
    rig.waitedMs = 10_000
    terminal.ask('0200', rig.story.sale(1))
    await rig.pass(3_000)
    rig.waitedMs = 0
    terminal.ask('0200', rig.story.sale(2))
    await rig.pass(3_000)
    expect([terminal.codes(), rig.story.netDebits(), rig.errors]).toEqual([['96', '00'], 1, []])
  })

  it.each([true, false])(
    'whose answer was written completely: %s, is told so',
    async (complete) => {
      const rig = await RelayRig.open()
      const terminal = rig.terminal()
      terminal.writes = complete
      const sale = rig.story.sale(1)
      terminal.ask('0200', sale)
      await rig.pass(3_000)
      if (!complete) terminal.end('the peer does not read')
      await rig.pass(1_000)
      await rig.story.book.answered.flush()
      await rig.pass(1_000)
      expect(rig.story.count('sale', 'answered = 1')).toBe(complete ? 1 : 0)
    },
  )

  it('is told as answered by its own answer, and not by that of another one', async () => {
    const rig = await RelayRig.open()
    const terminal = rig.terminal()
    terminal.writes = false
    for (const n of [1, 2]) {
      terminal.ask('0200', rig.story.sale(n))
      await rig.pass(3_000)
    }
    terminal.unwritten.shift()?.(true)
    await rig.pass(100)
    terminal.end('the peer does not read')
    await rig.pass(1_000)
    await rig.story.book.answered.flush()
    await rig.pass(1_000)
    const stans = rig.story.database.prepare('select stan from sale where answered = 1').pluck()
    expect(stans.all()).toEqual([rig.story.sale(1)[11]])
  })

  it('whose answer was on the link when it broke is not told as answered', async () => {
    const rig = await RelayRig.open()
    const terminal = rig.terminal()
    terminal.writes = false
    terminal.ask('0200', rig.story.sale(1))
    await rig.pass(3_000)
    rig.cut()
    await rig.pass(1_000)
    await rig.story.book.answered.flush()
    await rig.pass(1_000)
    expect(rig.story.count('sale', 'answered = 0')).toBe(1)
  })

  it('in flight when the link breaks ends as it would, and its repeat gets the same answer', async () => {
    const rig = await RelayRig.open()
    const first = rig.terminal()
    const sale = rig.story.sale(1)
    first.ask('0200', sale)
    // The switch has read it, and nothing has come back yet.
    await rig.pass(2)
    expect([first.isWaiting, rig.switchEnd?.connections]).toEqual([true, 1])
    rig.cut()
    await rig.pass(1)
    expect(first.closings).toEqual(['the link to the switch ended'])
    await rig.pass(5_000)
    expect(first.sent).toEqual([])
    await rig.relink()
    const second = rig.terminal()
    second.ask('0201', sale)
    second.ask('0201', sale)
    await rig.pass(5_000)
    expect(second.codes()).toEqual(['00', '00'])
    expect([rig.story.netDebits(), rig.story.count('sale')]).toEqual([1, 1])
  })
})

describe('a connection', () => {
  it('costs the switch nothing before its first frame, and is opened with it', async () => {
    const rig = await RelayRig.open()
    const [idle, speaking] = [rig.terminal(), rig.terminal()]
    expect(rig.switchEnd?.connections).toBe(0)
    speaking.ask('0200', rig.story.sale(1))
    await rig.pass(10)
    expect(rig.switchEnd?.connections).toBe(1)
    speaking.end('closed by the peer')
    await rig.pass(10)
    expect([rig.switchEnd?.connections, idle.open]).toEqual([0, true])
  })

  it('that the switch closes for wrong MACs is closed at the gateway', async () => {
    const macFailures = new MacFailures(
      { perConnection: 1, perAddressAndMinute: 60, addresses: 9 },
      { monotonicMs: () => 0 },
    )
    const seen: string[] = []
    const judge = macFailures.judge.bind(macFailures)
    macFailures.judge = (address, earlier) => {
      seen.push(address)
      return judge(address, earlier)
    }
    const keyDesk = { verify: () => 'wrong' } as never
    const rig = await RelayRig.open({
      listener: { keys: 'aes' },
      gateway: { macFailures, keyDesk },
    })
    rig.story.database.prepare("update terminal set scheme = 'aes'").run()
    const terminal = rig.terminal()
    terminal.ask('0200', rig.story.sale(1))
    await rig.pass(10)
    expect(terminal.codes()).toEqual(['63'])
    expect(terminal.closings).toEqual(['messages without a right MAC'])
    // Counted under the terminal's own address, and a wrong MAC earns no idle time.
    expect([seen, terminal.earned]).toEqual([['10.0.0.7'], 0])
  })

  it('that sends what is no message earns no idle time, and is closed at the fifth', async () => {
    const rig = await RelayRig.open()
    const terminal = rig.terminal()
    for (let times = 0; times < 5; times++) terminal.say(Buffer.alloc(0))
    await rig.pass(10)
    expect([terminal.earned, terminal.isWaiting]).toEqual([0, false])
    expect(terminal.closings).toEqual(['frames that are no request'])
  })

  it('of an unknown terminal earns no idle time, and still waits for what it asked for', async () => {
    const rig = await RelayRig.open()
    const terminal = rig.terminal()
    const sale = rig.story.sale(1)
    terminal.ask('0200', sale)
    await rig.pass(3)
    terminal.ask('0200', { ...rig.story.sale(2), 41: '99999999' })
    await rig.pass(5)
    expect([terminal.codes(), terminal.isWaiting, terminal.earned]).toEqual([['03'], true, 1])
    await rig.pass(3_000)
    expect([terminal.codes(), terminal.isWaiting, terminal.earned]).toEqual([
      ['03', '00'],
      false,
      1,
    ])
  })

  it('above what a gateway may have is closed, and the others go on', async () => {
    const rig = await RelayRig.open({ connectionsMost: 1 })
    const [first, second] = [rig.terminal(), rig.terminal()]
    first.ask('0200', rig.story.sale(1))
    second.ask('0200', rig.story.sale(2))
    await rig.pass(3_000)
    expect([first.codes(), second.closings]).toEqual([['00'], ['too many connections']])
    expect(rig.told).toHaveLength(2)
    // Of those that are open, not of all that ever were.
    first.end('closed by the peer')
    await rig.pass(100)
    const third = rig.terminal()
    third.ask('0200', rig.story.sale(3))
    await rig.pass(3_000)
    expect([third.codes(), third.closings]).toEqual([['00'], []])
  })

  it.each([
    ['in clear', 'tls', { tls: false }, undefined],
    ['without a certificate', 'certificate', { tls: true }, undefined],
    ['with the certificate of nobody who is listed', 'none', { tls: true }, { names: ['x'] }],
    ['without a certificate where names are listed', 'tls', { tls: true }, undefined],
  ] as const)('%s is not taken where more is asked for', async (what, needs, door, peer) => {
    const clients = /listed/.test(what) ? ['gateway.bank'] : []
    const rig = await RelayRig.open({ relayed: { needs, clients }, door })
    const terminal = rig.terminal(peer)
    terminal.ask('0200', rig.story.sale(1))
    await rig.pass(3_000)
    expect([terminal.sent, terminal.closings]).toEqual([[], ['not admitted']])
    expect(rig.story.count('sale')).toBe(0)
    expect(rig.counted.filter((what) => what.includes('security events'))).toHaveLength(1)
  })

  it('with one listed name among others in its certificate is taken', async () => {
    const rig = await RelayRig.open({
      relayed: { clients: ['gateway.bank'] },
      door: { tls: true },
      listener: { kind: 'institution' },
    })
    const terminal = rig.terminal({ names: ['x', 'gateway.bank'] })
    terminal.ask('0200', rig.story.sale(1))
    await rig.pass(3_000)
    expect([terminal.codes(), terminal.closings]).toEqual([['00'], []])
  })

  it('is bound to the terminal of the certificate that it showed at the gateway', async () => {
    const rig = await RelayRig.open({ relayed: { needs: 'certificate' }, door: { tls: true } })
    const [own, other] = [rig.terminal({ names: ['10000001'] }), rig.terminal({ names: ['1'] })]
    own.ask('0200', rig.story.sale(1))
    other.ask('0200', rig.story.sale(2))
    await rig.pass(3_000)
    expect([own.codes(), other.codes()]).toEqual([['00'], ['58']])
  })

  it('in clear gets no voucher PIN from a listener that allows it within TLS only', async () => {
    const listener = { insecure: false }
    const [clear, secure] = [
      await RelayRig.open({ listener }),
      await RelayRig.open({ listener, door: { tls: true } }),
    ]
    const terminals = [clear, secure].map((rig) => ({ rig, terminal: rig.terminal() }))
    for (const { rig, terminal } of terminals) terminal.ask('0200', rig.story.sale(1))
    await clear.pass(3_000)
    await secure.pass(3_000)
    expect(terminals.map(({ terminal }) => terminal.codes())).toEqual([['58'], ['00']])
  })
})

it('a frame that is as long as any may be is read, and its gateway stays', async () => {
  const rig = await RelayRig.open()
  rig.terminal().say(Buffer.alloc(4_096 - TPDU.length, 0x31))
  await rig.pass(10)
  expect(rig.counted).toContain('switch: frames dropped: unreadable')
  expect(rig.told).toEqual(['switch: up', 'main up as gw-1'])
})

describe('a terminal that takes nothing', () => {
  it('is cut off by the switch when too much waits, and others get their answers', async () => {
    const rig = await RelayRig.open({ writeCapBytes: 400 })
    const [stuck, other] = [rig.terminal(), rig.terminal()]
    stuck.writes = false
    const sale = rig.story.sale(1)
    stuck.ask('0200', sale)
    await rig.pass(3_000)
    for (let times = 0; times < 5; times++) stuck.ask('0201', sale)
    other.ask('0200', rig.story.sale(2))
    await rig.pass(3_000)
    expect(stuck.closings).toEqual(['the terminal does not read'])
    expect(other.codes()).toEqual(['00'])
    expect(rig.counted).toContain('switch: link events: write-cap')
  })
})

it('a terminal that takes its answers may have many, one after the other', async () => {
  const rig = await RelayRig.open({ writeCapBytes: 400 })
  const terminal = rig.terminal()
  const sale = rig.story.sale(1)
  for (let times = 0; times < 6; times++) {
    terminal.ask(times === 0 ? '0200' : '0201', sale)
    await rig.pass(3_000)
  }
  expect([terminal.codes(), terminal.closings]).toEqual([Array(6).fill('00'), []])
})

describe('a gateway', () => {
  const hello: Envelope = {
    kind: 'hello',
    ...{ version: 1, frameBytes: 4096, doors: [{ listener: 'pos', tpdu: true }] },
  }

  /** The switch's end of a link on which the test itself speaks. */
  async function speaking(...envelopes: Envelope[]) {
    const rig = await RelayRig.open()
    rig.cut()
    await rig.relink()
    // The product's gateway has said its hello; what follows is the test's.
    for (const given of envelopes) rig.link?.send(envelope(given))
    await rig.pass(100)
    return rig
  }

  const open: Envelope = {
    kind: 'open',
    ...{ id: 1, door: 0, tls: false, remote: '10.0.0.1:1', names: undefined },
  }
  const frame: Envelope = { kind: 'frame', id: 1, bytes: TPDU }

  it.each<[string, Envelope[], string]>([
    ['that greets twice', [hello], 'hello from a gateway'],
    ['that uses a number again', [open, open], 'open: not the next number'],
    ['that leaves a number out', [{ ...open, id: 2 }], 'open: not the next number'],
    [
      'that uses a number again after its end',
      [open, { kind: 'closed', id: 1, reason: 'idle' }, open],
      'open: not the next number',
    ],
    ['that opens a door it has not', [{ ...open, door: 1 }], 'open: no such door'],
    ['that sends for nobody', [frame], 'frame: no such connection'],
    ['that leaves the TPDU out', [open, { ...frame, bytes: Buffer.from('02') }], 'frame: no TPDU'],
    [
      'that sends too much',
      [open, { ...frame, bytes: Buffer.alloc(4097, 0x60) }],
      'frame: too long',
    ],
    [
      'that closes nobody',
      [{ kind: 'closed', id: 1, reason: 'idle' }],
      'closed: no such connection',
    ],
    ['that wrote nothing', [open, { kind: 'written', id: 1, complete: true }], 'written: nothing'],
    ['that wrote for nobody', [{ kind: 'written', id: 1, complete: true }], 'written: nothing'],
    [
      'that wrote for who has ended',
      [open, { kind: 'closed', id: 1, reason: 'idle' }, { kind: 'written', id: 1, complete: true }],
      'written: nothing',
    ],
    ['that plays the switch', [{ kind: 'echoed', number: 1 }], 'echoed from a gateway'],
  ])('%s is cut off', async (_what, envelopes, reason) => {
    const rig = await speaking(...envelopes)
    expect(rig.told.at(-2)).toContain(`switch: the gateway broke the protocol: ${reason}`)
    expect(rig.told.at(-1)).toBe('main down: closed by the peer')
    expect(rig.counted).toContain('switch: security events: protocol of a gateway link')
    expect(rig.switchEnd?.connections).toBe(0)
  })

  it('whose bytes are no envelope is cut off', async () => {
    const rig = await speaking()
    rig.link?.send(Buffer.from('99', 'hex'))
    await rig.pass(100)
    expect(rig.told).toContain('switch: the gateway broke the protocol: unknown kind')
  })

  it.each([
    ['a listener it may not bring', { doors: [{ listener: 'bank', tpdu: true }] }, 'may not bring'],
    ['another TPDU', { doors: [{ listener: 'pos', tpdu: false }] }, 'TPDU false there'],
    ['another frame limit', { frameBytes: 8192 }, 'limits.frameBytes is 8192 there and 4096 here'],
  ])('with %s is refused, and says why', async (_what, relay, why) => {
    const rig = await RelayRig.open({ relay })
    expect(rig.told.find((told) => told.startsWith('switch: refused'))).toContain(why)
    expect(rig.relay.link()).toBeUndefined()
  })

  it('that is silent is given up', async () => {
    const rig = await RelayRig.open({ relay: { timeouts: quiet } })
    await rig.pass(SILENT_MS - 200)
    expect(rig.told).not.toContain('switch: the gateway is silent')
    await rig.pass(300)
    expect(rig.told).toContain('switch: the gateway is silent')
  })

  const quiet = {
    ...{ frameMs: 5_000, echoAfterMs: 600_000, echoAnswerMs: 5_000, connectMs: 1_000 },
    restMs: 300_000,
    ...{ dialBackoffFirstMs: 100, dialBackoffMaxMs: 100 },
  }
})
