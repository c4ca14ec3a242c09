// The gateway's end of the link against a scripted switch: what is forwarded, what is never queued
// or sent again, and what becomes of terminals when the link goes.

import { describe, expect, it } from 'vitest'
import type { Envelope } from '../../../terminal-gateway/relay/envelope.ts'
import { RelayRig, TPDU } from './relay-rig.ts'
import { openScripted as open, Scripted } from './relay-scripted.ts'

const BODY = Buffer.from('0800abcdef', 'hex')
const BIG = Buffer.alloc(1_400, 0x31)

describe('a frame', () => {
  it('is forwarded as it came, behind one open with all that is known of the terminal', async () => {
    const { rig, scripted } = await open({ door: { tls: true } })
    const terminal = rig.terminal({ names: ['10000001', 'a@b'] })
    terminal.say(BODY)
    terminal.say(Buffer.alloc(0))
    await rig.pass(10)
    expect(scripted.heard).toEqual([
      {
        kind: 'open',
        ...{ id: 1, door: 0, tls: true, remote: '10.0.0.7:4711', names: ['10000001', 'a@b'] },
      },
      { kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, BODY]) },
      { kind: 'frame', id: 1, bytes: TPDU },
    ])
  })

  it('from the switch reaches its own terminal as it came, and is told of when written', async () => {
    const { rig, scripted } = await open()
    const terminal = rig.terminal()
    terminal.say(BODY)
    await rig.pass(10)
    terminal.writes = false
    scripted.say({ kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, BODY]) })
    await rig.pass(10)
    expect(terminal.sent).toEqual([{ body: BODY, tpdu: TPDU }])
    expect(scripted.ids('written')).toEqual([])
    terminal.unwritten.shift()?.(true)
    await rig.pass(10)
    expect(scripted.heard.at(-1)).toEqual({ kind: 'written', id: 1, complete: true })
  })

  it.each([
    ['is too long', Buffer.alloc(4097, 0x60)],
    ['has no TPDU where one belongs', Buffer.from('0210000000', 'hex')],
  ])('from the switch that %s closes the connection, and is not sent', async (_what, bytes) => {
    const { rig, scripted } = await open()
    const terminal = rig.terminal()
    terminal.say(BODY)
    await rig.pass(10)
    scripted.say({ kind: 'frame', id: 1, bytes })
    await rig.pass(10)
    expect([terminal.sent, terminal.closings]).toEqual([[], ['a message that does not fit']])
    expect(scripted.heard.at(-1)).toMatchObject({ reason: 'a message that does not fit' })
  })

  it('for a terminal that went is for nobody, whoever came after it', async () => {
    const { rig, scripted } = await open()
    const gone = rig.terminal()
    gone.say(BODY)
    await rig.pass(10)
    gone.end('closed by the peer')
    await rig.pass(10)
    const later = [rig.terminal(), rig.terminal()]
    for (const terminal of later) terminal.say(BODY)
    await rig.pass(10)
    scripted.say({ kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, BODY]) })
    await rig.pass(10)
    expect([gone, ...later].map(({ sent }) => sent.length)).toEqual([0, 0, 0])
    expect(rig.counted).toContain('answers to nobody: ')
    expect(scripted.ids('open')).toEqual([1, 2, 3])
    expect(rig.told).toEqual(['main up as gw'])
  })

  it('while there is no link is not kept: its connection ends, and idle ones stay', async () => {
    const { rig, scripted } = await open()
    const [speaking, idle] = [rig.terminal(), rig.terminal()]
    rig.cut()
    await rig.pass(10)
    speaking.say(BODY)
    await rig.pass(10)
    expect([speaking.closings, idle.open]).toEqual([['no link to the switch'], true])
    await rig.relink()
    expect(scripted.heard).toEqual([])
    idle.say(BODY)
    await rig.pass(10)
    expect(scripted.kinds()).toEqual(['open', 'frame'])
  })

  it('before the welcome is not sent either', async () => {
    const scripted = new Scripted()
    scripted.greets = false
    const rig = await RelayRig.open({ scripted: scripted.hear })
    const terminal = rig.terminal()
    terminal.say(BODY)
    await rig.pass(10)
    expect([terminal.closings, scripted.heard]).toEqual([['no link to the switch'], []])
    await rig.pass(5_000)
    expect(rig.told).toEqual(['main down: no answer to the hello'])
  })
})

describe('when the link goes', () => {
  it('who waits for an answer is cut off; who has it stays, and is opened anew', async () => {
    const { rig, scripted } = await open()
    const [waiting, answered] = [rig.terminal(), rig.terminal()]
    for (const terminal of [waiting, answered]) terminal.say(BODY)
    await rig.pass(10)
    scripted.say({ kind: 'frame', id: 2, bytes: Buffer.concat([TPDU, BODY]) })
    await rig.pass(10)
    rig.cut()
    await rig.pass(10)
    expect(waiting.closings).toEqual(['the link to the switch ended'])
    expect(answered.open).toBe(true)
    await rig.relink()
    scripted.heard.length = 0
    answered.say(BODY)
    await rig.pass(10)
    // Numbers begin again with a link, and nothing of the old one is sent again.
    expect(scripted.kinds()).toEqual(['open', 'frame'])
    expect(scripted.ids('open')).toEqual([1])
  })

  it('an answer that is written only then is told to nobody', async () => {
    const { rig, scripted } = await open()
    const terminal = rig.terminal()
    terminal.writes = false
    terminal.say(BODY)
    await rig.pass(10)
    scripted.say({ kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, BODY]) })
    await rig.pass(10)
    rig.cut()
    await rig.pass(10)
    await rig.relink()
    terminal.say(BODY)
    await rig.pass(10)
    terminal.unwritten.shift()?.(true)
    await rig.pass(10)
    expect(scripted.ids('written')).toEqual([])
  })

  it('a switch that does not echo is given up, and one that does is kept', async () => {
    const { rig, scripted } = await open()
    await rig.pass(60_000)
    expect(rig.told).toEqual(['main up as gw'])
    scripted.echoes = false
    const terminal = rig.terminal()
    terminal.say(BODY)
    await rig.pass(10_100)
    expect(rig.told.at(-1)).toBe('main down: no answer to an echo')
    expect(terminal.closings).toEqual(['the link to the switch ended'])
  })

  it('a switch that echoes another number is given up, too', async () => {
    const { rig, scripted } = await open()
    scripted.echoes = false
    await rig.pass(5_000)
    scripted.say({ kind: 'echoed', number: 7 })
    await rig.pass(5_100)
    expect(rig.told.at(-1)).toBe('main down: no answer to an echo')
  })

  it('what was sent on it and not taken is not held against who stays', async () => {
    const { rig, scripted } = await open()
    const terminal = rig.terminal()
    for (let times = 0; times < 2; times++) {
      terminal.say(BIG)
      await rig.pass(10)
      scripted.say({ kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, BODY]) })
      await rig.pass(10)
    }
    rig.cut()
    await rig.pass(10)
    await rig.relink()
    terminal.say(BIG)
    await rig.pass(10)
    expect([terminal.closings, scripted.heard.at(-1)?.kind]).toEqual([[], 'frame'])
  })

  it.each<[string, Envelope, string]>([
    ['a number that was never given', { kind: 'frame', id: 9, bytes: TPDU }, 'frame: no such'],
    ['an end of nobody', { kind: 'close', id: 9, reason: 'idle' }, 'close: no such connection'],
    ['more taken than was sent', { kind: 'taken', id: 1, bytes: 99, was: 'valid' }, 'taken: more'],
    ['what a gateway says', { kind: 'echo', number: 1 }, 'echo from the switch'],
    ['a second welcome', { kind: 'welcome', version: 1, gateway: 'x' }, 'welcome from the switch'],
  ])('because of %s, the protocol is said to be broken', async (_what, given, reason) => {
    const { rig, scripted } = await open()
    const terminal = rig.terminal()
    terminal.say(BODY)
    await rig.pass(10)
    scripted.say(given)
    await rig.pass(10)
    expect(rig.told.at(-1)).toContain(`the switch broke the protocol: ${reason}`)
    expect(terminal.open).toBe(false)
  })

  it('because its welcome is of another version, nothing is carried', async () => {
    const scripted = new Scripted()
    scripted.greets = false
    const rig = await RelayRig.open({ scripted: scripted.hear })
    scripted.say({ kind: 'welcome', version: 2, gateway: 'gw' })
    await rig.pass(10)
    expect(rig.told).toEqual([
      'main down: the switch broke the protocol: welcome in place of a welcome',
    ])
    expect(rig.relay.link()).toBeUndefined()
  })

  it('because the gateway is refused, nothing is carried', async () => {
    const scripted = new Scripted()
    scripted.greets = false
    const rig = await RelayRig.open({ scripted: scripted.hear })
    scripted.say({ kind: 'refused', why: 'not you' })
    await rig.pass(10)
    expect(rig.told).toEqual(['main down: refused by the switch: not you'])
    expect(rig.relay.link()).toBeUndefined()
  })
})

it('a certificate with names that no envelope carries is not taken', async () => {
  const { rig, scripted } = await open({ door: { tls: true } })
  const most = rig.terminal({ names: Array.from({ length: 64 }, () => 'x') })
  most.say(BODY)
  expect(most.closings).toEqual([])
  await rig.pass(10)
  scripted.heard.length = 0
  const peers = [['é'], Array.from({ length: 65 }, () => 'x')]
  for (const names of peers) {
    const terminal = rig.terminal({ names })
    terminal.say(BODY)
    expect(terminal.closings).toEqual(['not admitted'])
  }
  await rig.pass(10)
  expect(scripted.heard).toEqual([])
})
