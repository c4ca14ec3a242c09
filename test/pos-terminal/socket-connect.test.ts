// The terminal's real connection over loopback: framing, TPDU, and what happens without a server.
// Everything above it is tried on virtual time.

import { expect, it } from 'vitest'
import { Line } from '../../pos-terminal/line.ts'
import { socketConnect } from '../../pos-terminal/socket-connect.ts'
import { ACCEPTED_LIMITS } from '../../protocol/link/channel-limits.ts'
import { type Framing, MAX_FRAME_BYTES, swapTpdu } from '../../protocol/link/framing.ts'
import { listen } from '../../protocol/link/listener.ts'
import { systemTimers } from '../../protocol/link/timers.ts'

const FRAMING: Framing = {
  length: 'binary2',
  lengthIncludesItself: false,
  tpdu: true,
  maxFrameBytes: MAX_FRAME_BYTES,
}

function lineTo(port: number, connectMs = 1000): Line {
  const address = { host: '127.0.0.1', port, connectMs }
  const connect = socketConnect(address, systemTimers, (error) => {
    throw error
  })
  const tpdu = Buffer.from('6000010002', 'hex')
  return new Line({ connect, timers: systemTimers, tpdu })
}

const ask = (line: Line, text: string, timeoutMs = 1000) =>
  line.ask({
    body: Buffer.from(text),
    take: (body) => (body.toString() === `${text}!` ? body.toString() : undefined),
    timeoutMs,
    fresh: false,
  })

it('asks over TCP, and hears only answers whose TPDU is its own, turned', async () => {
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    framing: FRAMING,
    limits: ACCEPTED_LIMITS,
    timers: systemTimers,
    maxConnections: 4,
    onError: (error) => {
      throw error
    },
    onChannel: (channel) => ({
      frame: (body, tpdu) => {
        if (body.toString() === 'hush') return
        const back = tpdu && (body.toString() === 'other' ? tpdu : swapTpdu(tpdu))
        channel.send(Buffer.from('noise'), back)
        channel.send(Buffer.from(`${body}!`), back)
      },
      closed: () => undefined,
    }),
  })
  const line = lineTo(listener.port)
  expect(await ask(line, 'hello')).toEqual({ kind: 'reply', reply: 'hello!' })
  expect(await ask(line, 'again')).toEqual({ kind: 'reply', reply: 'again!' })
  expect(listener.connections()).toBe(1)
  expect(await ask(line, 'hush', 50)).toMatchObject({ kind: 'silence' })
  expect(await ask(line, 'other', 50)).toMatchObject({ kind: 'silence' })
  expect(await ask(line, 'fresh')).toEqual({ kind: 'reply', reply: 'fresh!' })
  line.close('done')
  await listener.stop()
  await listener.closeAll('done')
})

it('tells that nothing was sent when nobody listens', async () => {
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    framing: FRAMING,
    limits: ACCEPTED_LIMITS,
    timers: systemTimers,
    maxConnections: 1,
    onError: () => undefined,
    onChannel: () => ({ frame: () => undefined, closed: () => undefined }),
  })
  await listener.stop()
  const answer = await ask(lineTo(listener.port), 'hello')
  expect(answer).toMatchObject({ kind: 'not-sent' })
  expect(answer).toHaveProperty('reason', expect.stringContaining('ECONNREFUSED'))
})

it('a connection lives on when the time that it had to come up is over', async () => {
  const listener = await listen({
    ...{ host: '127.0.0.1', port: 0, framing: FRAMING, limits: ACCEPTED_LIMITS },
    ...{ timers: systemTimers, maxConnections: 2, onError: () => undefined },
    onChannel: (channel) => ({
      frame: (body, tpdu) => channel.send(Buffer.from(`${body}!`), tpdu && swapTpdu(tpdu)),
      closed: () => undefined,
    }),
  })
  const line = lineTo(listener.port, 400)
  expect(await ask(line, 'hello')).toMatchObject({ kind: 'reply' })
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(listener.connections()).toBe(1)
  line.close('done')
  await listener.stop()
  await listener.closeAll('done')
})
