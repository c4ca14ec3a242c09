// Replies find their requests, silence ends at the deadline, and a late reply reaches somebody.

import { describe, expect, it } from 'vitest'
import { Mux } from '../../../protocol/link/mux.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'

function makeMux(maxPending = 10) {
  const time = new VirtualTime()
  const late: string[] = []
  const mux = new Mux<string>({
    timers: time,
    maxPending,
    late: (key, reply) => late.push(`${key}=${reply}`),
  })
  return { time, late, mux }
}

const sent = () => true

describe('a reply', () => {
  it('meets its request whatever the order', async () => {
    const { time, mux } = makeMux()
    const first = mux.request('a', sent, 25_000)
    const second = mux.request('b', sent, 25_000)
    expect(mux.accept('b', '2')).toBe(true)
    expect(mux.accept('a', '1')).toBe(true)
    expect(await first).toEqual({ kind: 'reply', reply: '1' })
    expect(await second).toEqual({ kind: 'reply', reply: '2' })
    expect(mux.pending).toBe(0)
    expect(time.pending).toBe(0)
  })

  it('may come before the sending call has returned', async () => {
    const { late, mux } = makeMux()
    const result = await mux.request('a', () => mux.accept('a', '1'), 25_000)
    expect(result).toEqual({ kind: 'reply', reply: '1' })
    expect(late).toEqual([])
  })

  it('after the deadline is handed over, not lost', async () => {
    const { time, late, mux } = makeMux()
    const result = mux.request('a', sent, 25_000)
    time.advance(24_999)
    expect(mux.pending).toBe(1)
    time.advance(1)
    expect(await result).toEqual({ kind: 'timeout' })
    expect(mux.accept('a', 'approved')).toBe(false)
    expect(late).toEqual(['a=approved'])
  })

  it('is waited for until its own deadline, whichever deadlines others have', async () => {
    const { time, mux } = makeMux()
    const ended: string[] = []
    const ask = (key: string, deadlineMs: number) =>
      mux.request(key, sent, deadlineMs).then(({ kind }) => ended.push(`${key} ${kind}`))
    const asked = [ask('long', 30_000), ask('short', 1_000)]
    time.advance(500)
    asked.push(ask('middle', 1_000), ask('answered', 700))
    mux.accept('answered', '1')
    const steps: string[][] = []
    for (const ms of [499, 1, 499, 1, 28_499, 1]) {
      time.advance(ms)
      await Promise.resolve()
      await Promise.resolve()
      steps.push([...ended])
    }
    const [first, second, third] = ['answered reply', 'short timeout', 'middle timeout']
    expect(steps[0]).toEqual([first])
    expect([steps[1], steps[2]]).toEqual([
      [first, second],
      [first, second],
    ])
    expect([steps[3], steps[4]]).toEqual([
      [first, second, third],
      [first, second, third],
    ])
    await Promise.all(asked)
    expect(ended).toEqual([first, second, third, 'long timeout'])
    expect([mux.pending, time.pending]).toEqual([0, 0])
  })

  it('costs no timer of its own', () => {
    const { time, mux } = makeMux()
    for (const key of ['a', 'b', 'c']) void mux.request(key, sent, 25_000)
    expect(time.pending).toBe(1)
    mux.accept('a', '1')
    time.advance(1_000)
    void mux.request('d', sent, 25_000)
    expect([mux.pending, time.pending]).toEqual([3, 1])
  })

  it('that comes twice is handed over the second time', async () => {
    const { late, mux } = makeMux()
    const result = mux.request('a', sent, 25_000)
    mux.accept('a', '1')
    mux.accept('a', '1')
    expect(await result).toEqual({ kind: 'reply', reply: '1' })
    expect(late).toEqual(['a=1'])
  })
})

describe('a request is not sent', () => {
  it('when the channel took no byte', async () => {
    const { time, mux } = makeMux()
    expect(await mux.request('a', () => false, 25_000)).toEqual({ kind: 'not-sent' })
    expect(mux.pending).toBe(0)
    expect(time.pending).toBe(0)
  })

  it('when too many are pending, when its key is, or when its deadline has passed', async () => {
    const { mux } = makeMux(2)
    let calls = 0
    const count = () => {
      calls += 1
      return true
    }
    void mux.request('a', sent, 25_000)
    expect(await mux.request('a', count, 25_000)).toEqual({ kind: 'not-sent' })
    expect(await mux.request('c', count, 0)).toEqual({ kind: 'not-sent' })
    void mux.request('b', sent, 25_000)
    expect(await mux.request('d', count, 25_000)).toEqual({ kind: 'not-sent' })
    expect(calls).toBe(0)
    expect(mux.pending).toBe(2)
  })

  it('and a sending call that throws is not hidden and leaves nothing behind', async () => {
    const { time, mux } = makeMux()
    const broken = () => {
      throw new Error('a bug')
    }
    await expect(mux.request('a', broken, 25_000)).rejects.toThrow('a bug')
    expect(mux.pending).toBe(0)
    expect(time.pending).toBe(0)
  })
})

describe('a channel that closes', () => {
  it('ends its own requests and no others', async () => {
    const { late, mux } = makeMux()
    const left = mux.request('a', sent, 25_000, 'left')
    const right = mux.request('b', sent, 25_000, 'right')
    mux.channelClosed('left')
    expect(await left).toEqual({ kind: 'closed' })
    expect(mux.accept('a', 'approved')).toBe(false)
    expect(late).toEqual(['a=approved'])
    mux.accept('b', '2')
    expect(await right).toEqual({ kind: 'reply', reply: '2' })
  })

  it('leaves them waiting where the reply may come on the other channel', async () => {
    const { mux } = makeMux()
    const result = mux.request('a', sent, 25_000, 'left')
    mux.channelClosed('left', true)
    expect(mux.pending).toBe(1)
    mux.accept('a', '1')
    expect(await result).toEqual({ kind: 'reply', reply: '1' })
  })

  it('as the last one ends those that were left waiting, too', async () => {
    const { mux } = makeMux()
    const left = mux.request('a', sent, 25_000, 'left')
    const right = mux.request('b', sent, 25_000, 'right')
    mux.channelClosed('left', true)
    mux.channelClosed('right')
    expect(await left).toEqual({ kind: 'closed' })
    expect(await right).toEqual({ kind: 'closed' })
  })
})
