// A clock that stands still until a test moves it. Timers fire in order of their time, and those of
// one time in the order in which they were set, so the same test always takes the same course.
// Drives the link and the core alike; does not touch promises unless asked to (`run`, `runUntil`).

import type { Timers } from '../../protocol/link/timers.ts'

interface Alarm {
  readonly atMs: number
  readonly order: number
  run: (() => void) | undefined
}

export class VirtualTime implements Timers {
  readonly #startWallMs: number
  readonly #heap: Alarm[] = []
  #nowMs = 0
  #wallOffsetMs = 0
  #lastOrder = 0
  #pending = 0

  /** The calendar starts at 2025-03-21T00:00:00Z unless told. */
  constructor(startWallMs: number = Date.UTC(2025, 2, 21)) {
    this.#startWallMs = startWallMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return this.#startWallMs + this.#wallOffsetMs + this.#nowMs
  }

  /** Timers that are set and have neither fired nor been cancelled. */
  get pending(): number {
    return this.#pending
  }

  after(ms: number, run: () => void): () => void {
    this.#lastOrder += 1
    const alarm: Alarm = { atMs: this.#nowMs + Math.max(0, ms), order: this.#lastOrder, run }
    this.#pending += 1
    push(this.#heap, alarm)
    return () => {
      if (alarm.run === undefined) return
      alarm.run = undefined
      this.#pending -= 1
    }
  }

  /** The calendar jumps, as when somebody sets the clock; timers notice nothing. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms
  }

  /** Time passes and nothing fires, as in a process that stands still: what fell due comes late. */
  stall(ms: number): void {
    this.#nowMs += ms
  }

  /** Fires the next timer, whenever it is due; false when none is left. */
  step(): boolean {
    return this.#fireNext(Number.POSITIVE_INFINITY)
  }

  /**
   * Moves on by `ms` and fires what falls due, in one go: promises follow when the caller awaits.
   */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    while (this.#fireNext(untilMs));
    this.#nowMs = untilMs
  }

  /** Moves on by `ms`; before and after every timer, everything promised so far is carried out. */
  async run(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await this.settle()
    while (this.#fireNext(untilMs)) await this.settle()
    this.#nowMs = untilMs
  }

  /**
   * Moves on, timer by timer, until the condition holds; false when `limitMs` passed or none is
   * left.
   */
  async runUntil(condition: () => boolean, limitMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const untilMs = this.#nowMs + limitMs
    await this.settle()
    while (!condition()) {
      if (!this.#fireNext(untilMs)) {
        if (Number.isFinite(untilMs)) this.#nowMs = untilMs
        return false
      }
      await this.settle()
    }
    return true
  }

  /** Lets everything promised so far be carried out, without moving the clock. */
  settle(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve)
    })
  }

  #fireNext(untilMs: number): boolean {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.run !== undefined && first.atMs > untilMs) return false
      pop(this.#heap)
      const { run } = first
      if (run === undefined) continue
      first.run = undefined
      this.#pending -= 1
      this.#nowMs = Math.max(this.#nowMs, first.atMs)
      run()
      return true
    }
    return false
  }
}

function isEarlier(a: Alarm, b: Alarm): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

function push(heap: Alarm[], alarm: Alarm): void {
  let at = heap.length
  heap.push(alarm)
  while (at > 0) {
    const parentAt = (at - 1) >> 1
    const parent = heap[parentAt]
    if (parent === undefined || !isEarlier(alarm, parent)) break
    heap[at] = parent
    at = parentAt
  }
  heap[at] = alarm
}

/** Takes away the first; what was last sinks to its place. */
function pop(heap: Alarm[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    const left = heap[2 * at + 1]
    const right = heap[2 * at + 2]
    if (left === undefined) break
    const isRight = right !== undefined && isEarlier(right, left)
    const child = isRight ? right : left
    if (!isEarlier(child, last)) break
    heap[at] = child
    at = 2 * at + (isRight ? 2 : 1)
  }
  heap[at] = last
}
