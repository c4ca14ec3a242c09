// The terminal's connection when it comes too late: nobody speaks on it, and it is closed.

import { expect, it } from 'vitest'
import { type ConnectOutcome, Line } from '../../pos-terminal/line.ts'
import { VirtualTimers } from './scripted-switch.ts'

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
