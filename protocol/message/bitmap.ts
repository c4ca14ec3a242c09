// The bitmap: bit n says that DE n follows; bit 1 says that a second half with 65 to 128 follows
// the first. A half is 8 bytes, or 16 hex characters: 64 bits in cells of 8 or of 4. A second half
// that is announced and empty is read; one is written only when a field needs it.

import { hexCode, hexDigit, hexFault } from './binary.ts'
import type { Dialect } from './dialect.ts'
import { type BitmapWords, type FieldIndex, hasSecondHalf } from './field-index.ts'

const HALF_BYTES = 8
const HALF_WORDS = 2
const SECOND_HALF = 1 << 31

/** Notes the announced fields; gives the place after the bitmap, or what is wrong. */
export function readBitmap(
  dialect: Dialect,
  wire: Buffer,
  at: number,
  index: FieldIndex,
): number | string {
  const first = readHalf(dialect, wire, at, index, 0)
  const word = index[0] ?? 0
  // DE 1 is this bit, never a field.
  if (typeof first === 'string' || (word & SECOND_HALF) === 0) return first
  index[0] = word & ~SECOND_HALF
  return readHalf(dialect, wire, first, index, HALF_WORDS)
}

function readHalf(
  dialect: Dialect,
  wire: Buffer,
  at: number,
  index: FieldIndex,
  firstWord: number,
): number | string {
  const isHex = dialect.bitmap === 'hex'
  const wordBytes = isHex ? 8 : 4
  const end = at + HALF_WORDS * wordBytes
  if (end > wire.length) return underRun(end - at, wire.length - at)
  const fault = isHex ? hexFault(wire, at, end - at) : undefined
  if (fault !== undefined) return fault
  const read = isHex ? hexWord : binaryWord
  index[firstWord] = read(wire, at)
  index[firstWord + 1] = read(wire, at + wordBytes)
  return end
}

function binaryWord(wire: Buffer, at: number): number {
  const left = ((wire[at] ?? 0) << 24) | ((wire[at + 1] ?? 0) << 16)
  return left | ((wire[at + 2] ?? 0) << 8) | (wire[at + 3] ?? 0)
}

function hexWord(wire: Buffer, at: number): number {
  let word = 0
  for (let i = at; i < at + 8; i++) word = (word << 4) | hexDigit(wire[i] ?? 0)
  return word
}

export function bitmapBytes(dialect: Dialect, words: BitmapWords): number {
  const half = dialect.bitmap === 'hex' ? 2 * HALF_BYTES : HALF_BYTES
  return hasSecondHalf(words) ? 2 * half : half
}

export function writeBitmap(dialect: Dialect, wire: Buffer, at: number, words: BitmapWords): void {
  const isLong = hasSecondHalf(words)
  const wordBytes = dialect.bitmap === 'hex' ? 8 : 4
  for (let i = 0; i < (isLong ? 4 : 2); i++) {
    const word = (words[i] ?? 0) | (isLong && i === 0 ? SECOND_HALF : 0)
    if (dialect.bitmap === 'hex') writeHexWord(wire, at + i * wordBytes, word)
    else writeBinaryWord(wire, at + i * wordBytes, word)
  }
}

function writeBinaryWord(wire: Buffer, at: number, word: number): void {
  wire[at] = word >>> 24
  wire[at + 1] = word >>> 16
  wire[at + 2] = word >>> 8
  wire[at + 3] = word
}

function writeHexWord(wire: Buffer, at: number, word: number): void {
  for (let i = 0; i < 8; i++) wire[at + i] = hexCode((word >>> (28 - 4 * i)) & 0xf)
}

export function underRun(needed: number, left: number): string {
  return `under-run: ${needed} bytes needed, ${left} left`
}
