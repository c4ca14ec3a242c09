// DE 7 and STANs: what stays taken, what comes free, and that no pair comes twice.

import { describe, expect, it } from 'vitest'
import { Traces } from '../../card-gateway/traces.ts'
import type { Stan } from '../../protocol/values/identifiers.ts'
import type { StanSource } from '../../switch/core/counters.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'
import { stansAfter, sure } from './rig.ts'

async function tracesAfter(high: number, timers = new VirtualTime()): Promise<Traces> {
  return new Traces(await stansAfter(high), timers)
}

/** Once around: every STAN is taken and given back. */
function wrap(traces: Traces, count: number): string[] {
  const stans: string[] = []
  for (let turn = 0; turn < count; turn++) {
    const { stan } = sure(traces.next())
    stans.push(stan)
    traces.release(stan)
  }
  return stans
}

describe('traces', () => {
  it('wrap from 999999 to 000001 and skip what is held', async () => {
    const traces = await tracesAfter(999_997)
    const first = '000001' as Stan
    traces.hold({ stan: first, transmission: '0101000000' }, first)
    expect(wrap(traces, 3)).toEqual(['999998', '999999', '000002'])
  })

  it('skip the own STAN of a reversal until its sale is forgotten', async () => {
    const sale = { stan: '000001' as Stan, transmission: '0101000000' }
    const held = await tracesAfter(999_998)
    held.hold(sale, sale.stan)
    held.hold(sale, '000002' as Stan)
    expect(wrap(held, 2)).toEqual(['999999', '000003'])
    const forgotten = await tracesAfter(999_998)
    forgotten.hold(sale, sale.stan)
    forgotten.hold(sale, '000002' as Stan)
    forgotten.forget(sale)
    expect(wrap(forgotten, 2)).toEqual(['999999', '000001'])
  })

  it('keep a STAN that an old sale gives back while a new one still has it', async () => {
    const traces = await tracesAfter(999_998)
    const stan = '000001' as Stan
    const old = { stan, transmission: '0101000000' }
    const young = { stan, transmission: '0102000000' }
    traces.hold(old, stan)
    traces.hold(young, stan)
    traces.forget(old)
    expect(wrap(traces, 2)).toEqual(['999999', '000002'])
  })

  it('give back the STAN of an echo, but none that a sale has taken meanwhile', async () => {
    const closed: Stan[] = []
    const one = '000001' as Stan
    const source = {
      next: () => one,
      reopen: () => undefined,
      close: (stan: Stan) => closed.push(stan),
    }
    const traces = new Traces(source as unknown as StanSource, new VirtualTime())
    traces.release(sure(traces.next()).stan)
    expect(closed).toEqual([one])
    const sale = { stan: '000009' as Stan, transmission: '0101000000' }
    const echo = sure(traces.next())
    traces.hold(sale, echo.stan)
    traces.release(echo.stan)
    expect(closed).toEqual([one])
    traces.forget(sale)
    expect(closed).toEqual([one, one])
  })

  it('never give a pair of DE 7 and STAN twice, though the clock jumps back', async () => {
    const { traces, time, clock } = await onUnsteadyClock(999_998)
    expect(traces.next()?.transmission).toBe('0102000010')
    clock.backMs = 5_000
    expect(traces.next()).toEqual({ stan: '000001', transmission: '0102000011' })
    expect(traces.next()?.transmission).toBe('0102000011')
    time.advance(60_000)
    expect(traces.next()?.transmission).toBe('0102000105')
  })

  it('are later after a wrap than any before it, though the clock had jumped back before', async () => {
    const { traces, clock } = await onUnsteadyClock(999_997)
    expect(traces.next()?.transmission).toBe('0102000010')
    clock.backMs = 5_000
    expect(traces.next()).toEqual({ stan: '999999', transmission: '0102000005' })
    expect(traces.next()).toEqual({ stan: '000001', transmission: '0102000011' })
  })

  it('differ in DE 7 where one number is all that is left', () => {
    const one = '000001' as Stan
    const source = { next: () => one, reopen: () => undefined, close: () => undefined }
    const time = new VirtualTime(Date.UTC(2026, 0, 2))
    const traces = new Traces(source as unknown as StanSource, time)
    const times = [1, 2, 3].map(() => traces.next()?.transmission)
    expect(new Set(times).size).toBe(3)
  })

  it('skip again the number of a sale that is reversed again after it was forgotten', async () => {
    const traces = await tracesAfter(999_998)
    const sale = { stan: '000001' as Stan, transmission: '0101000000' }
    traces.hold(sale, sale.stan)
    traces.forget(sale)
    traces.hold(sale, sale.stan)
    expect(wrap(traces, 2)).toEqual(['999999', '000002'])
  })

  it('go on with the clock after a wrap, though it had been a month ahead for a moment', async () => {
    const { traces, time, clock } = await onUnsteadyClock(999_996)
    const times = () => traces.next()?.transmission
    expect(times()).toBe('0102000010')
    clock.backMs = -30 * 86_400_000
    expect(times()).toBe('0201000010')
    clock.backMs = 0
    time.advance(20_000)
    expect([times(), times()]).toEqual(['0102000030', '0102000031'])
    time.advance(3_600_000)
    expect(times()).toBe('0102010030')
    // Where it comes to the second that was used, the pair is another one all the same.
    time.advance(30 * 86_400_000 - 3_620_000)
    expect(times()).toBe('0201000011')
  })

  it('of the link are there also where sales hold every number', () => {
    const time = new VirtualTime(Date.UTC(2026, 0, 2))
    const source = { next: () => undefined, reopen: () => undefined, close: () => undefined }
    const traces = new Traces(source as unknown as StanSource, time)
    expect(traces.nextOfLink()).toBeUndefined()
    const stan = '000001' as Stan
    traces.hold({ stan, transmission: '0101000000' }, stan)
    const stans = Array.from({ length: 1_000 }, () => sure(traces.nextOfLink()).stan)
    expect([stans[0], stans[998], stans[999]]).toEqual(['999001', '999999', '999001'])
    expect([traces.next(), traces.held]).toEqual([undefined, 1])
  })

  it('end when no block of numbers is owned', async () => {
    expect(new Traces(await stansAfter(0, 0), new VirtualTime()).next()).toBeUndefined()
  })
})

/** After that many numbers, on a clock that somebody sets back by `backMs`. */
async function onUnsteadyClock(used: number) {
  const time = new VirtualTime(Date.UTC(2026, 0, 2, 0, 0, 10))
  const clock = { backMs: 0 }
  const traces = new Traces(await stansAfter(used), {
    monotonicMs: () => time.monotonicMs(),
    wallMs: () => time.wallMs() - clock.backMs,
    after: (ms, run) => time.after(ms, run),
  })
  return { traces, time, clock }
}
