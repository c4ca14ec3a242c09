// So many frames in a turn of the event loop, whoever sent them, and who waits keeps his place: a
// storm of requests never keeps a commit or an answer of the card host from its turn. [row 44]

import { afterEach, describe, expect, it } from 'vitest'
import { FrameTurns, REQUESTS_PER_TURN } from '../../../protocol/link/frame-turns.ts'
import { frame } from '../../../protocol/link/framing.ts'
import { systemTimers, type Timers } from '../../../protocol/link/timers.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { client, endAll, listenAndEcho, PLAIN, until } from './loopback.ts'

afterEach(endAll)

describe('a turn', () => {
  it('has room for so many frames, and the next one has as many', () => {
    const time = new VirtualTime()
    const turns = new FrameTurns(time, 3)
    for (let n = 0; n < 2; n++) {
      turns.handled()
      turns.handled()
      expect(turns.isTaken).toBe(false)
      turns.handled()
      expect([turns.isTaken, turns.isSpent]).toEqual([true, true])
      time.step()
      expect([turns.isTaken, turns.isSpent]).toEqual([false, false])
    }
  })

  it('sets nothing in motion while it has room', () => {
    const time = new VirtualTime()
    const turns = new FrameTurns(time, 3)
    turns.handled()
    turns.handled()
    expect(time.pending).toBe(0)
  })

  it('is begun by who waits, in the order in which they came, before anybody new', () => {
    const time = new VirtualTime()
    const turns = new FrameTurns(time, 2)
    const went: string[] = []
    const goes = (name: string) => () => {
      went.push(name)
      turns.handled()
    }
    for (const name of ['a', 'b', 'c', 'd', 'e']) turns.wait(goes(name))
    expect(turns.isTaken).toBe(true)
    time.step()
    expect(went).toEqual(['a', 'b'])
    time.step()
    expect(went).toEqual(['a', 'b', 'c', 'd'])
    expect(turns.isTaken).toBe(true)
    time.step()
    expect(went).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(turns.isTaken).toBe(false)
  })

  it('is not prolonged by who waits again', () => {
    const time = new VirtualTime()
    const turns = new FrameTurns(time, 10)
    let went = 0
    const again = () => {
      went += 1
      turns.handled()
      turns.wait(again)
    }
    turns.wait(again)
    time.step()
    time.step()
    expect(went).toBe(2)
  })
})

describe('hundreds of connections that ask again as soon as they are answered', () => {
  it('have no more than their frames in a turn of the event loop, and all are answered', async () => {
    let inTurn = 0
    let mostInTurn = 0
    const echo = await listenAndEcho({
      timers: systemTimers,
      maxConnections: 300,
      onFrame: (channel, body, tpdu) => {
        inTurn += 1
        mostInTurn = Math.max(mostInTurn, inTurn)
        channel.send(body, tpdu)
      },
    })
    const hello = frame(PLAIN, Buffer.from('hello'))
    const peers = await Promise.all(Array.from({ length: 300 }, () => client(echo.listener.port)))
    await until(() => echo.listener.connections() === 300)
    let turns = 0
    const turned = () => {
      inTurn = 0
      turns += 1
      if (turns < 1_000_000) marker = setImmediate(turned)
    }
    let marker = setImmediate(turned)
    const rounds = 5
    for (const { socket } of peers) {
      let left = rounds
      socket.on('data', () => (left-- > 0 ? socket.write(hello) : undefined))
      socket.write(hello)
    }
    await until(() => echo.frames.length === 300 * (rounds + 1))
    clearImmediate(marker)
    // Who waits has his turn before or after the marker, so that two turns may lie between two.
    expect(mostInTurn).toBeLessThanOrEqual(32)
  })
})

describe('a frame that waited for its turn', () => {
  it('is handed over with the moment at which it came', async () => {
    const time = new VirtualTime()
    const timers: Timers = {
      monotonicMs: () => time.monotonicMs(),
      wallMs: () => time.wallMs(),
      after: (ms, run) => time.after(ms === 0 ? 700 : ms, run),
    }
    const came: (number | undefined)[] = []
    const echo = await listenAndEcho({
      timers,
      onFrame: (_channel, _body, _tpdu, cameMs) => came.push(cameMs),
    })
    const peer = await client(echo.listener.port)
    const hello = frame(PLAIN, Buffer.from('hello'))
    time.advance(5)
    peer.socket.write(Buffer.concat(Array.from({ length: REQUESTS_PER_TURN + 1 }, () => hello)))
    await until(() => came.length === REQUESTS_PER_TURN)
    time.advance(700)
    await until(() => came.length === REQUESTS_PER_TURN + 1)
    peer.socket.write(hello)
    await until(() => came.length === REQUESTS_PER_TURN + 2)
    expect([came[0], came.at(-2), came.at(-1)]).toEqual([5, 5, 705])
    // Of one that comes in two pieces the moment is that of the second.
    peer.socket.write(hello.subarray(0, 3))
    await new Promise((resolve) => setTimeout(resolve, 20))
    time.advance(100)
    peer.socket.write(hello.subarray(3))
    await until(() => came.length === REQUESTS_PER_TURN + 3)
    expect(came.at(-1)).toBe(805)
  })
})
