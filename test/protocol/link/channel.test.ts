// One connection over a real socket: frames however they arrive, deadlines, the write cap, and what
// a handler that throws may break (its own channel, nothing else). [nothing-lost, rows 25-27,
// N1-N6]

import { afterEach, describe, expect, it } from 'vitest'
import type { Channel } from '../../../protocol/link/channel.ts'
import { type Framing, frame } from '../../../protocol/link/framing.ts'
import { systemTimers } from '../../../protocol/link/timers.ts'
import { client, endAll, LIMITS, listenAndEcho, PLAIN, until } from './loopback.ts'

const TERMINAL: Framing = { ...PLAIN, tpdu: true }
const hello = frame(PLAIN, Buffer.from('hello'))

afterEach(endAll)

describe('frames', () => {
  it('are cut from merged, split and trickled bytes', async () => {
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    peer.socket.write(Buffer.concat([hello, hello, hello.subarray(0, 3)]))
    await until(() => echo.frames.length === 2)
    for (const byte of hello.subarray(3)) {
      peer.socket.write(Buffer.from([byte]))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await until(() => peer.received().length === 3 * hello.length)
    expect(peer.received()).toEqual(Buffer.concat([hello, hello, hello]))
  })

  it('carry their TPDU to the handler and back', async () => {
    const echo = await listenAndEcho({ framing: TERMINAL })
    const peer = await client(echo.listener.port)
    const bytes = frame(TERMINAL, Buffer.from('hello'), Buffer.from('6000010002', 'hex'))
    peer.socket.write(bytes)
    await until(() => peer.received().length === bytes.length)
    expect(peer.received()).toEqual(bytes)
  })

  it('that are empty reach the handler', async () => {
    const echo = await listenAndEcho({ onFrame: () => undefined })
    const peer = await client(echo.listener.port)
    peer.socket.write(Buffer.from('00000000', 'hex'))
    await until(() => echo.frames.length === 2)
    expect(echo.frames).toEqual(['', ''])
  })

  it('that come by the thousand leave the other connections their turns', async () => {
    const echo = await listenAndEcho({ timers: systemTimers, onFrame: () => undefined })
    const flood = await client(echo.listener.port)
    const honest = await client(echo.listener.port)
    await until(() => echo.channels.length === 2)
    const many = 3_000
    flood.socket.write(Buffer.concat(Array.from({ length: many }, () => hello)))
    honest.socket.write(frame(PLAIN, Buffer.from('honest')))
    await until(() => echo.frames.length === many + 1)
    expect(echo.frames.indexOf('honest')).toBeLessThan(many / 2)
    expect(echo.errors).toEqual([])
  })

  it('of one turn are bounded, and the rest comes in the turns after it, in order', async () => {
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    const numbers = Array.from({ length: 100 }, (_, index) => `frame ${index}`)
    const bytes = Buffer.concat(numbers.map((text) => frame(PLAIN, Buffer.from(text))))
    peer.socket.write(bytes)
    await until(() => echo.frames.length > 0)
    for (const turn of [16, 32, 48, 64, 80, 96, 100]) {
      expect(echo.frames).toEqual(numbers.slice(0, turn))
      echo.time.step()
    }
    await until(() => peer.received().length === bytes.length)
    expect(peer.received()).toEqual(bytes)
  })

  it('that wait for their turn are dropped when the connection ends', async () => {
    const echo = await listenAndEcho({ onFrame: (channel) => count(channel) })
    let frames = 0
    const count = (channel: Channel) => {
      frames += 1
      if (frames === 16) channel.close('enough')
    }
    const peer = await client(echo.listener.port)
    peer.socket.write(Buffer.concat(Array.from({ length: 100 }, () => hello)))
    await until(() => echo.closed.length === 1)
    echo.time.advance(1)
    expect(frames).toBe(16)
    expect(echo.time.pending).toBe(0)
  })

  it('that wait when their client ends were not heard, and are not counted as cut off', async () => {
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    peer.socket.end(Buffer.concat(Array.from({ length: 100 }, () => hello)))
    await until(() => echo.closed.length === 1)
    echo.time.advance(1)
    expect(echo.frames).toHaveLength(16)
    expect([echo.closed, echo.counted]).toEqual([['closed by the peer'], []])
    expect(echo.time.pending).toBe(0)
  })

  it('that wait when their client ends are heard where the listener hears out', async () => {
    const echo = await listenAndEcho({ hearsOut: true })
    const peer = await client(echo.listener.port)
    peer.socket.end(Buffer.concat(Array.from({ length: 100 }, () => hello)))
    await until(() => echo.closed.length === 1)
    echo.time.advance(1)
    expect(echo.frames).toHaveLength(100)
    expect([echo.closed, echo.counted]).toEqual([['closed by the peer'], []])
    expect(echo.time.pending).toBe(0)
  })

  it('that are heard out are not those behind a pause', async () => {
    const echo = await listenAndEcho({
      hearsOut: true,
      onFrame: () => echo.frames.length === 50 && echo.channels[0]?.pause(),
    })
    const peer = await client(echo.listener.port)
    peer.socket.end(Buffer.concat(Array.from({ length: 100 }, () => hello)))
    await until(() => echo.closed.length === 1)
    echo.channels[0]?.resume()
    echo.time.advance(1)
    expect(echo.frames).toHaveLength(50)
    expect([echo.counted, echo.time.pending]).toEqual([[], 0])
  })

  it('that are broken close the connection without a reply, after the replies to earlier ones', async () => {
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    peer.socket.write(Buffer.concat([hello, Buffer.from('ffff', 'hex'), hello]))
    await until(() => peer.isClosed() && echo.closed.length === 1)
    expect(peer.received()).toEqual(hello)
    expect(echo.closed).toEqual(['length header: 65535 bytes, 4096 allowed'])
    expect(echo.counted).toEqual(['broken-frame'])
  })

  it('behind one that made the handler close are not delivered', async () => {
    const echo = await listenAndEcho({ onFrame: (channel) => channel.close('enough') })
    const peer = await client(echo.listener.port)
    peer.socket.write(Buffer.concat([hello, hello]))
    await until(() => peer.isClosed() && echo.closed.length === 1)
    expect(echo.frames).toEqual(['hello'])
    expect(echo.closed).toEqual(['enough'])
  })

  it('cut off by the end of the connection are counted', async () => {
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    peer.socket.end(hello.subarray(0, 4))
    await until(() => echo.closed.length === 1)
    expect(echo.counted).toEqual(['truncated-frame'])
    expect(echo.closed).toEqual(['closed by the peer'])
    expect(echo.time.pending).toBe(0)
  })
})

describe('deadlines', () => {
  it('close a client that says nothing within the first frame deadline', async () => {
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    await until(() => echo.channels.length === 1)
    echo.time.advance(9_999)
    expect(echo.channels[0]?.open).toBe(true)
    echo.time.advance(1)
    await until(() => peer.isClosed())
    expect(echo.counted).toEqual(['first-frame-deadline'])
  })

  it('close a client that trickles a frame, however often a byte comes', async () => {
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    peer.socket.write(hello)
    await until(() => echo.frames.length === 1)
    for (const byte of hello.subarray(0, 5)) {
      peer.socket.write(Buffer.from([byte]))
      // The idle deadline, and that of the frame.
      await until(() => echo.time.pending === 2)
      await new Promise((resolve) => setTimeout(resolve, 5))
      echo.time.advance(1_000)
    }
    await until(() => peer.isClosed())
    expect(echo.counted).toEqual(['frame-deadline'])
  })

  it('give every frame its own time', async () => {
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    peer.socket.write(hello.subarray(0, 3))
    await until(() => echo.time.pending === 2)
    echo.time.advance(4_000)
    peer.socket.write(Buffer.concat([hello.subarray(3), hello.subarray(0, 3)]))
    await until(() => echo.frames.length === 1)
    echo.time.advance(4_000)
    peer.socket.write(hello.subarray(3))
    await until(() => echo.frames.length === 2)
    echo.time.advance(20_000)
    expect(echo.channels[0]?.open).toBe(true)
  })

  it('close a connection that has been idle after its first message', async () => {
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    peer.socket.write(hello)
    await until(() => peer.received().length > 0)
    echo.time.advance(40_000)
    peer.socket.write(hello)
    await until(() => peer.received().length === 2 * hello.length)
    echo.time.advance(59_999)
    expect(echo.channels[0]?.open).toBe(true)
    echo.time.advance(1)
    await until(() => peer.isClosed())
    expect(echo.closed).toEqual(['idle'])
  })

  it.each([
    ['empty frames', Buffer.from('0000', 'hex')],
    ['frames the handler dropped', hello],
  ])('are not met by %s', async (_name, bytes) => {
    const echo = await listenAndEcho({
      onFrame(channel, body) {
        if (body.length > 0) channel.dropped()
      },
    })
    const peer = await client(echo.listener.port)
    peer.socket.write(bytes)
    await until(() => echo.frames.length === 1)
    echo.time.advance(10_000)
    await until(() => peer.isClosed())
    expect(echo.counted).toEqual(['first-frame-deadline'])
  })
})

describe('sending', () => {
  it('tells when the bytes of a message were written', async () => {
    const told: boolean[] = []
    const echo = await listenAndEcho({
      onFrame: (channel, body) => channel.send(body, undefined, (ok) => told.push(ok)),
    })
    const peer = await client(echo.listener.port)
    peer.socket.write(Buffer.concat([hello, hello]))
    await until(() => told.length === 2)
    expect(told).toEqual([true, true])
  })

  it('gives false on a channel that is closed, and for a message that fits no frame', async () => {
    const echo = await listenAndEcho()
    await client(echo.listener.port)
    await until(() => echo.channels.length === 1)
    const [channel] = echo.channels
    expect(channel?.send(Buffer.alloc(5_000))).toBe(false)
    expect([echo.errors, echo.counted]).toEqual([[], ['unfit']])
    expect(channel?.open).toBe(true)
    channel?.close('enough')
    expect(channel?.send(Buffer.from('hello'))).toBe(false)
  })

  it('flushes what was sent before a close', async () => {
    const told: boolean[] = []
    const echo = await listenAndEcho({
      onFrame(channel, body) {
        channel.send(body, undefined, (ok) => told.push(ok))
        channel.close('enough')
      },
    })
    const peer = await client(echo.listener.port)
    peer.socket.write(hello)
    await until(() => peer.isClosed())
    expect(peer.received()).toEqual(hello)
    expect(told).toEqual([true])
  })

  it('destroys a client that never reads at the write cap, and its unwritten messages are told', async () => {
    const told: boolean[] = []
    const body = Buffer.alloc(4_000, 'x')
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    const other = await client(echo.listener.port)
    await until(() => echo.channels.length === 2)
    peer.socket.pause()
    const [channel] = echo.channels
    let sent = 0
    while (channel?.open) {
      for (let count = 0; count < 10; count += 1) {
        if (channel.send(body, undefined, (ok) => told.push(ok))) sent += 1
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    await until(() => echo.closed.length === 1 && told.length === sent)
    expect(echo.counted).toEqual(['write-cap'])
    expect(echo.closed).toEqual(['the peer does not read'])
    expect(told.filter((ok) => !ok).length * body.length).toBeGreaterThan(65_536)
    expect(told.indexOf(true, told.indexOf(false))).toBe(-1)
    other.socket.write(hello)
    await until(() => other.received().length === hello.length)
  })

  it('gives up on last bytes that the peer does not read', async () => {
    const { echo } = await withoutReader()
    await new Promise((resolve) => setTimeout(resolve, 20))
    echo.channels[0]?.close('enough')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(echo.closed).toEqual([])
    echo.time.advance(5_000)
    await until(() => echo.closed.length === 1)
    expect(echo.closed).toEqual(['enough'])
  })

  it('gives up on them too where the peer has ended its side and reads no more', async () => {
    const { echo, peer } = await withoutReader()
    peer.socket.end()
    await until(() => echo.channels[0]?.open === false)
    expect(echo.closed).toEqual([])
    echo.time.advance(5_000)
    await until(() => echo.closed.length === 1)
    expect(echo.closed).toEqual(['closed by the peer'])
  })
})

describe('a handler that throws', () => {
  it('ends its own channel and disturbs no other', async () => {
    const echo = await listenAndEcho({
      onFrame(channel, body) {
        if (body.toString() === 'hello') throw new Error('a bug')
        channel.send(body)
      },
    })
    const bad = await client(echo.listener.port)
    const good = await client(echo.listener.port)
    bad.socket.write(hello)
    await until(() => bad.isClosed() && echo.closed.length === 1)
    const other = frame(PLAIN, Buffer.from('other'))
    good.socket.write(other)
    await until(() => good.received().length === other.length)
    expect(echo.errors).toEqual([new Error('a bug')])
    expect(echo.closed).toEqual(['a handler failed'])
  })
})

describe('a channel that is paused', () => {
  it('hands over nothing, what came in one piece included, until it is resumed', async () => {
    const echo = await listenAndEcho({
      onFrame: (channel) => echo.channels.find(({ id }) => id === channel.id)?.pause(),
    })
    const peer = await client(echo.listener.port)
    peer.socket.write(Buffer.concat([hello, hello, hello.subarray(0, 4)]))
    await until(() => echo.frames.length === 1)
    peer.socket.write(hello.subarray(4))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(echo.frames).toHaveLength(1)
    echo.channels[0]?.resume()
    expect(echo.frames).toHaveLength(2)
    echo.channels[0]?.resume()
    await until(() => echo.frames.length === 3)
  })

  it('holds nobody to the deadline of a frame that it does not read, and does once it does', async () => {
    const echo = await listenAndEcho({
      onFrame: (channel) => echo.channels.find(({ id }) => id === channel.id)?.pause(),
    })
    const peer = await client(echo.listener.port)
    peer.socket.write(Buffer.concat([hello, hello.subarray(0, 4)]))
    await until(() => echo.frames.length === 1)
    echo.time.advance(30_000)
    expect(echo.counted).toEqual([])
    echo.channels[0]?.resume()
    echo.time.advance(5_000)
    await until(() => echo.closed.length === 1)
    expect(echo.counted).toEqual(['frame-deadline'])
  })
})

describe('a channel that is paused in the middle of a frame', () => {
  it('does not hold it against the peer that the rest was not read', async () => {
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    peer.socket.write(hello.subarray(0, 3))
    await until(() => echo.time.pending === 2)
    echo.channels[0]?.pause()
    peer.socket.write(hello.subarray(3))
    echo.time.advance(9_000)
    expect(echo.counted).toEqual([])
    echo.channels[0]?.resume()
    await until(() => peer.received().length === hello.length)
  })
})

/** A connection with more to be sent than its peer will ever read. */
async function withoutReader() {
  const echo = await listenAndEcho({ limits: { ...LIMITS, writeCapBytes: 100_000_000 } })
  const peer = await client(echo.listener.port)
  await until(() => echo.channels.length === 1)
  peer.socket.pause()
  for (let count = 0; count < 4_000; count += 1) echo.channels[0]?.send(Buffer.alloc(4_000))
  return { echo, peer }
}
