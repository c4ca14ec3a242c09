// Sends at a fixed rate whether or not anything is answered, and knows how far behind its own
// schedule it was: a generator that is late is the limit itself, and says so.

import { setTimeout as pause } from 'node:timers/promises'

const TICK_MS = 4
/** Later than this, and the load comes in heaps that were not meant. */
const LATE_MS = 500
const SENT_LEAST = 0.98

export interface LoopReport {
  readonly sent: number
  readonly planned: number
  readonly latenessP99Ms: number
  readonly beganMs: number
  readonly endedMs: number
}

export async function openLoop(
  perSecond: number,
  seconds: number,
  send: (dueMs: number) => void,
): Promise<LoopReport> {
  const planned = Math.round(perSecond * seconds)
  const beganMs = performance.now()
  const endMs = beganMs + seconds * 1_000
  const lateness: number[] = []
  let sent = 0
  while (performance.now() < endMs && sent < planned) {
    const nowMs = performance.now()
    for (; sent < planned; sent++) {
      const dueMs = beganMs + (sent * 1_000) / perSecond
      if (dueMs > nowMs) break
      lateness.push(nowMs - dueMs)
      send(dueMs)
    }
    await pause(TICK_MS)
  }
  const leftMs = endMs - performance.now()
  if (leftMs > 0) await pause(leftMs)
  return {
    ...{ sent, planned, beganMs, endedMs: performance.now() },
    latenessP99Ms: quantile(lateness, 0.99),
  }
}

export function wasTheLimit({ sent, planned, latenessP99Ms }: LoopReport): boolean {
  return sent < planned * SENT_LEAST || latenessP99Ms > LATE_MS
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0)
}
