// The bitmap: bit n says that DE n follows; bit 1 says that a second half with 65 to 128 follows
// the first. A half is 8 bytes, or 16 hex characters: 64 bits in cells of 8 or of 4. A second half
// that is announced and empty is read; one is written only when a field needs it.

import { hexDigit, hexFault } from './binary.ts'
import type { Dialect } from './dialect.ts'

const HALF_BITS = 64

/** Adds the announced fields to `announced`; gives the place after the bitmap, or what is wrong. */
export function readBitmap(
  dialect: Dialect,
  wire: Buffer,
  at: number,
  announced: number[],
): number | string {
  const first = readHalf(dialect, wire, at, announced, 0)
  // DE 1 is this bit, never a field.
  if (typeof first === 'string' || announced[0] !== 1) return first
  announced.shift()
  return readHalf(dialect, wire, first, announced, HALF_BITS)
}

function readHalf(
  dialect: Dialect,
  wire: Buffer,
  at: number,
  announced: number[],
  before: number,
): number | string {
  const width = cellBits(dialect)
  const end = at + HALF_BITS / width
  if (end > wire.length) return underRun(end - at, wire.length - at)
  const fault = dialect.bitmap === 'hex' ? hexFault(wire, at, end - at) : undefined
  if (fault !== undefined) return fault
  for (let i = at; i < end; i++) {
    const cell = wire[i] ?? 0
    let bits = dialect.bitmap === 'hex' ? hexDigit(cell) : cell
    while (bits !== 0) {
      const bit = Math.clz32(bits) - (32 - width)
      announced.push(before + (i - at) * width + bit + 1)
      bits ^= 1 << (width - 1 - bit)
    }
  }
  return end
}

/** `numbers` ascend. */
export function bitmapBytes(dialect: Dialect, numbers: readonly number[]): number {
  return (HALF_BITS / cellBits(dialect)) * (needsSecondHalf(numbers) ? 2 : 1)
}

/** `numbers` ascend. */
export function writeBitmap(
  dialect: Dialect,
  wire: Buffer,
  at: number,
  numbers: readonly number[],
): void {
  const width = cellBits(dialect)
  const end = at + bitmapBytes(dialect, numbers)
  for (let i = at; i < end; i++) wire[i] = 0
  if (needsSecondHalf(numbers)) setBit(wire, at, width, 1)
  for (const de of numbers) setBit(wire, at, width, de)
  if (dialect.bitmap === 'hex') for (let i = at; i < end; i++) wire[i] = hexCode(wire[i] ?? 0)
}

export function underRun(needed: number, left: number): string {
  return `under-run: ${needed} bytes needed, ${left} left`
}

function setBit(wire: Buffer, at: number, width: number, de: number): void {
  const bit = de - 1
  const cell = at + Math.trunc(bit / width)
  wire[cell] = (wire[cell] ?? 0) | (1 << (width - 1 - (bit % width)))
}

function cellBits(dialect: Dialect): 4 | 8 {
  return dialect.bitmap === 'hex' ? 4 : 8
}

function needsSecondHalf(numbers: readonly number[]): boolean {
  return (numbers[numbers.length - 1] ?? 0) > HALF_BITS
}

function hexCode(nibble: number): number {
  return nibble < 10 ? 0x30 + nibble : 0x37 + nibble
}
