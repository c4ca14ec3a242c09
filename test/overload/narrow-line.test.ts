// The narrow line lets through what it is told to, and an open loop knows when it was too slow.

import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { writeMessage } from '../simulation/wire/codec.ts'
import { type LineMode, type NarrowLine, openNarrowLine } from './narrow-line.ts'
import { openLoop, quantile, wasTheLimit } from './open-loop.ts'

const seen: number[] = []
let host: Server
let line: NarrowLine
let socket: Socket
let debits = 0

beforeEach(async () => {
  seen.length = 0
  debits = 0
  host = createServer((arrived) => {
    arrived.on('data', (chunk) => {
      const frames = chunk.toString('latin1').match(/0020000000000000000001/g) ?? []
      for (const _ of frames) seen.push(performance.now())
    })
    arrived.on('error', () => arrived.destroy())
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  const hostPort = (host.address() as { port: number }).port
  const mode: LineMode = { kind: 'queue', perSecond: 100 }
  line = await openNarrowLine({ hostPort, mode, debitAsked: () => debits++ })
  socket = connect(line.port, '127.0.0.1')
})

afterEach(async () => {
  socket.destroy()
  await line.close()
  await new Promise((resolve) => host.close(resolve))
})

function send(mti: string, count: number): void {
  const body = writeMessage('ascii', { mti, fields: { 11: '000001' } })
  const frame = `${String(body.length).padStart(4, '0')}${body.toString('latin1')}`
  socket.write(frame.repeat(count))
}

it('works its queue off at its rate; network messages pass at once', async () => {
  send('0200', 30)
  await pause(100)
  expect(debits).toBe(30)
  expect(seen.length).toBeLessThan(25)
  const before = seen.length
  send('0800', 1)
  await pause(30)
  expect(seen.length).toBeGreaterThan(before)
  await pause(600)
  expect(seen.length).toBe(31)
  expect((seen.at(-1) ?? 0) - (seen[0] ?? 0)).toBeGreaterThan(250)
})

it('stands still and works off what came, or loses it', async () => {
  await pause(50)
  line.mode = { kind: 'standing' }
  send('0420', 5)
  await pause(100)
  expect([seen.length, line.waiting]).toEqual([0, 5])
  line.mode = { kind: 'losing' }
  send('0200', 5)
  await pause(100)
  expect([seen.length, line.waiting]).toEqual([0, 5])
  line.mode = { kind: 'delay', ms: 150 }
  send('0200', 5)
  await pause(400)
  expect([seen.length, line.waiting]).toEqual([10, 0])
})

it('an open loop sends its rate, and says when it could not', async () => {
  const good = await openLoop(200, 0.3, () => undefined)
  expect([good.sent, good.planned]).toEqual([60, 60])
  expect(wasTheLimit({ ...good, sent: 58 })).toBe(true)
  expect(wasTheLimit({ ...good, latenessP99Ms: 501 })).toBe(true)
  expect(wasTheLimit({ ...good, latenessP99Ms: 5 })).toBe(false)
  expect(quantile([5, 1, 3, 2, 4], 0.5)).toBe(3)
})
