// Test cards for the names of cards in the traffic: the same name is always the same card. They
// come from a file of the test's bank, or are made up, with a right check digit and a BIN that is
// said; a real card is not to be had from a name.

import { CardPin, Track2 } from '../protocol/values/card.ts'
import { Pan } from '../protocol/values/pan.ts'
import { isReason, type Reason, reason } from '../protocol/values/reason.ts'

export interface TestCard {
  readonly pan: Pan
  readonly track2: Track2
  /** YYMM. */
  readonly expiry: string
  readonly cardPin: CardPin | undefined
}

export type TestCards = (name: string) => TestCard

const MADE_UP = { bin: '603799', expiry: '4912', cardPin: '1234' } as const
const NUMBER_DIGITS = 16
/** Service code 101, and discretionary data without a meaning. */
const TRACK_TAIL = '1010000000000000'

/** Cards with the BIN and a number of their own, all valid and all with PIN 1234. */
export function madeUpCards(): TestCards {
  const { bin, expiry, cardPin } = MADE_UP
  return (name) => {
    const digits = NUMBER_DIGITS - 1 - bin.length
    const number = String(mixed(name) % 10 ** digits).padStart(digits, '0')
    return good(cardOf(withCheckDigit(bin + number), expiry, cardPin))
  }
}

/** Lines of `number=YYMM`, a space and the PIN, which may be left out; # begins a remark. */
export function listedCards(text: string): TestCards | Reason {
  const cards: TestCard[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const parts = /^\s*(\d{12,19})=(\d{4})(?:\s+(\d{4,12}))?\s*$/.exec(line)
    const card = parts === null ? undefined : cardOf(parts[1] ?? '', parts[2] ?? '', parts[3])
    if (card === undefined || isReason(card)) {
      return reason(`line ${index + 1}: number=YYMM, a space and the PIN expected`)
    }
    cards.push(card)
  }
  if (cards.length === 0) return reason('no card in it')
  return (name) => cards[mixed(name) % cards.length] as TestCard
}

function cardOf(number: string, expiry: string, cardPinText?: string): TestCard | Reason {
  const pan = Pan.parse(number)
  if (isReason(pan)) return pan
  const track2 = Track2.parse(`${number}=${expiry}${TRACK_TAIL}`.slice(0, 37))
  if (isReason(track2)) return track2
  const cardPin = cardPinText === undefined ? undefined : CardPin.parse(cardPinText)
  return isReason(cardPin) ? cardPin : { pan, track2, expiry, cardPin }
}

/** [ISO/IEC 7812-1 annex B] */
function withCheckDigit(digits: string): string {
  for (let check = 0; check < 10; check++) {
    if (!isReason(Pan.parse(digits + check))) return digits + check
  }
  throw new RangeError('digits expected')
}

/** [FNV-1a, in 52 bits of two] */
function mixed(name: string): number {
  let one = 0x811c9dc5
  let other = 0x1b873593
  for (let at = 0; at < name.length; at++) {
    one = Math.imul(one ^ name.charCodeAt(at), 0x01000193)
    other = Math.imul(other ^ name.charCodeAt(at), 0x85ebca6b)
  }
  return (one >>> 0) * 2 ** 20 + ((other >>> 0) >>> 12)
}

function good<Value>(value: Value | Reason): Value {
  if (isReason(value)) throw new RangeError(value.reason)
  return value
}
