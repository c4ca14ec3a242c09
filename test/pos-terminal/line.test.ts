// The terminal's connection: one that comes too late is closed and nobody speaks on it, and each
// question has its own time.

import { expect, it } from 'vitest'
import { type ConnectOutcome, Line, pause } from '../../pos-terminal/line.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode } from '../../protocol/message/encode.ts'
import { ScriptedSwitch, VirtualTimers } from './scripted-switch.ts'

it('a connection that comes up after its time is closed, and nothing was sent', async () => {
  const timers = new VirtualTimers()
  const closed: string[] = []
  const channel = {
    open: true,
    send: () => {
      throw new Error('nobody waits any more')
    },
    close: (reason: string) => void closed.push(reason),
  }
  let up: (outcome: ConnectOutcome) => void = () => undefined
  const connect = () => new Promise<ConnectOutcome>((resolve) => (up = resolve))
  const line = new Line({ connect, timers, tpdu: undefined })
  const question = { body: Buffer.from('0200'), take: () => undefined, fresh: false }
  const answer = await timers.finish(line.ask({ ...question, timeoutMs: 1_000 }))
  expect(answer).toMatchObject({ kind: 'not-sent' })
  up({ kind: 'connected', channel })
  await new Promise((resolve) => setImmediate(resolve))
  expect(closed).toEqual(['too late'])
})

it('the time of a question that was answered ends no later one', async () => {
  const timers = new VirtualTimers()
  const peer = new ScriptedSwitch(timers, () => ({ 39: '00' }))
  const line = new Line({ connect: peer.connect, timers, tpdu: undefined })
  const body = encode(DIALECTS.iso87binary, '0800', { 3: '990000', 11: '000001' })
  const question = { body, take: (reply: Buffer) => reply, fresh: false, timeoutMs: 1_000 }
  expect(await timers.finish(line.ask(question))).toMatchObject({ kind: 'reply' })
  // The answer takes five milliseconds, and the time of the first question ends before it comes.
  await timers.finish(pause(timers, 992))
  expect(await timers.finish(line.ask(question))).toMatchObject({ kind: 'reply' })
})
