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
