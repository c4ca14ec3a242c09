// Keys from chance and from printed parts, for every module alike. Whoever gets bytes wipes them;
// what becomes of them is the module's own. [ANSI X9.24-1, split knowledge]

import { isReason, type Reason, reason } from '../values/reason.ts'
import { xorInto } from './block-cipher.ts'
import { checkValueOf } from './check-value.ts'
import type { RandomBytes } from './key-block.ts'
import { isWeakKey, KEY_BYTES, setOddParity } from './key-strength.ts'
import { type KeyComponent, KeyPart, type KeyScheme } from './security-module.ts'

const PARTS = { least: 2, most: 9 }
/** Chance gives one weak key in 2^52; a second one in a row is no chance. */
const MOST_TRIES = 3
const NO_RANDOMNESS = 'the source of randomness gives weak keys only'

/** 16 random bytes; odd parity for `tdes`. */
export function randomKey(scheme: KeyScheme, random: RandomBytes): Buffer {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const bytes = Buffer.from(random(KEY_BYTES))
    if (scheme === 'tdes') setOddParity(bytes)
    if (!isWeakKey(scheme, bytes)) return bytes
  }
  throw new Error(NO_RANDOMNESS)
}

/** Parts that make a key worth having, and its bytes. Throws for a number of parts that is none. */
export function randomParts(scheme: KeyScheme, parts: number, random: RandomBytes) {
  if (!Number.isInteger(parts) || parts < PARTS.least || parts > PARTS.most) {
    throw new RangeError(`${PARTS.least} to ${PARTS.most} parts of a key`)
  }
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const components = Array.from({ length: parts }, () => randomComponent(scheme, random))
    const bytes = combinedParts(scheme, components)
    if (!isReason(bytes)) return { bytes, components }
  }
  throw new Error(NO_RANDOMNESS)
}

/** The exclusive or of the parts; a reason when one is not right, or they make a weak key. */
export function combinedParts(
  scheme: KeyScheme,
  components: readonly KeyComponent[],
): Buffer | Reason {
  // One part would be the key, and its holder would have it.
  const { least, most } = PARTS
  if (components.length < least || components.length > most)
    return reason(`key: ${least} to ${most} parts expected`)
  const bytes = Buffer.alloc(KEY_BYTES)
  for (const [index, { component, checkValue }] of components.entries()) {
    const part = Buffer.from(component.reveal(), 'hex')
    const isRight = checkValueOf(scheme, part) === checkValue
    const isWeak = isWeakKey(scheme, part)
    xorInto(bytes, part)
    part.fill(0)
    if (isRight && !isWeak) continue
    bytes.fill(0)
    return reason(`key part ${index + 1}: ${isRight ? 'is weak' : 'check value differs'}`)
  }
  if (scheme === 'tdes') setOddParity(bytes)
  return worthHaving(scheme, bytes)
}

/** The bytes themselves; a weak key is wiped. */
export function worthHaving(scheme: KeyScheme, bytes: Buffer): Buffer | Reason {
  if (!isWeakKey(scheme, bytes)) return bytes
  bytes.fill(0)
  return reason('key: is weak')
}

function randomComponent(scheme: KeyScheme, random: RandomBytes): KeyComponent {
  const bytes = randomKey(scheme, random)
  const component = KeyPart.parse(bytes.toString('hex'))
  const checkValue = checkValueOf(scheme, bytes)
  bytes.fill(0)
  if (isReason(component)) throw new Error(component.reason)
  return { component, checkValue }
}
