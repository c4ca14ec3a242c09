// A gateway that stops: nothing new is taken, and whoever waits for an answer has it before his
// connection ends.

import { describe, expect, it } from 'vitest'
import { TPDU } from './relay-rig.ts'
import { openScripted as open } from './relay-scripted.ts'

const BODY = Buffer.from('0800abcdef', 'hex')

describe('a gateway that stops', () => {
  it('lets a terminal have all the answers that it waits for, and then closes it', async () => {
    const { rig, scripted } = await open()
    const terminal = rig.terminal()
    for (let times = 0; times < 3; times++) terminal.say(BODY)
    await rig.pass(10)
    rig.relay.drain()
    for (const [isBusy, closings] of [
      [true, []],
      [true, []],
      [false, ['the gateway is stopping']],
    ] as const) {
      scripted.say({ kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, BODY]) })
      await rig.pass(10)
      expect([rig.relay.isBusy, terminal.closings]).toEqual([isBusy, closings])
    }
    expect(terminal.sent).toHaveLength(3)
  })

  it('drops what a terminal says while it waits, and closes it with its last answer', async () => {
    const { rig, scripted } = await open()
    const terminal = rig.terminal()
    for (let times = 0; times < 2; times++) terminal.say(BODY)
    await rig.pass(10)
    rig.relay.drain()
    for (const closings of [[], ['the gateway is stopping']]) {
      terminal.say(BODY)
      expect([terminal.closings, terminal.earned]).toEqual([[], 0])
      scripted.say({ kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, BODY]) })
      await rig.pass(10)
      expect(terminal.closings).toEqual(closings)
    }
    expect([terminal.sent.length, scripted.ids('frame')]).toEqual([2, [1, 1]])
    expect(rig.counted.filter((what) => what.startsWith('frames while'))).toHaveLength(2)
  })

  it('takes no new frame, and waits for the answers that terminals wait for', async () => {
    const { rig, scripted } = await open()
    const [waiting, idle] = [rig.terminal(), rig.terminal()]
    waiting.say(BODY)
    await rig.pass(10)
    rig.relay.drain()
    expect(rig.relay.isBusy).toBe(true)
    idle.say(BODY)
    expect(idle.closings).toEqual(['the gateway is stopping'])
    scripted.say({ kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, BODY]) })
    await rig.pass(10)
    expect([waiting.sent.length, waiting.closings]).toEqual([1, ['the gateway is stopping']])
    expect([rig.relay.isBusy, scripted.ids('frame')]).toEqual([false, [1]])
  })
})

it('a gateway waits for the answers on each of its links', async () => {
  const two = ['main', 'other'].map((name) => ({
    name,
    host: 'x',
    port: 1,
    tls: undefined as never,
  }))
  const { rig } = await open({ relay: { switches: two } })
  const terminal = rig.terminal()
  expect(rig.relay.isBusy).toBe(false)
  terminal.say(BODY)
  await rig.pass(10)
  expect(rig.relay.isBusy).toBe(true)
})
