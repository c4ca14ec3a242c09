// How much a gateway sends of what its switch has not taken: by connection and on the link, who is
// not read meanwhile, and who is read again.

import { describe, expect, it } from 'vitest'
import { TPDU } from './relay-rig.ts'
import { openScripted as open } from './relay-scripted.ts'

const BODY = Buffer.from('0800abcdef', 'hex')
const EMPTY = Buffer.alloc(0)
const BIG = Buffer.alloc(1_400, 0x31)
const SIZE = BIG.length + TPDU.length
const COST = SIZE + 32

describe('what the switch has not taken', () => {
  it('stops the reading of who sends above the mark, and of nobody else, until half is left', async () => {
    const { rig, scripted } = await open()
    const [first, second, idle] = [rig.terminal(), rig.terminal(), rig.terminal()]
    for (const terminal of [first, first, second]) terminal.say(BIG)
    // 4,311 bytes of 4,096.
    expect([first.paused, second.paused, idle.paused]).toEqual([false, true, false])
    await rig.pass(10)
    scripted.take(1, SIZE)
    await rig.pass(10)
    expect(second.paused).toBe(true)
    scripted.take(1, SIZE)
    await rig.pass(10)
    expect(second.paused).toBe(false)
    expect(rig.counted.filter((what) => what.startsWith('link congested'))).toHaveLength(1)
  })

  it('lets one after the other be read again, as long as what had come is not too much', async () => {
    const { rig, scripted } = await open()
    const [first, second, third] = [rig.terminal(), rig.terminal(), rig.terminal()]
    for (const terminal of [first, first, second, third]) terminal.say(BIG)
    expect([second.paused, third.paused]).toEqual([true, true])
    second.backlog.push(BIG, BIG)
    await rig.pass(10)
    for (const id of [1, 1, 2]) scripted.take(id, SIZE)
    await rig.pass(10)
    expect([second.backlog.length, second.paused, third.paused]).toEqual([0, true, true])
  })

  it('stops the reading of a connection that sent too much of it, until half is left', async () => {
    const { rig, scripted } = await open({ relay: { congestedBytes: 16_384 } })
    const [greedy, other] = [rig.terminal(), rig.terminal()]
    for (let times = 0; times < 3; times++) greedy.say(BIG)
    other.say(BODY)
    // 4,311 bytes of 3,000.
    expect([greedy.paused, other.paused]).toEqual([true, false])
    greedy.backlog.push(...Array.from({ length: 267 }, () => BIG))
    await rig.pass(10)
    scripted.take(1, SIZE)
    await rig.pass(10)
    expect([greedy.paused, greedy.backlog.length]).toEqual([true, 267])
    for (let taken = 1; taken < 270; taken++) {
      scripted.take(1, SIZE)
      await rig.pass(10)
      expect(rig.relay.status()[0]?.untakenBytes).toBeLessThanOrEqual(3_000 + 2 * COST)
    }
    expect([greedy.closings, greedy.paused, other.open]).toEqual([[], false, true])
    expect(scripted.ids('frame').filter((id) => id === 1)).toHaveLength(270)
  })

  it.each([
    ['of its link, not of its own', [1, 1, 2], 2],
    ['of its own, not of its link', [2, 2], 1],
  ])('keeps a connection unread while little enough is left %s', async (_what, takes, last) => {
    const { rig, scripted } = await open({ relay: { congestedBytes: 6_000 } })
    const [other, greedy] = [rig.terminal(), rig.terminal()]
    // 7,185 bytes of 6,000, and 4,311 of 3,000.
    for (const terminal of [other, other, greedy, greedy, greedy]) terminal.say(BIG)
    await rig.pass(10)
    for (const id of takes) scripted.take(id, SIZE)
    await rig.pass(10)
    expect(greedy.paused).toBe(true)
    scripted.take(last, SIZE)
    await rig.pass(10)
    expect(greedy.paused).toBe(false)
  })

  it.each([
    ['', 'held back', 1 << 20],
    [' of its link', 'link congested', 1 << 14],
  ])('counts a frame without a byte too%s', async (_what, told, congestedBytes) => {
    const door = { tpdu: false, untakenBytesMost: 1 << 16 }
    const { rig, scripted } = await open({ door, relay: { congestedBytes } })
    const flooding = rig.terminal()
    const most = Math.min(congestedBytes, door.untakenBytesMost) / 32 + 1
    flooding.say(EMPTY)
    flooding.backlog.push(...Array.from({ length: 99_999 }, () => EMPTY))
    flooding.read()
    expect([flooding.paused, flooding.backlog.length]).toEqual([true, 100_000 - most])
    expect(rig.counted.some((what) => what.includes(told))).toBe(true)
    await rig.pass(10)
    for (let taken = 0; taken < most; taken++) scripted.take(1, 0, 'dropped')
    await rig.pass(10)
    expect(flooding.paused).toBe(true)
    const sent = scripted.ids('frame').length
    expect([sent > most, sent <= 2 * most, flooding.closings]).toEqual([true, true, []])
  })

  it('is never more than four times the mark and one frame, however many terminals send', async () => {
    const { rig, scripted } = await open()
    const terminals = Array.from({ length: 40 }, () => rig.terminal())
    for (const terminal of terminals) terminal.say(BIG)
    const [{ untakenBytes = 0 } = {}] = rig.relay.status()
    expect(untakenBytes).toBeLessThanOrEqual(4 * 4_096 + COST)
    await rig.pass(10)
    const taken = terminals.filter(({ open: stays }) => stays).length
    expect(scripted.ids('frame')).toHaveLength(taken)
    expect(taken).toBeLessThan(40)
    // What was closed is gone for good, and what was taken makes room for others.
    for (const id of scripted.ids('frame')) scripted.take(id, SIZE)
    await rig.pass(10)
    const later = rig.terminal()
    later.say(BODY)
    await rig.pass(10)
    expect(later.open).toBe(true)
    expect(terminals.some(({ paused }) => paused)).toBe(false)
  })
})

describe('a connection that is not read for what others sent', () => {
  const ANSWER = Buffer.concat([TPDU, BODY])

  /** The last of three is paused; what the others sent is not taken. */
  async function paused() {
    const { rig, scripted } = await open()
    const terminals = [rig.terminal(), rig.terminal(), rig.terminal()] as const
    for (const terminal of terminals) terminal.say(BIG)
    await rig.pass(10)
    scripted.take(3, SIZE)
    scripted.say({ kind: 'frame', id: 3, bytes: ANSWER })
    await rig.pass(10)
    expect(terminals.map((terminal) => terminal.paused)).toEqual([false, false, true])
    return { rig, scripted, terminals }
  }

  it('is read again when the link goes and it has its answer', async () => {
    const { rig, scripted, terminals } = await paused()
    const [, , answered] = terminals
    rig.cut()
    await rig.pass(10)
    expect([answered.open, answered.paused]).toEqual([true, false])
    await rig.relink()
    scripted.heard.length = 0
    answered.say(BODY)
    await rig.pass(10)
    expect(scripted.kinds()).toEqual(['open', 'frame'])
  })

  it('for what it sent itself does not rest either, nor is it unread on the next link', async () => {
    const { rig, scripted } = await open({ door: { untakenBytesMost: 1_000 } })
    const terminal = rig.terminal()
    terminal.say(BIG)
    await rig.pass(10)
    scripted.say({ kind: 'frame', id: 1, bytes: ANSWER })
    await rig.pass(700_000)
    expect([scripted.ids('closed'), terminal.paused]).toEqual([[], true])
    rig.cut()
    await rig.pass(10)
    expect([terminal.open, terminal.paused]).toEqual([true, false])
  })

  it('does not rest however long that takes, and is read again after it', async () => {
    const { rig, scripted, terminals } = await paused()
    await rig.pass(700_000)
    expect(scripted.ids('closed')).not.toContain(3)
    expect(terminals[2].paused).toBe(true)
    for (const id of [1, 2]) scripted.take(id, SIZE)
    await rig.pass(10)
    expect(terminals[2].paused).toBe(false)
  })

  it('makes room for others with what is taken after its own end', async () => {
    const { rig, scripted, terminals } = await paused()
    for (const terminal of terminals) terminal.end('closed by the peer')
    await rig.pass(10)
    for (const id of [1, 2]) scripted.take(id, SIZE)
    await rig.pass(10)
    expect(rig.relay.status()).toEqual([
      { name: 'main', up: true, connections: 0, untakenBytes: 0 },
    ])
  })
})
