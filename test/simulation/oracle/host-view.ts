// The card host's side as the oracle sees it: every 0200, 0420 and 0421 the switch sent, every
// answer it was given, by RRN. Checks what may be sent and in which form. [wire-protocol 4]

import { keyOf, keyOfOriginal } from '../host-ledger.ts'
import { readMessage, type WireMessage } from '../wire/codec.ts'

export interface HostAnswer {
  readonly atMs: number
  /** `unreadable` for a frame that is no message. */
  readonly code: string
  readonly amount: string
  readonly authCode: string
}

export interface Purchase {
  readonly rrn: string
  /** The card host that it was sent to. */
  readonly link: string
  readonly stan: string
  readonly transmission: string
  readonly amount: string
  readonly tid: string
  readonly mid: string
  readonly card: string
  readonly product: string
  readonly sentMs: number
  readonly answers: HostAnswer[]
  /** The first 0420, by which every repeat is measured; replaced by a fresh one. */
  reversal: WireMessage | undefined
  reversalsSent: number
  /** All firsts, when the newest was sent, and when any reversal was. */
  readonly earlier: WireMessage[]
  firstMs: number
  readonly reversedMs: number[]
  /** Codes of the 0430s that were delivered. */
  readonly reversalAnswers: string[]
}

const ACQUIRER = '000581'
const DEADLINE_MS = 25_000
const FORBIDDEN_IN_ADVICE = [14, 22, 25, 35, 43, 48, 52, 55, 61]
const KEPT = [3, 4, 12, 13, 32, 37, 41, 42, 49]
const DECLINES = new Set(['51', '54', '55', '61', '65', '75'])

export class HostView {
  readonly #purchases = new Map<string, Purchase>()
  readonly #byKey = new Map<string, Purchase>()
  readonly #traces = new Set<string>()
  #restoredMs = Number.NEGATIVE_INFINITY
  #crashedMs = Number.NEGATIVE_INFINITY
  readonly #violation: (what: string) => void
  readonly #wantsFresh: boolean

  /** `wantsFresh`: a late approval after the reversal was answered is undone by a new 0420. */
  constructor(violation: (what: string) => void, wantsFresh: boolean) {
    this.#violation = violation
    this.#wantsFresh = wantsFresh
  }

  purchase(rrn: string): Purchase | undefined {
    return this.#purchases.get(rrn)
  }

  purchases(): Iterable<Purchase> {
    return this.#purchases.values()
  }

  /** A reversal may go on with an earlier first than its newest, or begin once more. */
  restored(nowMs: number): void {
    this.#restoredMs = nowMs
  }

  /** Who starts does not know whether the 0420 with a fresh trace went out. */
  crashed(nowMs: number): void {
    this.#crashedMs = nowMs
  }

  /** The purchase that was just sent, or whose reversal was. */
  sent(
    link: string,
    message: WireMessage,
    nowMs: number,
  ): { mti: string; purchase: Purchase } | undefined {
    switch (message.mti) {
      case '0200':
        return { mti: '0200', purchase: this.#bought(link, message, nowMs) }
      case '0420':
      case '0421': {
        const purchase = this.#reversed(link, message, nowMs)
        return purchase === undefined ? undefined : { mti: message.mti, purchase }
      }
      case '0800':
      case '0810':
        return undefined
      default:
        this.#violation(`the card host was sent a ${message.mti}`)
        return undefined
    }
  }

  /** An answer reached the switch. One without a right MAC is none, as one that is unreadable. */
  received(
    link: string,
    body: Buffer,
    nowMs: number,
    isRight: (message: WireMessage) => boolean,
  ): Purchase | undefined {
    const message = readOrFragment(body)
    const isOurs = isRight(message)
    if (message.mti === '0430' && !isOurs) return undefined
    if (message.mti === '0430') return this.#reversalAnswered(message)
    if (message.mti !== '0210') return undefined
    const { fields } = message
    const purchase = this.#byKey.get(keyOf(link, message))
    const code = message.whole && isOurs ? (fields[39] ?? '') : 'unreadable'
    const answer = { atMs: nowMs, code, amount: fields[4] ?? '', authCode: fields[38] ?? '' }
    purchase?.answers.push(answer)
    return purchase
  }

  #bought(link: string, message: WireMessage, nowMs: number): Purchase {
    const { fields } = message
    const rrn = fields[37] ?? ''
    const trace = `${fields[7]}${fields[11]} ${link}`
    if (this.#purchases.has(rrn)) this.#violation(`RRN ${rrn} is debited by a second 0200`)
    if (this.#traces.has(trace)) this.#violation(`DE 7 and 11 of RRN ${rrn} were used before`)
    if (fields[32] !== ACQUIRER) this.#violation(`RRN ${rrn}: DE 32 is not our acquirer`)
    this.#traces.add(trace)
    const purchase: Purchase = {
      ...{
        rrn,
        link,
        stan: fields[11] ?? '',
        transmission: fields[7] ?? '',
        amount: fields[4] ?? '',
      },
      ...{ tid: fields[41]?.trimEnd() ?? '', mid: fields[42]?.trimEnd() ?? '' },
      ...{ card: (fields[35] ?? fields[2] ?? '').split('=')[0] ?? '', product: fields[48] ?? '' },
      ...{ sentMs: nowMs, answers: [], reversal: undefined, reversalsSent: 0, reversalAnswers: [] },
      ...{ earlier: [], firstMs: nowMs, reversedMs: [] },
    }
    this.#purchases.set(rrn, purchase)
    this.#byKey.set(keyOf(link, message), purchase)
    return purchase
  }

  #reversed(link: string, message: WireMessage, nowMs: number): Purchase | undefined {
    const { mti, fields } = message
    const original = fields[90] ?? ''
    const rrn = fields[37] ?? ''
    const purchase = this.#byKey.get(keyOfOriginal(link, message))
    if (purchase === undefined) {
      const sentTo = this.#purchases.get(rrn)?.link ?? link
      if (sentTo !== link) this.#violation(`${mti} of RRN ${rrn}: to ${link}, debited at ${sentTo}`)
      // After a crash between intent and 0200 nobody knows that nothing was sent.
      return undefined
    }
    const wrong = (why: string) => this.#violation(`${mti} of RRN ${rrn}: ${why}`)
    if (purchase.rrn !== rrn) wrong('DE 90 names the purchase of another RRN')
    if (original.slice(0, 4) !== '0200') wrong('DE 90 does not begin with 0200')
    if (original.slice(20, 31) !== ACQUIRER.padStart(11, '0')) wrong('DE 90 has another acquirer')
    if (fields[4] !== purchase.amount) wrong('DE 4 is not what was asked for')
    if (fields[2] !== purchase.card) wrong('DE 2 is another card')
    for (const de of FORBIDDEN_IN_ADVICE) if (fields[de] !== undefined) wrong(`it carries DE ${de}`)
    this.#compareRepeat(purchase, message, { nowMs, wrong })
    purchase.reversalsSent++
    purchase.reversedMs.push(nowMs)
    return purchase
  }

  /** A repeat keeps every field; a new 0420 has a trace of its own. */
  #compareRepeat(
    purchase: Purchase,
    message: WireMessage,
    { nowMs, wrong }: { nowMs: number; wrong: (why: string) => void },
  ): void {
    const { fields } = message
    const newest = purchase.reversal
    const wasRestored = newest !== undefined && this.#restoredMs > Number.NEGATIVE_INFINITY
    const first = wasRestored ? (earlierLike(purchase, message) ?? newest) : newest
    if (first === undefined || this.#beginsAnew(purchase, message, first)) {
      purchase.reversal = message
      purchase.firstMs = nowMs
      purchase.earlier.push(message)
      return
    }
    for (const de of [7, 11, ...KEPT]) {
      if (fields[de] !== first.fields[de]) wrong(`DE ${de} is not that of its first`)
    }
  }

  /** A fresh 0420, or after a restore one whose 0420 a crash kept from the wire. */
  #beginsAnew({ firstMs }: Purchase, message: WireMessage, first: WireMessage): boolean {
    if (firstMs < this.#restoredMs) return traceOf(message) !== traceOf(first)
    const isOther = message.fields[11] !== first.fields[11]
    const isUnsent = message.mti === '0421' && firstMs < this.#crashedMs
    return isOther && this.#wantsFresh && (message.mti === '0420' || isUnsent)
  }

  #reversalAnswered({ fields }: WireMessage): Purchase | undefined {
    const purchase = this.#purchases.get(fields[37] ?? '')
    purchase?.reversalAnswers.push(fields[39] ?? '')
    return purchase
  }
}

function earlierLike({ earlier }: Purchase, message: WireMessage): WireMessage | undefined {
  return earlier.find((one) => traceOf(one) === traceOf(message))
}

/** STANs come round: DE 7 tells them apart. */
function traceOf({ fields }: WireMessage): string {
  return `${fields[7]}${fields[11]}`
}

/** What settles a purchase in time: a clean approval or a definite decline that came first. */
export function settledBy(purchase: Purchase): HostAnswer | undefined {
  const [first] = purchase.answers
  if (first === undefined || first.atMs - purchase.sentMs > DEADLINE_MS) return undefined
  if (first.code === '00' && first.amount === purchase.amount) return first
  return DECLINES.has(first.code) ? first : undefined
}

interface Read extends WireMessage {
  readonly whole: boolean
}

/** The host of a simulation damages answers at their end only: the front names the purchase. */
function readOrFragment(body: Buffer): Read {
  try {
    return { ...readMessage('ascii', body), whole: true }
  } catch {
    const padded = Buffer.concat([body, Buffer.from('  ')])
    return { ...readMessage('ascii', padded), whole: false }
  }
}
