// What a restored switch may have forgotten, from the oracle's own records: at every backup it
// keeps what it knew of each identity, and after a restore it judges by that. What was answered
// before the backup is known for ever; what came later may be known, reversed or never heard of,
// but it is neither debited again nor shown to anybody else. [nothing-lost, rule 9]

import { momentOf } from '../wire/calendar.ts'
import type { IdentitySeen } from './identity.ts'

interface Clock {
  monotonicMs(): number
  wallMs(): number
}

type Closed = Map<string, { count: number; amount: number }>

interface Snapshot {
  readonly atMs: number
  readonly wallMs: number
  readonly identities: ReadonlyMap<string, IdentitySeen>
  readonly closed: Closed
  readonly remembered: readonly Window[]
}

interface Window {
  readonly fromMs: number
  readonly toMs: number
  readonly fromWallMs: number
  readonly toWallMs: number
}

/** A new sale's date may be so far from the clock: so old may one be that was sold in the gap. */
const SKEW_MS = 7 * 86_400_000
const YEAR_MS = 365 * 86_400_000

export class Gaps {
  readonly #clock: Clock
  readonly #snapshots = new Map<number, Snapshot>()
  readonly #windows: Window[] = []
  /** Those that the switch remembers: it may have forgotten a gap with the rest. */
  #remembered: readonly Window[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  backedUp(number: number, identities: ReadonlyMap<string, IdentitySeen>, closed: Closed): void {
    this.#snapshots.set(number, {
      atMs: this.#clock.monotonicMs(),
      wallMs: this.#clock.wallMs(),
      identities: new Map([...identities].map(([key, seen]) => [key, { ...seen }])),
      closed: new Map([...closed].map(([key, sum]) => [key, { ...sum }])),
      remembered: this.#remembered,
    })
  }

  restored(number: number, identities: ReadonlyMap<string, IdentitySeen>, closed: Closed): void {
    const snapshot = this.#snapshots.get(number)
    if (snapshot === undefined) throw new Error('no such backup')
    const nowMs = this.#clock.monotonicMs()
    const toWallMs = this.#clock.wallMs()
    const { atMs: fromMs, wallMs: fromWallMs } = snapshot
    const window = { fromMs, toMs: nowMs, fromWallMs, toWallMs }
    this.#windows.push(window)
    this.#remembered = [...snapshot.remembered, window]
    closed.clear()
    for (const [key, sum] of snapshot.closed) closed.set(key, { ...sum })
    for (const [key, seen] of identities) forget(seen, snapshot.identities.get(key), nowMs)
  }

  /** Whatever happened then may have been forgotten. */
  lost(atMs: number): boolean {
    return this.#windows.some(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs)
  }

  /** A sale of before a restore that its date does not show to be one: it is a new one then. */
  takesAnew(seen: IdentitySeen): boolean {
    if (seen.forgotten === undefined || this.dated(seen)) return false
    seen.forgotten = { ...seen.forgotten, takenAnew: true }
    return true
  }

  /**
   * Its date is one of which the switch knows that it may have sold then. With a clock that was set
   * back meanwhile a sale of the gap may be dated behind both of its ends, and then it is not.
   */
  dated(seen: IdentitySeen): boolean {
    return this.#datedAt(seen, this.#clock.wallMs())
  }

  /** The same at any time: a date has no year, and means another one once the clock has jumped. */
  wasDated(seen: IdentitySeen): boolean {
    return [0, YEAR_MS, -YEAR_MS].some((ms) => this.#datedAt(seen, this.#clock.wallMs() - ms))
  }

  #datedAt({ key }: IdentitySeen, wallMs: number): boolean {
    const original = key.split(' ')[3] ?? ''
    return this.#remembered.some(({ fromWallMs, toWallMs }) => {
      const moment = momentOf(original.slice(12), original.slice(6, 12), wallMs)
      const from = Math.min(fromWallMs, toWallMs) - SKEW_MS
      return moment !== undefined && from <= moment && moment <= Math.max(fromWallMs, toWallMs)
    })
  }
}

/** Back to what was known at the backup; what may be left of later is remembered beside it. */
function forget(seen: IdentitySeen, before: IdentitySeen | undefined, restoredMs: number): void {
  const { answer, reversedMs } = seen
  const known = before?.answer === undefined ? (before === undefined ? 'never' : 'begun') : 'known'
  seen.forgotten = {
    known,
    restoredMs,
    answer: answer ?? seen.forgotten?.answer,
    reversed: reversedMs !== undefined || seen.forgotten?.reversed === true,
    takenAnew: seen.forgotten?.takenAnew === true,
  }
  if (known === 'begun') seen.heldBack = true
  seen.answer = before?.answer
  seen.answeredMs = before?.answeredMs ?? Number.POSITIVE_INFINITY
  seen.content = before?.content
  seen.card = before?.card ?? ''
  seen.reversedMs = before?.reversedMs
  seen.reversedDay = before?.reversedDay
  seen.confirmedMs = before?.confirmedMs
  seen.reprints = before?.reprints ?? 0
  seen.reprintAsked = before?.reprintAsked ?? false
  seen.soldMs = before?.soldMs
  seen.dayEnd = before?.dayEnd
}
