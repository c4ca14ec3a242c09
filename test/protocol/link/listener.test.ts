// Connections above a limit are dropped at accept, and stopping leaves open ones alone. [N4, N5,
// row 43]

import { connect, Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { frame } from '../../../protocol/link/framing.ts'
import { listen } from '../../../protocol/link/listener.ts'
import { client, endAll, LIMITS, listenAndEcho, PLAIN, until } from './loopback.ts'

const hello = frame(PLAIN, Buffer.from('hello'))

afterEach(endAll)

describe('the limits of connections', () => {
  it.each([
    ['of all', { maxConnections: 2 }, 'connections'],
    ['of one address', { maxConnectionsPerAddress: 2 }, 'connections-of-address'],
  ])('%s drop the extra ones and leave the others alone', async (_name, limits, event) => {
    const echo = await listenAndEcho(limits)
    const first = await client(echo.listener.port)
    const second = await client(echo.listener.port)
    await until(() => echo.listener.connections() === 2)
    const extra = [await client(echo.listener.port), await client(echo.listener.port)]
    await until(() => extra.every((peer) => peer.isClosed()) && echo.dropped.length === 2)
    expect(echo.dropped).toEqual([event, event])
    for (const peer of [first, second]) {
      peer.socket.write(hello)
      await until(() => peer.received().length === hello.length)
    }
    first.socket.destroy()
    await until(() => echo.listener.connections() === 1)
    const next = await client(echo.listener.port)
    next.socket.write(hello)
    await until(() => next.received().length === hello.length)
  })

  it('of one address counts those that are left when one of them goes', async () => {
    const echo = await listenAndEcho({ maxConnectionsPerAddress: 3 })
    const first = await client(echo.listener.port)
    for (let n = 0; n < 2; n++) await client(echo.listener.port)
    await until(() => echo.listener.connections() === 3)
    first.socket.destroy()
    await until(() => echo.listener.connections() === 2)
    await client(echo.listener.port)
    await until(() => echo.listener.connections() === 3)
    const extra = await client(echo.listener.port)
    await until(() => extra.isClosed())
    expect([echo.dropped, echo.listener.connections()]).toEqual([['connections-of-address'], 3])
  })

  it('must allow at least one', async () => {
    await expect(listenAndEcho({ maxConnections: 0 })).rejects.toThrow(RangeError)
  })
})

describe('a silent connection', () => {
  it('is not probed by TCP', async () => {
    const asked = vi.spyOn(Socket.prototype, 'setKeepAlive')
    try {
      const echo = await listenAndEcho()
      await client(echo.listener.port)
      await until(() => echo.listener.connections() === 1)
      expect(asked.mock.calls.filter(([isOn]) => isOn === true)).toEqual([])
    } finally {
      asked.mockRestore()
    }
  })
})

describe('garbage', () => {
  it('from many clients at once leaves nothing behind and does not disturb a good one', async () => {
    const echo = await listenAndEcho()
    const good = await client(echo.listener.port)
    for (let round = 0; round < 5; round += 1) {
      const bad = await Promise.all(Array.from({ length: 20 }, () => client(echo.listener.port)))
      bad.forEach((peer, at) => {
        if (at % 3 === 0) peer.socket.resetAndDestroy()
        else peer.socket.write(Buffer.from(at % 3 === 1 ? 'ffff' : 'fffe00', 'hex'))
      })
      await until(() => bad.every((peer) => peer.isClosed()))
    }
    await until(() => echo.listener.connections() === 1)
    good.socket.write(hello)
    await until(() => good.received().length === hello.length)
    expect(echo.errors).toEqual([])
    // The one client that is left has one deadline.
    expect(echo.time.pending).toBe(1)
  })
})

describe('stopping', () => {
  it('takes no new connections while open ones go on', async () => {
    const echo = await listenAndEcho()
    const peer = await client(echo.listener.port)
    await until(() => echo.listener.connections() === 1)
    await echo.listener.stop()
    const refused = await new Promise<string>((resolve) => {
      connect(echo.listener.port, '127.0.0.1').on('error', (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? '')
      })
    })
    expect(refused).toBe('ECONNREFUSED')
    peer.socket.write(hello)
    await until(() => peer.received().length === hello.length)
    await echo.listener.closeAll('stopping')
    expect(echo.closed).toEqual(['stopping'])
    expect(echo.listener.connections()).toBe(0)
    expect(echo.time.pending).toBe(0)
    await until(() => peer.isClosed())
  })
})

describe('a listener', () => {
  it('that finds its port taken says so', async () => {
    const echo = await listenAndEcho()
    await expect(listenAndEcho({ port: echo.listener.port })).rejects.toThrow('EADDRINUSE')
  })

  it('outlives an onChannel that throws', async () => {
    const errors: unknown[] = []
    const { time } = await listenAndEcho()
    const listener = await listen({
      host: '127.0.0.1',
      port: 0,
      framing: PLAIN,
      limits: LIMITS,
      timers: time,
      maxConnections: 10,
      onError: (error) => errors.push(error),
      onChannel: () => {
        throw new Error('a bug')
      },
    })
    const peers = [await client(listener.port), await client(listener.port)]
    await until(() => peers.every((peer) => peer.isClosed()) && listener.connections() === 0)
    expect(errors).toEqual([new Error('a bug'), new Error('a bug')])
    await listener.stop()
  })
})
