// A terminal's connection behind a gateway, at the switch: which answers it still takes, and what
// is told of those that it took.

import { describe, expect, it } from 'vitest'
import { RelayedChannel } from '../../../terminal-gateway/relay/relayed-channel.ts'

const BYTES = 60

function opened(writeCapBytes: number) {
  const sent: number[] = []
  const closings: string[] = []
  const channel = new RelayedChannel({
    ...{ id: 1, remote: 'test', peer: undefined, tpdu: false, writeCapBytes, frameBytes: BYTES },
    link: {
      send: (_id, _tpdu, body) => sent.push(body.length) > 0,
      close: (_id, reason) => void closings.push(reason),
      failed: (error) => {
        throw error
      },
    },
  })
  const [told, counted]: [string[], string[]] = [[], []]
  channel.start({
    frame: (body) => void told.push(`frame of ${body.length}`),
    closed: (reason) => void told.push(reason),
    counted: (what) => void counted.push(what),
  })
  return { channel, sent, closings, told, counted }
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

  it('does not take an answer that fits no frame: it is counted, and the connection goes on', () => {
    const { channel, sent, counted } = opened(10 * BYTES)
    const told: boolean[] = []
    const isTaken = channel.send(Buffer.alloc(BYTES + 1), undefined, (ok) => void told.push(ok))
    expect([isTaken, sent, told, counted]).toEqual([false, [], [], ['unfit']])
    expect([channel.open, channel.send(Buffer.alloc(BYTES))]).toEqual([true, true])
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

  it.each([
    ['closed', 'close'],
    ['ended', 'ended'],
  ] as const)('that is %s takes no answer any more, and says so', (_how, end) => {
    const { channel, sent } = opened(10 * BYTES)
    channel[end]('idle')
    expect([channel.send(Buffer.alloc(BYTES)), channel.open, sent]).toEqual([false, false, []])
    expect(channel.written(true)).toBe(false)
  })

  it('hands over nothing that comes after its close, and tells its own reason for it', () => {
    const { channel, closings, told } = opened(10 * BYTES)
    expect(channel.received(Buffer.alloc(3))).toBe('valid')
    channel.close('too many frames that are no request')
    expect(channel.received(Buffer.alloc(5))).toBe('dropped')
    channel.ended('frames that are no request')
    expect(closings).toEqual(['frames that are no request'])
    expect(told).toEqual(['frame of 3', 'too many frames that are no request'])
  })

  it.each([
    ['valid', [], 'valid'],
    ['valid, and answered at once', ['send'], 'valid'],
    ['none', ['drop'], 'dropped'],
    ['none, and answered all the same', ['drop', 'send'], 'refused'],
    ['none, and answered later', ['drop, answer comes'], 'refused'],
  ] as const)('tells of a frame that is %s', (_name, acts, was) => {
    const { channel } = opened(10 * BYTES)
    channel.send(Buffer.alloc(BYTES))
    channel.start({
      frame: () => {
        for (const act of acts) {
          if (act === 'send') channel.send(Buffer.alloc(9))
          else channel.dropped(act === 'drop' ? undefined : 'comes later')
        }
      },
      closed: () => undefined,
    })
    expect(channel.received(Buffer.alloc(3))).toBe(was)
  })

  it('that ends at the gateway tells the reason that came from there', () => {
    const { channel, told } = opened(10 * BYTES)
    channel.ended('idle')
    expect(told).toEqual(['idle'])
  })
})
