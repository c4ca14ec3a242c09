// The outgoing connection comes back after every end, later and later, until it is closed for good.

import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Channel, DIALED_LIMITS } from '../../../protocol/link/channel.ts'
import { type Dialer, dial } from '../../../protocol/link/dialer.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { endAll, listenAndEcho, PLAIN, until } from './loopback.ts'

const dialers: Dialer[] = []

afterEach(async () => {
  for (const dialer of dialers.splice(0)) dialer.close()
  await endAll()
})

function dialAndNote(port: number, random = () => 0.5) {
  const time = new VirtualTime()
  const channels: Channel[] = []
  const notes: string[] = []
  const dialer = dial({
    host: '127.0.0.1',
    port,
    framing: PLAIN,
    limits: DIALED_LIMITS,
    timers: time,
    backoff: { firstMs: 1_000, maxMs: 8_000 },
    random,
    onUp(channel) {
      channels.push(channel)
      notes.push('up')
      return {
        frame: (body) => notes.push(`frame ${body}`),
        closed: (reason) => notes.push(`closed ${reason}`),
      }
    },
    onDown: (reason) => notes.push(`down ${reason}`),
    onError: (error) => notes.push(`error ${error}`),
  })
  dialers.push(dialer)
  return { time, channels, notes, dialer }
}

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const { listener } = await listenAndEcho()
  await listener.stop()
  return listener.port
}

/** Accepts and hangs up at once. */
function hangUp(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket: Socket) => socket.on('error', () => undefined).destroy())
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({ server, port: typeof address === 'object' && address ? address.port : 0 })
    })
  })
}

describe('the dialer', () => {
  it('connects at once and carries frames', async () => {
    const echo = await listenAndEcho()
    const { channels, notes } = dialAndNote(echo.listener.port)
    await until(() => channels.length === 1)
    expect(channels[0]?.send(Buffer.from('hello'))).toBe(true)
    await until(() => notes.length === 2)
    expect(notes).toEqual(['up', 'frame hello'])
  })

  it('dials again when the connection ends, and hears of the end before onDown', async () => {
    const echo = await listenAndEcho()
    const { time, channels, notes } = dialAndNote(echo.listener.port)
    await until(() => echo.channels.length === 1 && channels.length === 1)
    echo.channels[0]?.close('gone')
    await until(() => notes.length === 3)
    expect(notes).toEqual(['up', 'closed closed by the peer', 'down closed by the peer'])
    time.advance(749)
    expect(channels).toHaveLength(1)
    time.advance(1)
    await until(() => channels.length === 2)
    expect(channels.map((channel) => channel.id)).toEqual([1, 2])
  })

  it('dials again when its owner closes the channel', async () => {
    const echo = await listenAndEcho()
    const { time, channels, notes } = dialAndNote(echo.listener.port)
    await until(() => channels.length === 1)
    channels[0]?.close('two echoes missed')
    await until(() => notes.length === 3)
    expect(notes).toEqual(['up', 'closed two echoes missed', 'down two echoes missed'])
    time.advance(750)
    await until(() => channels.length === 2)
  })

  it.each([
    ['least', () => 0, [500, 1_000, 2_000, 4_000, 4_000]],
    ['most', () => 1, [1_000, 2_000, 4_000, 8_000, 8_000]],
  ])('waits longer after every failure, at %s', async (_name, random, waits) => {
    const { time, notes } = dialAndNote(await freePort(), random)
    let attempts = 1
    for (const waitMs of waits) {
      await until(() => notes.length === attempts)
      time.advance(waitMs - 1)
      expect(time.pending).toBe(1)
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect(notes).toHaveLength(attempts)
      time.advance(1)
      attempts += 1
    }
    await until(() => notes.length === attempts)
    expect(new Set(notes)).toEqual(new Set(['down ECONNREFUSED']))
  })

  it('does not hammer a host that accepts and hangs up at once', async () => {
    const { server, port } = await hangUp()
    const { time, channels, notes } = dialAndNote(port, () => 1)
    const downs = () => notes.filter((note) => note.startsWith('down')).length
    for (const [at, waitMs] of [1_000, 2_000, 4_000].entries()) {
      await until(() => downs() === at + 1)
      time.advance(waitMs - 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
      expect(channels).toHaveLength(at + 1)
      time.advance(1)
    }
    await until(() => channels.length === 4 && downs() === 4)
    server.close()
  })

  it('starts from the first wait again after a connection that held', async () => {
    const echo = await listenAndEcho()
    const { time, channels, notes } = dialAndNote(echo.listener.port, () => 1)
    const downs = () => notes.filter((note) => note.startsWith('down')).length
    for (const [at, waitMs] of [1_000, 2_000, 4_000].entries()) {
      await until(() => echo.channels.length === at + 1 && channels.length === at + 1)
      echo.channels[at]?.close('gone')
      await until(() => downs() === at + 1)
      time.advance(waitMs)
    }
    await until(() => echo.channels.length === 4 && channels.length === 4)
    time.advance(8_000)
    echo.channels[3]?.close('gone')
    await until(() => downs() === 4)
    time.advance(1_000)
    await until(() => channels.length === 5)
  })

  it('waits on and on longer for a host that holds only for a while', async () => {
    const echo = await listenAndEcho()
    const { time, channels, notes } = dialAndNote(echo.listener.port, () => 1)
    const downs = () => notes.filter((note) => note.startsWith('down')).length
    for (const [at, waitMs] of [1_000, 2_000, 4_000].entries()) {
      await until(() => echo.channels.length === at + 1 && channels.length === at + 1)
      time.advance(7_999)
      echo.channels[at]?.close('gone')
      await until(() => downs() === at + 1)
      time.advance(waitMs - 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
      expect(channels).toHaveLength(at + 1)
      time.advance(1)
    }
    await until(() => channels.length === 4)
  })

  it('gives up an attempt that takes too long', async () => {
    const echo = await listenAndEcho()
    const { time, notes, channels } = dialAndNote(echo.listener.port)
    // The clock runs out before the network can have answered.
    time.advance(10_000)
    await until(() => notes.length === 1)
    expect(notes).toEqual(['down no connection in time'])
    time.advance(750)
    await until(() => channels.length === 1)
  })
})

describe('closing the dialer', () => {
  it('ends an open connection and dials no more', async () => {
    const echo = await listenAndEcho()
    const { time, notes, channels, dialer } = dialAndNote(echo.listener.port)
    await until(() => channels.length === 1)
    dialer.close()
    dialer.close()
    await until(() => notes.length === 2)
    expect(notes).toEqual(['up', 'closed closed by us'])
    expect(time.pending).toBe(0)
  })

  it('ends the wait for the next attempt', async () => {
    const { time, notes, dialer } = dialAndNote(await freePort())
    await until(() => notes.length === 1)
    dialer.close()
    expect(time.pending).toBe(0)
  })

  it('ends an attempt that is under way', async () => {
    const echo = await listenAndEcho()
    const { time, notes, dialer } = dialAndNote(echo.listener.port)
    dialer.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(notes).toEqual([])
    expect(time.pending).toBe(0)
  })
})
