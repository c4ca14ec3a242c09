// What earns idle time: valid messages and our own, and not frames that are none, answered or not.

import { afterEach, describe, expect, it } from 'vitest'
import { frame } from '../../../protocol/link/framing.ts'
import { client, endAll, listenAndEcho, PLAIN, until } from './loopback.ts'

const hello = frame(PLAIN, Buffer.from('hello'))

afterEach(endAll)

describe('a channel on which only we speak', () => {
  it('is not idle', async () => {
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    peer.socket.write(hello)
    await until(() => peer.received().length === hello.length)
    echo.time.advance(40_000)
    echo.channels[0]?.send(Buffer.from('news'))
    echo.time.advance(40_000)
    expect(echo.channels[0]?.open).toBe(true)
    echo.time.advance(20_000)
    await until(() => echo.closed.length === 1)
    expect(echo.closed).toEqual(['idle'])
  })
})

describe('a frame that is judged later', () => {
  it('earns idle time when it is, and none before', async () => {
    const echo = await listenAndEcho({ onFrame: (channel) => channel.dropped() })
    const [late, never] = [await client(echo.listener.port), await client(echo.listener.port)]
    late.socket.write(hello)
    never.socket.write(hello)
    await until(() => echo.frames.length === 2)
    echo.time.advance(9_000)
    echo.channels[0]?.earned()
    echo.time.advance(2_000)
    await until(() => echo.closed.length === 1)
    expect(echo.closed).toEqual(['no message in time'])
    echo.time.advance(57_000)
    expect(echo.channels.map(({ open }) => open)).toEqual([true, false])
    echo.time.advance(2_000)
    await until(() => echo.closed.length === 2)
    expect(echo.closed[1]).toBe('idle')
  })
})

describe('a frame that is answered although it is no valid message', () => {
  it('earns no idle time, and neither does its answer', async () => {
    const echo = await listenAndEcho({
      onFrame: (channel, body) => {
        if (body.toString() === 'wrong') channel.dropped()
        channel.send(body)
      },
    })
    const [stranger, terminal] = [
      await client(echo.listener.port),
      await client(echo.listener.port),
    ]
    const wrong = frame(PLAIN, Buffer.from('wrong'))
    stranger.socket.write(Buffer.concat([hello, wrong]))
    terminal.socket.write(hello)
    await until(() => echo.frames.length === 3)
    echo.time.advance(50_000)
    stranger.socket.write(wrong)
    terminal.socket.write(Buffer.concat([wrong, hello]))
    await until(() => terminal.received().length === 3 * hello.length)
    await until(() => stranger.received().length === 3 * hello.length)
    echo.time.advance(10_000)
    await until(() => echo.closed.length === 1)
    expect(echo.closed).toEqual(['idle'])
    await until(() => stranger.isClosed())
    expect(terminal.isClosed()).toBe(false)
  })

  it('does not keep one from its idle time that is judged valid later', async () => {
    const echo = await listenAndEcho({ onFrame: (channel) => channel.dropped() })
    const peer = await client(echo.listener.port)
    peer.socket.write(hello)
    await until(() => echo.frames.length === 1)
    echo.channels[0]?.earned()
    echo.time.advance(40_000)
    echo.channels[0]?.send(Buffer.from('answer'))
    echo.time.advance(40_000)
    expect(echo.channels[0]?.open).toBe(true)
    echo.time.advance(20_000)
    await until(() => echo.closed.length === 1)
  })
})
