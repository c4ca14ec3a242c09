// MACs and keys on the links to the card host: what the switch sends is under the newest keys that
// it has said it took, or those before while the host has shown no newer ones and has left what was
// under them unanswered; nothing that moves money goes without a MAC, a change of keys needs the
// MAC of those in force, and what comes without a right MAC is like silence. [wire-protocol 3.5, 4]

import { ZONE_MASTER } from '../keys/zone-keys.ts'
import { BLOCK_CHARS, type Cmac, cmacOf, keyOfBlock } from '../wire/aes.ts'
import type { WireMessage } from '../wire/codec.ts'
import { hasRightHexMac } from '../wire/sealed.ts'
import type { OracleClock } from './oracle-clock.ts'
import type { Troubles } from './troubles.ts'

interface ZoneSet {
  readonly order: number
  readonly mac: Cmac
}

interface HostAsked {
  readonly isChange: boolean
  /** Brought by a change. */
  readonly set: ZoneSet | undefined
  /** That of its MAC; undefined without a right one. */
  readonly under: ZoneSet | undefined
  /** The switch had no keys, has proved none, or nobody knows which. */
  readonly wasOpen: boolean
  /** A first change, before the host has used any keys, and no other one was on its way. */
  readonly mayBeFirst: boolean
  /** Keys may be changed under this one. */
  readonly mayChange: boolean
  readonly wasInForce: boolean
  readonly atMs: number
}

/** An answer that comes as soon as this is one that the switch still waited for. */
const FRESH_MS = 1_000

/** Within this the switch has asked for an answer under keys that nobody uses, and had none. */
const REFUSING_MS = 180_000

/** So long after a change arrived it may be in force without having been answered. */
const CHANGING_MS = 60_000

export class ZoneRules {
  readonly #clock: OracleClock
  readonly #troubles: Troubles
  readonly #violation: (what: string) => void
  /** By the blocks that brought them. */
  readonly #sets = new Map<string, ZoneSet>()
  readonly #asked = new Map<string, HostAsked>()
  /** The newest that the switch took, and the one before. */
  #current: ZoneSet | undefined
  #previous: ZoneSet | undefined
  /** The host has used the newest, and the switch has asked for something under them. */
  #isShown = false
  #isTried = false
  /** The newest that the host has used. */
  #lastUsed: ZoneSet | undefined
  /** A restore brought back some older state. */
  #isUnsure = false
  #changeMs = Number.NEGATIVE_INFINITY
  readonly #lastChanges = new Map<ZoneSet, number>()
  /** Requests of the switch by what answers them, and when they went out. */
  readonly #waiting = new Map<string, number>()
  /** Since it began anew: the host has used keys; since the start, it has answered under them. */
  #isUsed = false
  #isProven = false
  /** Since when first changes are refused. */
  #refusingMs: number | undefined

  constructor(clock: OracleClock, troubles: Troubles, violation: (what: string) => void) {
    this.#clock = clock
    this.#troubles = troubles
    this.#violation = violation
  }

  /** A frame reaches the switch; false: it has no right MAC. */
  received(message: WireMessage, body: Buffer): boolean {
    const { mti, fields } = message
    const under = this.#underOf(message, body)
    if (under !== undefined && (mti !== '0800' || fields[70] !== '101')) this.#isUsed = true
    if (under !== undefined && under === this.#current) this.#isShown = true
    if (under !== undefined) this.#lastUsed = under
    if (mti !== '0800') {
      this.#answers(message, under)
      return under !== undefined
    }
    const isChange = fields[70] === '101'
    const set = isChange ? this.#brought(fields[62] ?? '') : undefined
    const nowMs = this.#clock.monotonicMs()
    const ofIts = under ?? (set !== undefined && this.#isUnder(set, body) ? set : undefined)
    const isFirst = set !== undefined && (ofIts === set || !hasMac(message))
    this.#asked.set(`${fields[7]} ${fields[11]}`, {
      ...{ isChange, set, atMs: nowMs, under: ofIts },
      wasOpen: this.#isOpen,
      mayBeFirst: isFirst && !this.#isUsed && !this.#isUnsure && !this.#isOtherOnItsWay(set),
      mayChange:
        under !== undefined &&
        (under === this.#current ||
          this.#isNewer(under) ||
          (under === this.#previous && !this.#isShown)),
      wasInForce: under !== undefined && under === this.#current && this.#isSettled,
    })
    if (isChange) this.#changeMs = nowMs
    if (set !== undefined) this.#lastChanges.set(set, nowMs)
    return true
  }

  get #isOpen(): boolean {
    return this.#current === undefined || !this.#isProven || this.#isUnsure
  }

  #answers({ mti, fields }: WireMessage, under: ZoneSet | undefined): void {
    const key = `${mti} ${fields[7]}${fields[11]}`
    const askedMs = this.#waiting.get(key)
    this.#waiting.delete(key)
    if (askedMs === undefined || under === undefined || under !== this.#current) return
    if (this.#clock.monotonicMs() - askedMs < FRESH_MS) this.#isProven = true
  }

  /** A frame leaves the switch. */
  sent(message: WireMessage, body: Buffer): void {
    const { mti, fields } = message
    const under = this.#underOf(message, body)
    if (mti === '0810') return this.#answered(message, under)
    const answer = `${mti.slice(0, 2)}${Number(mti[2]) + 1}0`
    this.#waiting.set(`${answer} ${fields[7]}${fields[11]}`, this.#clock.monotonicMs())
    const wrong = (why: string) => this.#violation(`${mti} ${fields[37] ?? fields[70]}: ${why}`)
    if (under === undefined) {
      if (hasMac(message)) return wrong('its MAC is wrong')
      const isOpen = this.#current === undefined || this.#isUnsure
      if (mti !== '0800' || !isOpen) wrong('it has no MAC')
      this.#beginsAnew()
      return
    }
    const isOlder = this.#current !== undefined && under.order < this.#current.order
    const isOfBefore = under === this.#previous || under === this.#lastUsed
    const mayFallBack = isOfBefore && this.#isTried && !this.#isShown
    if (isOlder && !mayFallBack && !this.#isUnsure && !this.#isBeingTaken(under)) {
      wrong('it is under keys that are not in force any more')
    }
    this.#take(under)
    this.#isTried ||= mti === '0800'
    this.#isUnsure = false
  }

  /** The switch has fallen back behind it. */
  #isNewer(set: ZoneSet): boolean {
    return this.#current !== undefined && set.order > this.#current.order
  }

  /** A link without keys, new or restored. */
  #beginsAnew(): void {
    this.#current = undefined
    this.#previous = undefined
    this.#isUnsure = false
    this.#isUsed = false
    this.#isProven = false
  }

  /** What was in memory only is gone with the process. */
  crashed(): void {
    this.#waiting.clear()
    this.#isProven = false
    // The note of it may be lost as well.
    this.#isShown = false
    this.#isTried = false
    this.#refusingMs = undefined
  }

  restored(): void {
    this.#isUnsure = true
  }

  get #isSettled(): boolean {
    return !this.#isUnsure && this.#clock.monotonicMs() - this.#changeMs >= CHANGING_MS
  }

  #isOtherOnItsWay(own: ZoneSet): boolean {
    const sinceMs = this.#clock.monotonicMs() - CHANGING_MS
    return [...this.#lastChanges].some(([set, atMs]) => set !== own && atMs > sinceMs)
  }

  /** A change brought it that may be taken, be it an old one whose taking a restore undid. */
  #isBeingTaken(set: ZoneSet): boolean {
    const sinceMs = this.#clock.monotonicMs() - CHANGING_MS
    return [...this.#asked.values()].some(
      (asked) => asked.set === set && asked.atMs > sinceMs && (asked.mayChange || asked.wasOpen),
    )
  }

  #answered({ fields }: WireMessage, under: ZoneSet | undefined): void {
    const asked = this.#asked.get(`${fields[7]} ${fields[11]}`)
    const wrong = (why: string) => this.#violation(`0810 ${fields[70]} ${fields[11]}: ${why}`)
    if (asked === undefined) return wrong('it answers nothing')
    const code = fields[39] ?? ''
    const { isChange, set, wasOpen } = asked
    if (under !== asked.under && code !== '63' && !wasOpen)
      wrong('not under the keys of its request')
    switch (code) {
      case '00':
        if (asked.under === undefined && !wasOpen) wrong('00 to a message without a right MAC')
        if (!isChange || set === undefined) return
        if (!wasOpen && !asked.mayChange) wrong('changed under keys that are not in force')
        return this.#take(set, asked.under)
      case '63':
        if (asked.wasInForce) wrong('63 to a right MAC')
        if (asked.mayBeFirst) this.#firstRefused(wrong)
        return
      case '96':
        if (!isChange || !this.#troubles.ofStore(asked.atMs)) wrong('96 while nothing was wrong')
        return
      default:
        wrong(`${code} is no answer`)
    }
  }

  /** For a while: it may be somebody else's, and the keys that are there may yet be proved. */
  #firstRefused(wrong: (why: string) => void): void {
    const nowMs = this.#clock.monotonicMs()
    this.#refusingMs ??= nowMs
    if (nowMs - this.#refusingMs > REFUSING_MS) wrong('63 to a first change for minutes')
  }

  /** What is sent under a set may be seen before the answer that says that it was taken. */
  #take(set: ZoneSet, under?: ZoneSet): void {
    if (set === this.#current) return
    // What a change came under the host has for certain.
    if (under === undefined || under !== this.#previous) this.#previous = this.#current
    this.#current = set
    this.#refusingMs = undefined
    this.#isShown = false
    this.#isTried = false
  }

  #brought(blocks: string): ZoneSet | undefined {
    const known = this.#sets.get(blocks)
    if (known !== undefined) return known
    const macKey = keyOfBlock(ZONE_MASTER, blocks.slice(0, BLOCK_CHARS), 'M6C')
    const set = { order: this.#sets.size, mac: cmacOf(macKey) }
    this.#sets.set(blocks, set)
    return set
  }

  #underOf({ fields }: WireMessage, body: Buffer): ZoneSet | undefined {
    if (!hasMac({ fields })) return undefined
    const first = [this.#current, this.#previous].find((set) => set && this.#isUnder(set, body))
    if (first !== undefined) return first
    return [...this.#sets.values()].reverse().find((set) => this.#isUnder(set, body))
  }

  #isUnder({ mac }: ZoneSet, body: Buffer): boolean {
    return hasRightHexMac(body, mac)
  }
}

function hasMac({ fields }: Pick<WireMessage, 'fields'>): boolean {
  return fields[64] !== undefined || fields[128] !== undefined
}
