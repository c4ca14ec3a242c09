// A terminal's connection behind a gateway, at the switch: which answers it still takes, and what
// is told of those that it took.

import { describe, expect, it } from 'vitest'
import { RelayedChannel } from '../../../terminal-gateway/relay/relayed-channel.ts'

const BYTES = 60

function opened(writeCapBytes: number) {
  const sent: number[] = []
  const closings: string[] = []
  const channel = new RelayedChannel({
    ...{ id: 1, remote: 'test', peer: undefined, tpdu: false, writeCapBytes },
    link: {
      send: (_id, _tpdu, body) => sent.push(body.length) > 0,
      close: (_id, reason) => void closings.push(reason),
      failed: (error) => {
        throw error
      },
    },
  })
  channel.start({ frame: () => undefined, closed: () => undefined })
  return { channel, sent, closings }
}

describe('a relayed connection', () => {
  it('takes any number of answers as long as the terminal takes them, too', () => {
    const { channel, sent } = opened(2 * BYTES)
    for (let times = 0; times < 50; times++) {
      expect(channel.send(Buffer.alloc(BYTES))).toBe(true)
      expect(channel.written(true)).toBe(true)
    }
    expect(sent).toHaveLength(50)
  })

  it('is closed by the answer for which there is no room, and takes that one not', () => {
    const { channel, sent, closings } = opened(2 * BYTES)
    const taken = [1, 2, 3].map(() => channel.send(Buffer.alloc(BYTES)))
    expect(taken).toEqual([true, true, false])
    expect(sent).toHaveLength(2)
    expect(closings).toEqual(['the terminal does not read'])
  })

  it('tells of each answer once and in order, and at its end that the rest did not go out', () => {
    const { channel } = opened(10 * BYTES)
    const told: string[] = []
    for (const name of ['first', 'second', 'third']) {
      channel.send(Buffer.alloc(BYTES), undefined, (ok) => void told.push(`${name} ${ok}`))
    }
    channel.written(true)
    channel.ended('the link of its gateway ended')
    expect(told).toEqual(['first true', 'second false', 'third false'])
    expect(channel.written(true)).toBe(false)
  })
})
