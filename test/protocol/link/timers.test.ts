// The system's timers, and the virtual clock that stands in for them.

import { describe, expect, it, vi } from 'vitest'
import { systemTimers } from '../../../protocol/link/timers.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'

describe('the system timers', () => {
  it('fire after their time, once, unless cancelled', async () => {
    const fired: string[] = []
    const startMs = systemTimers.monotonicMs()
    systemTimers.after(10, () => fired.push('kept'))
    const cancel = systemTimers.after(5, () => fired.push('cancelled'))
    cancel()
    await vi.waitFor(() => expect(fired).toEqual(['kept']))
    expect(systemTimers.monotonicMs() - startMs).toBeGreaterThanOrEqual(9)
  })

  it('fire after this turn when there is no time to wait, unless cancelled', async () => {
    const fired: string[] = []
    systemTimers.after(0, () => fired.push('soon'))
    const cancel = systemTimers.after(0, () => fired.push('cancelled'))
    cancel()
    expect(fired).toEqual([])
    await new Promise((resolve) => setImmediate(resolve))
    expect(fired).toEqual(['soon'])
  })

  it('hold a wait of more than 24 days without firing at once', () => {
    vi.useFakeTimers()
    try {
      const fired = vi.fn()
      const days = 24 * 3600 * 1000
      systemTimers.after(60 * days, fired)
      const cancel = systemTimers.after(60 * days, fired)
      vi.advanceTimersByTime(60 * days - 1)
      expect(fired).not.toHaveBeenCalled()
      cancel()
      vi.advanceTimersByTime(1)
      expect(fired).toHaveBeenCalledTimes(1)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('virtual time', () => {
  it('fires by time, then in the order in which timers were set', () => {
    const time = new VirtualTime()
    const fired: string[] = []
    const note = (name: string) => () => fired.push(`${name}@${time.monotonicMs()}`)
    for (const [name, ms] of Object.entries({ d: 30, a: 10, b: 10, e: 40, c: 20 })) {
      time.after(ms, note(name))
    }
    time.after(25, note('never'))()
    time.advance(35)
    expect(fired).toEqual(['a@10', 'b@10', 'c@20', 'd@30'])
    expect(time.monotonicMs()).toBe(35)
    expect(time.pending).toBe(1)
  })

  it('keeps the order among many timers', () => {
    const time = new VirtualTime()
    const fired: number[] = []
    for (let at = 0; at < 500; at += 1) {
      const ms = (at * 7919) % 503
      time.after(ms, () => fired.push(ms))
    }
    time.advance(503)
    expect(fired).toHaveLength(500)
    expect(fired).toEqual([...fired].sort((a, b) => a - b))
  })

  it('fires timers that were set on the way', () => {
    const time = new VirtualTime()
    const fired: number[] = []
    const again = () => {
      fired.push(time.monotonicMs())
      time.after(10, again)
    }
    time.after(10, again)
    time.advance(35)
    expect(fired).toEqual([10, 20, 30])
  })

  it('lets promises follow between timers when it runs', async () => {
    const time = new VirtualTime(1_000)
    const seen: number[] = []
    const wait = (ms: number) => new Promise<void>((resolve) => void time.after(ms, resolve))
    const loop = async () => {
      for (;;) {
        await wait(10)
        seen.push(time.wallMs())
      }
    }
    void loop()
    await time.run(30)
    expect(seen).toEqual([1_010, 1_020, 1_030])
    expect(await time.runUntil(() => seen.length === 5)).toBe(true)
    expect(time.monotonicMs()).toBe(50)
    expect(await time.runUntil(() => false, 25)).toBe(false)
    expect(time.monotonicMs()).toBe(75)
  })
})
