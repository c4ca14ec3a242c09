// The keys of one terminal as the oracle sees them: the sets that the switch has told it, which of
// them the switch may still take, and which it must take. A new set replaces the one that waits;
// that one becomes the active one with the first message that verifies under it. A crash may lose
// the note of that, and then the one before is the active one again. [wire-protocol 3.4]

import { hasRightMac, type SessionSet } from '../wire/sealed.ts'

/** So long, and no longer, a slow disk may keep a logon waiting. */
const WRITING_MS = 60_000
/** So long after it became active a set is so in the store, whatever the disk. */
const NOTED_MS = 60_000

export interface SetSeen extends SessionSet {
  /** When its logon arrived, counted in logons of this terminal. */
  readonly order: number
  /** When the first message under it arrived. */
  usedMs: number | undefined
  /** A restore came after it: the store may never have heard of it. */
  mayBeLost: boolean
}

export class KeyView {
  readonly #sets: SetSeen[] = []
  /** One of these waits, or none does. */
  #waiting = new Set<SetSeen>()
  /** One of these is the active one. */
  #active = new Set<SetSeen>()
  /** Instead, should the note of the newest activation be lost. */
  #before = new Set<SetSeen>()
  #activatedMs = Number.NEGATIVE_INFINITY
  #takenAt = 0
  /** A crash or a restore may have left another state than the wires show. */
  #isUnsure = false
  #logons = 0
  #logonMs = Number.NEGATIVE_INFINITY
  /** Since the last restore. */
  #told = 0

  /**
   * A logon arrives; its number is that of the set that it may bring. `isCrowded`: another one may
   * still be being written.
   */
  logonAsked(nowMs: number): { readonly order: number; readonly isCrowded: boolean } {
    const isCrowded = nowMs - this.#logonMs < WRITING_MS
    this.#logonMs = nowMs
    this.#logons++
    return { order: this.#logons, isCrowded }
  }

  told(set: SessionSet, order: number): void {
    const seen = { ...set, order, usedMs: undefined, mayBeLost: false }
    this.#sets.push(seen)
    // One that was used is in force already, whether or not anything under it is answered yet.
    for (const one of this.#waiting) if (one.usedMs !== undefined) this.#active.add(one)
    this.#waiting = new Set([seen])
    this.#told++
  }

  get hasKeys(): boolean {
    return this.#told > 0
  }

  /** Its serial number is bound: a set was proven, and no crash can have undone that. */
  get isBound(): boolean {
    return this.#active.size === 1 && !this.#isUnsure
  }

  /** The set that this frame has the MAC of, if the switch may take it. */
  setOf(body: Buffer): SetSeen | undefined {
    for (const sets of [this.#waiting, this.#active]) {
      for (const set of sets) if (hasRightMac(body, set.mac)) return set
    }
    return undefined
  }

  /** Asked before the frame is noted: a refusal of it would be wrong. */
  mustTake(set: SetSeen): boolean {
    if (this.#isUnsure) return false
    if (this.#sets.some((one) => one.order > set.order && one.usedMs !== undefined)) return false
    if (this.#active.has(set)) return this.#active.size === 1
    return this.#waiting.size === 1 && set.order === this.#logons && !set.mayBeLost
  }

  used(set: SetSeen, nowMs: number): void {
    set.usedMs ??= nowMs
  }

  /** A message under it was answered under it; `at`: the number of its arrival. */
  taken(set: SetSeen, at: number, nowMs: number): void {
    if (at < this.#takenAt) return
    this.#takenAt = at
    this.#isUnsure = false
    this.#waiting.delete(set)
    if (this.#active.has(set) && this.#active.size === 1) return
    for (const one of this.#active) if (one !== set) this.#before.add(one)
    this.#active = new Set([set])
    // Its note was on the way to the store before the answer was.
    this.#activatedMs = set.usedMs ?? nowMs
  }

  crashed(nowMs: number, diskWasWellSince: (ms: number) => boolean): void {
    const isNoted = nowMs - this.#activatedMs > NOTED_MS && diskWasWellSince(this.#activatedMs)
    if (isNoted) return this.#before.clear()
    for (const one of this.#active) this.#waiting.add(one)
    for (const one of this.#before) this.#active.add(one)
    this.#isUnsure = true
  }

  /** Another copy of the store: any set that it was ever told may be there. */
  restored(): void {
    for (const sets of [this.#waiting, this.#active, this.#before]) {
      for (const set of this.#sets) sets.add(set)
    }
    for (const set of this.#sets) set.mayBeLost = true
    this.#isUnsure = true
    this.#told = 0
  }
}
