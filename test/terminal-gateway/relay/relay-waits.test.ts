// What a gateway takes a terminal to wait for: each frame once, until its answer, until the switch
// says that there is none, or until nobody can answer any more.

import { describe, expect, it } from 'vitest'
import { TPDU } from './relay-rig.ts'
import { openScripted } from './relay-scripted.ts'

const BODY = Buffer.from('0800abcdef', 'hex')
const SIZE = BODY.length + TPDU.length
const ANSWER = { kind: 'frame', id: 1, bytes: Buffer.concat([TPDU, BODY]) } as const
/** As the doors of the rig have it. */
const ANSWER_MS = 35_000

async function asked(times: number) {
  const { rig, scripted } = await openScripted()
  const terminal = rig.terminal()
  for (let time = 0; time < times; time++) terminal.say(BODY)
  await rig.pass(10)
  return { rig, scripted, terminal }
}

describe('a frame counts once', () => {
  it('when it is answered although it was no valid message: the other one is waited for', async () => {
    const { rig, scripted, terminal } = await asked(2)
    scripted.take(1, SIZE)
    scripted.say(ANSWER)
    scripted.take(1, SIZE, 'refused')
    await rig.pass(10)
    expect([terminal.isWaiting, rig.relay.isBusy]).toEqual([true, true])
    rig.relay.drain()
    scripted.say(ANSWER)
    await rig.pass(10)
    expect([terminal.sent.length, terminal.isWaiting]).toEqual([2, false])
    expect(terminal.closings).toEqual(['the gateway is stopping'])
  })

  it('when it is dropped: the others are waited for', async () => {
    const { rig, scripted, terminal } = await asked(3)
    for (const was of ['valid', 'dropped', 'dropped'] as const) scripted.take(1, SIZE, was)
    await rig.pass(10)
    expect(terminal.isWaiting).toBe(true)
    scripted.say(ANSWER)
    await rig.pass(10)
    expect(terminal.isWaiting).toBe(false)
  })
})

describe('a message that nobody answers', () => {
  it('is not waited for longer than an answer can take', async () => {
    const { rig, scripted, terminal } = await asked(1)
    scripted.take(1, SIZE)
    await rig.pass(ANSWER_MS - 20)
    expect(rig.relay.isBusy).toBe(true)
    await rig.pass(20)
    expect([terminal.isWaiting, rig.relay.isBusy]).toEqual([false, false])
  })

  it('does not end its connection with the link, when it was long ago', async () => {
    const { rig, scripted, terminal } = await asked(1)
    scripted.take(1, SIZE)
    await rig.pass(ANSWER_MS)
    rig.cut()
    await rig.pass(10)
    expect(terminal.closings).toEqual([])
  })

  it('takes no answer away from one that came later', async () => {
    const { rig, scripted, terminal } = await asked(1)
    await rig.pass(ANSWER_MS - 1_000)
    for (let time = 0; time < 2; time++) terminal.say(BODY)
    await rig.pass(2_000)
    for (const isWaiting of [true, false]) {
      scripted.say(ANSWER)
      await rig.pass(10)
      expect(terminal.isWaiting).toBe(isWaiting)
    }
  })
})
