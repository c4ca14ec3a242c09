// The fault script: rules as data (an object, or a file of JSON or YAML) that say when the host
// misbehaves and how. The first rule that fits a message wins. Chance comes from a seeded
// generator, so that a run can be repeated. What a fault does to an answer is host.ts.

import { z } from 'zod'
import { CardHostError } from './errors.ts'

const count = z.int().min(0)
const rc = z.string().regex(/^[0-9A-Z]{2}$/)
const span = z.union([count, z.strictObject({ from: count, to: count })])

const faultSchema = z.discriminatedUnion('kind', [
  /** No debit and no reversal; this code. */
  z.strictObject({ kind: z.literal('decline'), rc }),
  /** As if the request had been lost. */
  z.strictObject({ kind: z.literal('silent') }),
  z.strictObject({ kind: z.literal('drop') }),
  /** The request takes effect later, as if it had been delayed on the way. */
  z.strictObject({ kind: z.literal('held'), ms: span }),
  /** Takes effect at once, is answered later. */
  z.strictObject({ kind: z.literal('late'), ms: span }),
  z.strictObject({ kind: z.literal('act-then-silent') }),
  z.strictObject({ kind: z.literal('act-then-drop') }),
  z.strictObject({ kind: z.literal('act-then-crash') }),
  /** Debits what was asked, answers 00 with another DE 4. */
  z.strictObject({ kind: z.literal('wrong-amount'), amountRial: count }),
  /** RC 10: debits and answers less than was asked. */
  z.strictObject({ kind: z.literal('partial'), amountRial: count }),
  /** Takes effect, but answers this code. */
  z.strictObject({ kind: z.literal('answer-code'), rc }),
  z.strictObject({ kind: z.literal('duplicate'), ms: span.default(0) }),
  z.strictObject({
    kind: z.literal('bad-frame'),
    how: z.enum(['trailing-byte', 'cut', 'garbage', 'empty']).default('trailing-byte'),
  }),
  /** The answer leaves with a MAC that is not its own, or without one. */
  z.strictObject({ kind: z.literal('mac-wrong') }),
  z.strictObject({ kind: z.literal('mac-missing') }),
  /** The answer leaves on another connection, when there is one. */
  z.strictObject({ kind: z.literal('other-connection') }),
  /** Closes every connection and the port for a while; the message that meets it is lost. */
  z.strictObject({ kind: z.literal('refuse-connections'), ms: span }),
])

const ruleSchema = z.strictObject({
  /** `connect`: a new connection. `load`: the script is set (refuse-connections only). */
  on: z.enum(['purchase', 'reversal', 'network', 'connect', 'load']).default('purchase'),
  /** The whole number, or its beginning followed by `*`. */
  card: z
    .string()
    .regex(/^(\d{12,19}|\d{1,18}\*)$/)
    .optional(),
  amountRial: span.optional(),
  tid: z.string().optional(),
  de70: z
    .string()
    .regex(/^\d{3}$/)
    .optional(),
  probability: z.number().min(0).max(1).optional(),
  /** The first so many that fit are left alone. */
  skip: count.optional(),
  /** How often in all. */
  times: count.optional(),
  /** How often for one purchase, or for the reversals of one purchase. */
  timesEach: count.optional(),
  fault: faultSchema,
})

const scriptSchema = z.array(ruleSchema)

export type FaultRuleData = z.input<typeof ruleSchema>
export type Fault = z.output<typeof faultSchema>
type FaultRule = z.output<typeof ruleSchema>
type Span = z.output<typeof span>

/** What a rule can look at. */
export interface Occasion {
  readonly on: FaultRule['on']
  readonly card?: string
  readonly amountRial?: number
  readonly tid?: string
  readonly de70?: string
  /** The purchase it is about. */
  readonly key?: string
}

interface Armed {
  readonly rule: FaultRule
  fitted: number
  fired: number
  readonly firedEach: Map<string, number>
}

/** Owns the counters of its rules and the seeded generator. */
export class FaultScript {
  readonly #random: () => number
  #armed: Armed[]

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#armed = []
  }

  get rules(): FaultRuleData[] {
    return this.#armed.map((armed) => armed.rule)
  }

  /** Replaces the script and its counters; a script that cannot be read leaves the old one. */
  set(data: unknown): void {
    const parsed = scriptSchema.safeParse(data)
    if (!parsed.success) {
      throw new CardHostError('CARD_HOST_BAD_FAULTS', z.prettifyError(parsed.error))
    }
    const arm = (rule: FaultRule) => ({ rule, fitted: 0, fired: 0, firedEach: new Map() })
    this.#armed = parsed.data.map(arm)
  }

  pick(occasion: Occasion): Fault | undefined {
    return this.#armed.find((armed) => fits(armed.rule, occasion) && this.#fires(armed, occasion))
      ?.rule.fault
  }

  /** A length of time from a range. */
  draw(range: Span): number {
    if (typeof range === 'number') return range
    return range.from + Math.floor(this.#random() * (range.to - range.from + 1))
  }

  #fires(armed: Armed, occasion: Occasion): boolean {
    const { probability, skip, times, timesEach } = armed.rule
    const key = occasion.key ?? ''
    const each = armed.firedEach.get(key) ?? 0
    armed.fitted += 1
    if (armed.fitted <= (skip ?? 0)) return false
    if (times !== undefined && armed.fired >= times) return false
    if (timesEach !== undefined && each >= timesEach) return false
    if (probability !== undefined && this.#random() >= probability) return false
    armed.fired += 1
    if (timesEach !== undefined) armed.firedEach.set(key, each + 1)
    return true
  }
}

function fits(rule: FaultRule, occasion: Occasion): boolean {
  return (
    rule.on === occasion.on &&
    (rule.card === undefined || cardFits(rule.card, occasion.card)) &&
    (rule.amountRial === undefined || within(rule.amountRial, occasion.amountRial)) &&
    (rule.tid === undefined || rule.tid === occasion.tid) &&
    (rule.de70 === undefined || rule.de70 === occasion.de70)
  )
}

function cardFits(wanted: string, card: string | undefined): boolean {
  if (!wanted.endsWith('*')) return wanted === card
  return card?.startsWith(wanted.slice(0, -1)) ?? false
}

function within(wanted: Span, amountRial: number | undefined): boolean {
  if (amountRial === undefined) return false
  if (typeof wanted === 'number') return wanted === amountRial
  return wanted.from <= amountRial && amountRial <= wanted.to
}

/** Mulberry32: small, and the same on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
