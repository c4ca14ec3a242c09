// The simulated twin behaves like a connection: order, delay, loss, close and cut.

import { describe, expect, it } from 'vitest'
import { type MemoryChannel, memoryLink } from '../../simulation/memory-channel.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'

function noted(channel: MemoryChannel): string[] {
  const notes: string[] = []
  channel.start({
    frame: (body) => notes.push(`${body}`),
    closed: (reason) => notes.push(`closed ${reason}`),
  })
  return notes
}

describe('a channel in memory', () => {
  it('delivers after its delay and keeps the order', () => {
    const time = new VirtualTime()
    const delays = [50, 10]
    const [left, right] = memoryLink({ timers: time, delayMs: () => delays.shift() ?? 0 })
    const notes = noted(right)
    const written: boolean[] = []
    expect(left.send(Buffer.from('one'), undefined, (ok) => written.push(ok))).toBe(true)
    left.send(Buffer.from('two'))
    time.advance(49)
    expect(written).toEqual([true])
    expect(notes).toEqual([])
    time.advance(1)
    expect(notes).toEqual(['one', 'two'])
  })

  it('loses what it is told to lose', () => {
    const time = new VirtualTime()
    const losses = [true, false]
    const [left, right] = memoryLink({ timers: time, lose: () => losses.shift() ?? false })
    const notes = noted(right)
    left.send(Buffer.from('one'))
    left.send(Buffer.from('two'))
    time.advance(10)
    expect(notes).toEqual(['two'])
  })

  it('delivers what was sent before a close, and nothing after it', () => {
    const time = new VirtualTime()
    const [left, right] = memoryLink({ timers: time, delayMs: () => 10 })
    const [leftNotes, rightNotes] = [noted(left), noted(right)]
    left.send(Buffer.from('one'))
    right.send(Buffer.from('too late'))
    left.close('enough')
    expect(left.send(Buffer.from('two'))).toBe(false)
    time.advance(10)
    expect(leftNotes).toEqual(['closed enough'])
    expect(rightNotes).toEqual(['one', 'closed closed by the peer'])
    expect(right.open).toBe(false)
  })

  it('loses what is on its way when it is cut', () => {
    const time = new VirtualTime()
    const [left, right] = memoryLink({ timers: time, delayMs: () => 10 })
    const [leftNotes, rightNotes] = [noted(left), noted(right)]
    const written: boolean[] = []
    left.send(Buffer.from('one'), undefined, (ok) => written.push(ok))
    right.cut('cut')
    time.advance(10)
    expect(written).toEqual([false])
    expect(leftNotes).toEqual(['closed cut'])
    expect(rightNotes).toEqual(['closed cut'])
  })
})
