// The limit of sales in flight against card hosts of several kinds: one with a queue and a fixed
// rate, one that is slow for reasons of its own, one that falls silent and comes back.

import { describe, expect, it } from 'vitest'
import { Admission } from '../../../switch/core/admission.ts'

const DEADLINE_MS = 2_000
const SETTINGS = { most: 2_000, least: 32, deadlineMs: DEADLINE_MS, slowMs: 1_400 }

interface Host {
  /** When a sale that is admitted now has its result, so many being in the host already. */
  readonly endsMs: (nowMs: number) => number
}

/** Works at a fixed rate, one after another. */
function queueing(perSecond: number): Host {
  let freeMs = 0
  return {
    endsMs: (nowMs) => {
      freeMs = Math.max(freeMs, nowMs) + 1_000 / perSecond
      return freeMs
    },
  }
}

interface Seen {
  readonly atMs: number
  readonly tookMs: number
}

/** Offers `perSecond` for `seconds`; gives the results that came within the deadline. */
function offered(admission: Admission, host: Host, perSecond: number, seconds: number): Seen[] {
  const running: { begunMs: number; endsMs: number }[] = []
  const sold: Seen[] = []
  let due = 0
  for (let ms = 0; ms < seconds * 1_000; ms++) {
    for (; due <= ms; due += 1_000 / perSecond) {
      if (!admission.admits(running.length)) continue
      running.push({ begunMs: ms, endsMs: host.endsMs(ms) })
    }
    for (const sale of [...running]) {
      const isOver = ms - sale.begunMs >= DEADLINE_MS
      if (sale.endsMs > ms && !isOver) continue
      const tookMs = Math.min(DEADLINE_MS, sale.endsMs - sale.begunMs)
      admission.ended(ms, tookMs, running.length)
      running.splice(running.indexOf(sale), 1)
      if (!isOver) sold.push({ atMs: ms, tookMs })
    }
  }
  return sold
}

function perSecond(sold: readonly Seen[], fromMs: number, toMs: number): number {
  return sold.filter(({ atMs }) => fromMs <= atMs && atMs < toMs).length / ((toMs - fromMs) / 1_000)
}

describe('the limit of sales in flight', () => {
  it.each([30, 100, 400])('keeps a host of %i debits a second busy, and no sale late', (rate) => {
    for (const load of [rate * 2, rate * 10]) {
      const sold = offered(new Admission(SETTINGS), queueing(rate), load, 30)
      expect(perSecond(sold, 0, 30_000)).toBeGreaterThan(rate * 0.98)
      expect(Math.max(...sold.map(({ tookMs }) => tookMs))).toBeLessThan(DEADLINE_MS)
    }
  })

  it.each([300, 1_000, 1_300])('lets a host sell that always takes %i ms, for any number', (ms) => {
    const sold = offered(new Admission(SETTINGS), { endsMs: (now) => now + ms }, 60, 30)
    expect(perSecond(sold, 15_000, 30_000)).toBeGreaterThan(60 * 0.99)
  })

  it('sells again at once when a host that was silent is back', () => {
    const admission = new Admission(SETTINGS)
    const quick = queueing(100)
    const isSilent = (ms: number) => ms > 5_000 && ms < 15_000
    const host: Host = {
      endsMs: (ms) => (isSilent(ms) ? Number.POSITIVE_INFINITY : quick.endsMs(ms)),
    }
    const sold = offered(admission, host, 90, 20)
    expect(perSecond(sold, 1_000, 5_000)).toBeGreaterThan(88)
    expect(perSecond(sold, 7_500, 15_000)).toBe(0)
    // Until the last ones of the silence have timed out only the least is taken.
    expect(perSecond(sold, 18_000, 20_000)).toBeGreaterThan(88)
  })

  it('falls to the least with slow results only, and rises with quick ones to the most', () => {
    const admission = new Admission({ ...SETTINGS, most: 300 })
    for (let n = 0; n < 500; n++) admission.ended(n, 1, 300)
    expect(admission.limit).toBe(300)
    for (let n = 1; n <= 400; n++) admission.ended(n * DEADLINE_MS, DEADLINE_MS, 300)
    expect(admission.limit).toBe(32)
  })

  it('is not lowered by one slow result in ten, nor twice within a wait', () => {
    const admission = new Admission(SETTINGS)
    for (let n = 0; n < 100; n++) admission.ended(n, 1, admission.limit)
    const { limit } = admission
    for (let n = 0; n < 400; n++) admission.ended(n, n % 10 === 0 ? 2_000 : 50, limit / 3)
    expect(admission.limit).toBe(limit)
    for (let n = 0; n < 100; n++) admission.ended(1_000 + n, 2_000, limit / 3)
    expect(admission.limit).toBe(Math.floor((limit * 2) / 3))
  })

  it('gives back what is not used, and does not rise for it', () => {
    const admission = new Admission(SETTINGS)
    for (let n = 0; n < 500; n++) admission.ended(n, 1, 500)
    expect(admission.limit).toBe(532)
    for (let n = 0; n < 10_000; n++) admission.ended(n, 1, 5)
    expect(admission.limit).toBe(32)
  })

  it('is never above a small most', () => {
    const admission = new Admission({ ...SETTINGS, most: 2 })
    expect([admission.admits(1), admission.admits(2)]).toEqual([true, false])
    admission.ended(0, DEADLINE_MS, 2)
    admission.ended(0, 1, 2)
    expect(admission.limit).toBe(2)
  })

  it('is a whole number of sales, and a part of one more is none', () => {
    const admission = new Admission({ ...SETTINGS, least: 4 })
    admission.ended(1_000, DEADLINE_MS / 2, 4)
    expect([admission.limit, admission.admits(3), admission.admits(4)]).toEqual([4, true, false])
  })

  it('is not lowered by what takes just as long as is not slow yet', () => {
    const admission = new Admission({ ...SETTINGS, slowMs: 0 })
    for (let n = 0; n < 40; n++) admission.ended(n, 0, 40)
    const { limit } = admission
    expect(limit).toBeGreaterThan(32)
    admission.ended(100, 0, limit / 2)
    expect(admission.limit).toBe(limit)
  })

  it('is lowered again as soon as a wait is over, not a millisecond before', () => {
    const admission = new Admission(SETTINGS)
    for (let n = 0; n < 500; n++) admission.ended(n, 1, 500)
    const slow = (nowMs: number) => {
      for (let n = 0; n < 20; n++) admission.ended(nowMs, DEADLINE_MS, admission.limit / 2)
      return admission.limit
    }
    const limits = [10_000, 11_999, 12_000].map(slow)
    expect(limits).toEqual([354, 354, 236])
  })

  it('rises from three quarters in use, by one for what is quick, and falls below one quarter', () => {
    const limitAfter = (inFlight: number, tookMs: number) => {
      const admission = new Admission({ ...SETTINGS, least: 4 })
      for (let n = 0; n < 28; n++) admission.ended(n, 1, 100)
      expect(admission.limit).toBe(32)
      for (let n = 0; n < 8; n++) admission.ended(n, tookMs, inFlight)
      return admission.limit
    }
    // The first step up leaves 24 behind; the first down leaves a part of 32.
    expect([24, 23.9, 8, 7.9].map((inFlight) => limitAfter(inFlight, 1))).toEqual([33, 32, 32, 31])
    expect([499, 500].map((tookMs) => limitAfter(24, tookMs))).toEqual([33, 32])
  })
})
