// Digits: one ASCII character each, or packed two to a byte (BCD). Track 2 may hold separators
// among the digits, `=` or the nibble D. An odd count of packed digits leaves a pad nibble: 0 on
// the left, or F on the right, where 0 is read as well. Whether the digits make sense is not
// looked at here.

import { type CodeRange, isWithin, writeWithin } from './plain.ts'
import { shortHex, threePacked } from './short-text.ts'

const ZERO = 0x30
const NINE = 0x39
const EQUALS = 0x3d
const SEPARATOR_NIBBLE = 0xd
const PAD_NIBBLE = 0xf
/** For the rows. In the loops here the codes are this file's own, which cost no look-up. */
export const DIGITS: CodeRange = { lowest: ZERO, highest: NINE }
export const NON_DIGIT = 'non-digit'

export type PadSide = 'left' | 'right'

export function digitsFault(wire: Buffer, at: number, count: number): string | undefined {
  return isWithin(wire, at, at + count, ZERO, NINE) ? undefined : NON_DIGIT
}

export function trackFault(wire: Buffer, at: number, count: number): string | undefined {
  let outside = 0
  for (let i = at; i < at + count; i++) {
    const code = wire[i] ?? 0
    // Negative as soon as one of them is: a branch more for each digit costs twice as much.
    if (code !== EQUALS) outside |= (code - ZERO) | (NINE - code)
  }
  return outside < 0 ? NON_DIGIT : undefined
}

export function writeDigits(wire: Buffer, at: number, value: string): boolean {
  return writeWithin(wire, at, value, ZERO, NINE)
}

export function writeTrack(wire: Buffer, at: number, value: string): boolean {
  let outside = 0
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code !== EQUALS) outside |= (code - ZERO) | (NINE - code)
    wire[at + i] = code
  }
  return outside >= 0
}

/** C credit, D debit, 0 neither. [ISO 8583:1987 DE 28 to 31, 97] */
export function signFault(wire: Buffer, at: number): string | undefined {
  const code = wire[at]
  return code === 0x43 || code === 0x44 || code === ZERO ? undefined : 'sign is not C, D or 0'
}

export function packedBytes(count: number): number {
  return (count + 1) >> 1
}

export function packedFault(
  wire: Buffer,
  at: number,
  count: number,
  pad: PadSide,
  separators: boolean,
): string | undefined {
  const odd = (count & 1) === 1
  let start = at
  if (odd && pad === 'left') {
    const first = wire[start++] ?? 0
    if (first >> 4 !== 0) return 'pad nibble is not 0'
    if (!isNibble(first, separators)) return NON_DIGIT
  }
  const end = start + (count >> 1)
  for (let i = start; i < end; i++) {
    const byte = wire[i] ?? 0
    if (!isNibble(byte >> 4, separators) || !isNibble(byte & 0xf, separators)) return NON_DIGIT
  }
  if (!odd || pad === 'left') return undefined
  const last = wire[end] ?? 0
  if (!isNibble(last >> 4, separators)) return NON_DIGIT
  const padding = last & 0xf
  return padding === PAD_NIBBLE || padding === 0 ? undefined : 'pad nibble is not F or 0'
}

/** The digits; a separator reads as `d`. */
export function readPacked(wire: Buffer, at: number, count: number, pad: PadSide): string {
  const odd = (count & 1) === 1
  if (count === 3 && pad === 'left') return threePacked(wire, at)
  const bytes = packedBytes(count)
  const hex = (odd ? undefined : shortHex(wire, at, bytes)) ?? wire.toString('hex', at, at + bytes)
  if (!odd) return hex
  return pad === 'left' ? hex.slice(1) : hex.slice(0, -1)
}

export function writePacked(
  wire: Buffer,
  at: number,
  value: string,
  pad: PadSide,
  separators: boolean,
): boolean {
  const odd = (value.length & 1) === 1
  let place = at
  let next = 0
  if (odd && pad === 'left') {
    const first = nibbleOf(value, next++, separators)
    if (first < 0) return false
    wire[place++] = first
  }
  for (; next + 1 < value.length; next += 2) {
    const both = (nibbleOf(value, next, separators) << 4) | nibbleOf(value, next + 1, separators)
    if (both < 0) return false
    wire[place++] = both
  }
  if (!odd || pad === 'left') return true
  const last = nibbleOf(value, next, separators)
  wire[place] = (last << 4) | PAD_NIBBLE
  return last >= 0
}

/** The length in front of an LL or LLL field, or -1 when it holds a non-digit. */
export function readNumber(wire: Buffer, at: number, bytes: number, packed: boolean): number {
  return packed ? readPackedNumber(wire, at, bytes) : readAsciiNumber(wire, at, bytes)
}

function readAsciiNumber(wire: Buffer, at: number, bytes: number): number {
  let number = 0
  for (let i = at; i < at + bytes; i++) {
    const digit = (wire[i] ?? 0) - ZERO
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}

function readPackedNumber(wire: Buffer, at: number, bytes: number): number {
  let number = 0
  for (let i = at; i < at + bytes; i++) {
    const byte = wire[i] ?? 0
    if (byte >> 4 > 9 || (byte & 0xf) > 9) return -1
    number = number * 100 + (byte >> 4) * 10 + (byte & 0xf)
  }
  return number
}

/** The length in front of an LL or LLL field: at most three digits. */
export function writeNumber(
  wire: Buffer,
  at: number,
  bytes: number,
  packed: boolean,
  number: number,
): void {
  const [hundreds, tens, ones] = [(number / 100) | 0, ((number / 10) | 0) % 10, number % 10]
  if (packed) {
    if (bytes === 2) wire[at] = hundreds
    wire[at + bytes - 1] = (tens << 4) | ones
  } else {
    if (bytes === 3) wire[at] = ZERO + hundreds
    wire[at + bytes - 2] = ZERO + tens
    wire[at + bytes - 1] = ZERO + ones
  }
}

function isNibble(nibble: number, separators: boolean): boolean {
  return nibble <= 9 || (separators && nibble === SEPARATOR_NIBBLE)
}

/** Negative when the character there has none. */
function nibbleOf(value: string, at: number, separators: boolean): number {
  const code = value.charCodeAt(at)
  if (isDigit(code)) return code - ZERO
  return separators && code === EQUALS ? SEPARATOR_NIBBLE : -1
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= ZERO + 9
}
