// The outgoing connection comes back after every end, later and later, until it is closed for good.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Channel } from '../../../protocol/link/channel.ts'
import { DIALED_LIMITS } from '../../../protocol/link/channel-limits.ts'
import { type Dialer, dial } from '../../../protocol/link/dialer.ts'
import { frame } from '../../../protocol/link/framing.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { endAll, listenAndEcho, PLAIN, until } from './loopback.ts'

const dialers: Dialer[] = []
const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  for (const dialer of dialers.splice(0)) dialer.close()
  await endAll()
})

function dialAndNote(
  port: number,
  random = () => 0.5,
  answer: (channel: Channel, body: Buffer) => unknown = () => undefined,
) {
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
        frame(body) {
          notes.push(`frame ${body}`)
          answer(channel, body)
        },
        closed: (reason) => notes.push(`closed ${reason}`),
        counted: (what) => notes.push(`counted ${what}`),
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

describe('a host that says much and is gone', () => {
  const answers = Array.from({ length: 300 }, (_, index) => `answer ${index}`)
  const bytes = Buffer.concat(answers.map((text) => frame(PLAIN, Buffer.from(text))))
  const frames = answers.map((text) => `frame ${text}`)

  /** A host that does one thing with every connection; gone when the test is over. */
  function host(says: (socket: Socket) => void): Promise<number> {
    const server = createServer((socket) => says(socket.on('error', () => undefined).resume()))
    servers.push(server)
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    })
  }

  it('is heard out: no answer that came as a whole waits for a turn that never comes', async () => {
    const { time, notes } = dialAndNote(await host((socket) => socket.end(bytes)))
    await until(() => notes.includes('down closed by the peer'))
    expect(notes).toEqual(['up', ...frames, 'closed closed by the peer', 'down closed by the peer'])
    // The turn that was waited for, and the next attempt.
    expect(time.pending).toBe(2)
    time.step()
    expect([time.pending, notes.length]).toEqual([1, frames.length + 3])
  })

  it('is heard out too where it resets the connection', async () => {
    const sockets: Socket[] = []
    const port = await host((socket) => {
      sockets.push(socket)
      socket.write(bytes)
    })
    const { notes } = dialAndNote(port)
    await until(() => notes.length > 1)
    expect(notes.length).toBeLessThan(frames.length)
    sockets[0]?.resetAndDestroy()
    await until(() => notes.includes('down socket error: ECONNRESET'))
    const ends = ['closed', 'down'].map((what) => `${what} socket error: ECONNRESET`)
    expect(notes).toEqual(['up', ...frames, ...ends])
  })

  it('is heard out of all that was read, however much, where a write finds it gone', async () => {
    const texts = Array.from({ length: 3_000 }, (_, index) => `answer ${index}`.padEnd(100))
    const many = Buffer.concat(texts.map((text) => frame(PLAIN, Buffer.from(text))))
    const sockets: Socket[] = []
    const port = await host((socket) => {
      sockets.push(socket)
      socket.write(many)
    })
    const ours: Socket[] = []
    const note = (message: unknown) => void ours.push((message as { socket: Socket }).socket)
    subscribe('net.client.socket', note)
    const { notes, channels } = dialAndNote(port)
    unsubscribe('net.client.socket', note)
    let bytes = 0
    while (bytes === 0 || bytes !== ours[0]?.bytesRead) {
      bytes = ours[0]?.bytesRead ?? 0
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    sockets[0]?.resetAndDestroy()
    await until(() => channels[0]?.send(Buffer.from('?')) === false)
    const whole = Math.floor(bytes / 102)
    await until(() => notes.at(-1)?.startsWith('down socket error') === true)
    expect(notes.slice(1, 1 + whole)).toEqual(texts.slice(0, whole).map((text) => `frame ${text}`))
  })

  it('has its last answer counted as cut off only when it was', async () => {
    const cutOff = Buffer.concat([bytes, bytes.subarray(0, 5)])
    const { notes } = dialAndNote(await host((socket) => socket.end(cutOff)))
    await until(() => notes.includes('down closed by the peer'))
    expect(notes.slice(1, -2)).toEqual([...frames, 'counted truncated-frame'])
  })

  it('is answered where it only said that it says no more', async () => {
    const heard: Buffer[] = []
    const port = await host((socket) => socket.on('data', (some) => heard.push(some)).end(bytes))
    const { notes } = dialAndNote(port, undefined, (channel, body) => channel.send(body))
    await until(() => notes.includes('down closed by the peer'))
    await until(() => Buffer.concat(heard).length >= bytes.length)
    expect(Buffer.concat(heard)).toEqual(bytes)
  })

  it('is heard no more once the channel was closed', async () => {
    const { notes } = dialAndNote(
      await host((socket) => socket.end(bytes)),
      undefined,
      (channel, body) => body.equals(Buffer.from('answer 99')) && channel.close('enough'),
    )
    await until(() => notes.includes('down enough'))
    expect(notes).toEqual(['up', ...frames.slice(0, 100), 'closed enough', 'down enough'])
  })
})

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
