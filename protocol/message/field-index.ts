// Which fields a frame has and where they begin, in twelve numbers whatever the frame holds:
//
//   0 to 3    the bitmap; the highest bit of the first word is DE 1
//   4 to 11   of every 16 data elements (1 to 16, 17 to 32 ...): where the first of them begins
//
// A field is found by walking from the place of its sixteen over those before it, two or three in a
// usual message. So a message takes no more memory for fields that nobody asks for. Written with
// few calls, because this is what reading a field costs beside the string that is made of it.

import { countAt, type Rows, valueBytes } from './row.ts'

export type FieldIndex = number[]

export const SIXTEENS = 8
const WORDS = 4

export function emptyIndex(): FieldIndex {
  return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}

/** `de`: from 1 to 128. */
export function isIn(index: FieldIndex, de: number): boolean {
  const bit = de - 1
  return (((index[bit >> 5] ?? 0) << (bit & 31)) & (1 << 31)) !== 0
}

/** The fields of a sixteen as 16 bits, the lowest number highest. */
export function bitsOf(index: FieldIndex, sixteen: number): number {
  const word = index[sixteen >> 1] ?? 0
  return (sixteen & 1) === 0 ? word >>> 16 : word & 0xffff
}

export function notePlace(index: FieldIndex, sixteen: number, at: number): void {
  index[WORDS + sixteen] = at
}

/** Where a field that is there begins, its length in front included. */
export function startOf(index: FieldIndex, rows: Rows, wire: Buffer, de: number): number {
  const sixteen = (de - 1) >> 4
  const before = 16 * sixteen - 15
  let at = index[WORDS + sixteen] ?? 0
  let bits = bitsOf(index, sixteen) & ~(0xffff >> ((de - 1) & 15))
  while (bits !== 0) {
    const zeros = Math.clz32(bits)
    bits ^= (1 << 31) >>> zeros
    const row = rows[before + zeros]
    if (row === undefined) continue
    if (row.lengthBytes === 0) at += row.fixedBytes
    else at += row.lengthBytes + valueBytes(row, countAt(row, wire, at))
  }
  return at
}

/** Drops this field and all behind it. */
export function dropFrom(index: FieldIndex, de: number): void {
  const word = (de - 1) >> 5
  const within = (de - 1) & 31
  index[word] = within === 0 ? 0 : (index[word] ?? 0) & (-1 << (32 - within))
  for (let i = word + 1; i < WORDS; i++) index[i] = 0
}

/** 0 when there is none. */
export function lastIn(index: FieldIndex): number {
  for (let word = WORDS - 1; word >= 0; word--) {
    const bits = index[word] ?? 0
    if (bits !== 0) return word * 32 + 1 + Math.clz32(bits & -bits)
  }
  return 0
}

/** Ascending. */
export function numbersIn(index: FieldIndex): number[] {
  const numbers: number[] = []
  for (let de = 1; de <= 32 * WORDS; de++) if (isIn(index, de)) numbers.push(de)
  return numbers
}
