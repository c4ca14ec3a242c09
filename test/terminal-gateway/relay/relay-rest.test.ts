// Connections that are silent for long cost the switch nothing: it forgets them, the terminal does
// not notice, and what was asked for before is not waited for after it.

import { describe, expect, it } from 'vitest'
import { RelayRig, TPDU } from './relay-rig.ts'
import { openScripted as open } from './relay-scripted.ts'

const BODY = Buffer.from('0800abcdef', 'hex')

describe('a connection that is silent for long', () => {
  it('was not silent while an answer came for it', async () => {
    const { rig, scripted } = await open()
    const terminal = rig.terminal()
    terminal.say(BODY)
    await rig.pass(10)
    scripted.take(1, BODY.length + TPDU.length)
    await rig.pass(300_000)
    scripted.say({ kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, BODY]) })
    await rig.pass(300_000)
    expect([terminal.sent.length, scripted.ids('closed')]).toEqual([1, []])
    await rig.pass(300_000)
    expect(scripted.ids('closed')).toEqual([1])
  })

  it('waits for nothing after it: what it once asked for in vain is forgotten', async () => {
    const { rig, scripted } = await open()
    const terminal = rig.terminal()
    terminal.say(BODY)
    await rig.pass(10)
    scripted.take(1, BODY.length + TPDU.length)
    await rig.pass(600_100)
    expect(scripted.ids('closed')).toEqual([1])
    terminal.say(BODY)
    await rig.pass(10)
    expect(terminal.isWaiting).toBe(true)
    scripted.say({ kind: 'frame', id: 2, bytes: Buffer.concat([TPDU, BODY]) })
    await rig.pass(10)
    expect([terminal.sent.length, terminal.isWaiting]).toEqual([1, false])
  })

  it('rests: the switch forgets it, and its next frame opens it under a new number', async () => {
    const { rig, scripted } = await open()
    const [silent, busy] = [rig.terminal(), rig.terminal()]
    for (const terminal of [silent, busy]) terminal.say(BODY)
    await rig.pass(10)
    for (const id of [1, 2]) {
      scripted.take(id, BODY.length + TPDU.length)
      scripted.say({ kind: 'frame', id, bytes: Buffer.concat([TPDU, BODY]) })
    }
    await rig.pass(290_000)
    expect(scripted.ids('closed')).toEqual([])
    for (let minutes = 0; minutes < 6; minutes++) {
      busy.say(BODY)
      await rig.pass(60_000)
    }
    expect(scripted.heard.filter(({ kind }) => kind === 'closed')).toEqual([
      { kind: 'closed', id: 1, reason: 'resting' },
    ])
    expect([silent.open, busy.open]).toEqual([true, true])
    // What comes for it now is for nobody, and its own next answer is for it.
    scripted.say({ kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, BODY]) })
    silent.say(BODY)
    await rig.pass(10)
    expect([silent.sent.length, scripted.ids('open')]).toEqual([1, [1, 2, 3]])
    scripted.say({ kind: 'frame', id: 3, bytes: Buffer.concat([TPDU, BODY]) })
    await rig.pass(10)
    expect(silent.sent.length).toBe(2)
  })
})

describe('a connection that is silent for long and not done', () => {
  const ANSWER = Buffer.concat([TPDU, BODY])

  it('is told to the switch no more once it rests: an answer that is written then is for nobody', async () => {
    const { rig, scripted } = await open()
    const terminal = rig.terminal()
    terminal.writes = false
    terminal.say(BODY)
    await rig.pass(10)
    scripted.take(1, BODY.length + TPDU.length)
    scripted.say({ kind: 'frame', id: 1, bytes: ANSWER })
    await rig.pass(600_100)
    expect(scripted.ids('closed')).toEqual([1])
    terminal.unwritten.shift()?.(true)
    await rig.pass(10)
    expect(scripted.ids('written')).toEqual([])
  })

  it('does not rest while it is not read: what it sent is still counted when it is taken', async () => {
    const { rig, scripted } = await open()
    const big = Buffer.alloc(1_400, 0x31)
    const terminals = [rig.terminal(), rig.terminal(), rig.terminal()]
    for (const terminal of terminals) terminal.say(big)
    await rig.pass(10)
    expect(terminals.map(({ paused }) => paused)).toEqual([false, false, true])
    await rig.pass(700_000)
    scripted.take(3, big.length + TPDU.length)
    await rig.pass(10)
    expect([rig.told, scripted.ids('closed').includes(3)]).toEqual([['main up as gw'], false])
  })
})

it('links that came and went leave nothing to wait for', async () => {
  const rig = await RelayRig.open()
  const before = rig.story.time.pending
  for (let times = 0; times < 5; times++) {
    rig.cut()
    await rig.pass(10)
    await rig.relink()
  }
  expect(rig.relay.link()?.isUp).toBe(true)
  expect(rig.story.time.pending).toBe(before)
})
