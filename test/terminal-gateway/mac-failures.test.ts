// Wrong MACs by connection and by address: how many are answered, and when an address is let in
// again.

import { beforeEach, describe, expect, it } from 'vitest'
import { addressOf, MacFailures } from '../../terminal-gateway/mac-failures.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'

let time: VirtualTime
let failures: MacFailures

beforeEach(() => {
  time = new VirtualTime()
  failures = new MacFailures({ perConnection: 3, perAddressAndMinute: 5, addresses: 3 }, time)
})

/** So many of one address, each on a connection of its own. */
function judged(address: string, times: number): string[] {
  return Array.from({ length: times }, () => failures.judge(address, 0))
}

describe('wrong MACs', () => {
  it('of one connection are answered, and the last that it may have closes it', () => {
    const verdicts = [0, 1, 2].map((earlier) => failures.judge('192.0.2.1', earlier))
    expect(verdicts).toEqual(['answer', 'answer', 'answer and close'])
  })

  it('of one address are answered up to its limit, and then no more', () => {
    const answers = Array.from({ length: 5 }, () => 'answer')
    expect(judged('192.0.2.1', 7)).toEqual([...answers, 'close', 'close'])
    expect(judged('192.0.2.2', 1)).toEqual(['answer'])
  })

  it('are forgotten when the minute of their address is over, and not before', () => {
    judged('192.0.2.1', 6)
    time.advance(59_999)
    expect(judged('192.0.2.1', 1)).toEqual(['close'])
    time.advance(1)
    expect(judged('192.0.2.1', 1)).toEqual(['answer'])
  })

  it('are remembered of so many addresses, and the one whose minute is oldest makes room', () => {
    judged('192.0.2.1', 6)
    time.advance(30_000)
    judged('192.0.2.2', 6)
    // Its minute is a new one now, and younger than that of the second.
    time.advance(30_000)
    judged('192.0.2.1', 6)
    judged('192.0.2.3', 1)
    judged('192.0.2.4', 1)
    expect(judged('192.0.2.1', 1)).toEqual(['close'])
    expect(judged('192.0.2.2', 1)).toEqual(['answer'])
  })
})

it('an address is what stands before the port', () => {
  expect(addressOf('192.0.2.1:4711')).toBe('192.0.2.1')
  expect(addressOf('2001:db8::1:4711')).toBe('2001:db8::1')
})
