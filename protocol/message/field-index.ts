// Which fields a frame has and where they begin, in twenty numbers whatever the frame holds:
//
//   0 to 3    the bitmap; the highest bit of the first word is DE 1
//   4 to 19   of every 8 data elements (1 to 8, 9 to 16 ...): where the first of them begins
//
// A field is found by walking from the place of its eight over those before it, none or one in a
// usual message. So a message takes no more memory for fields that nobody asks for. Written with
// few calls, because this is what reading a field costs beside the string that is made of it.

import { countAt, type Rows, valueBytes } from './row.ts'

export type FieldIndex = number[]

/** Four words of 32 bits, each highest bit first; as an index begins. */
export type BitmapWords = readonly number[]

const EIGHTS = 16
const WORDS = 4
const HIGHEST = 1 << 31

export function emptyIndex(): FieldIndex {
  return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}

/** `de`: from 1 to 128. */
export function isIn(words: BitmapWords, de: number): boolean {
  const bit = de - 1
  return (((words[bit >> 5] ?? 0) << (bit & 31)) & HIGHEST) !== 0
}

export function putIn(words: number[], de: number): void {
  const bit = de - 1
  words[bit >> 5] = (words[bit >> 5] ?? 0) | (HIGHEST >>> (bit & 31))
}

/** How many fields have lower numbers. */
export function countBefore(words: BitmapWords, de: number): number {
  const bit = de - 1
  let count = ones((words[bit >> 5] ?? 0) & ~(-1 >>> (bit & 31)))
  for (let word = 0; word < bit >> 5; word++) count += ones(words[word] ?? 0)
  return count
}

function ones(word: number): number {
  let count = 0
  for (let bits = word; bits !== 0; bits &= bits - 1) count++
  return count
}

export function hasSecondHalf(words: BitmapWords): boolean {
  return words[2] !== 0 || words[3] !== 0
}

/** How many eights may have a field. */
export function eightsOf(index: FieldIndex): number {
  return hasSecondHalf(index) ? EIGHTS : EIGHTS / 2
}

/** The fields of an eight as the 8 highest bits, the lowest number highest. */
export function bitsOf(index: FieldIndex, eight: number): number {
  return ((index[eight >> 2] ?? 0) << (8 * (eight & 3))) & (0xff << 24)
}

export function notePlace(index: FieldIndex, eight: number, at: number): void {
  index[WORDS + eight] = at
}

/** Where a field begins, its length in front included; -1 when it is not there. */
export function startOf(index: FieldIndex, rows: Rows, wire: Buffer, de: number): number {
  const bit = de - 1
  const word = index[bit >> 5] ?? 0
  if (word << (bit & 31) >= 0) return -1
  const first = de - (bit & 7)
  let at = index[WORDS + (bit >> 3)] ?? 0
  // Of its eight, as in bitsOf, those before it.
  let bits = (word << (bit & 24)) & ~(-1 >>> (bit & 7))
  while (bits !== 0) {
    const zeros = Math.clz32(bits)
    bits ^= HIGHEST >>> zeros
    const row = rows[first + zeros]
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
export function lastIn(words: BitmapWords): number {
  for (let word = WORDS - 1; word >= 0; word--) {
    const bits = words[word] ?? 0
    if (bits !== 0) return word * 32 + 1 + Math.clz32(bits & -bits)
  }
  return 0
}

/** Ascending. */
export function numbersIn(words: BitmapWords): number[] {
  const numbers: number[] = []
  for (let word = 0; word < WORDS; word++) {
    let bits = words[word] ?? 0
    while (bits !== 0) {
      const zeros = Math.clz32(bits)
      bits ^= HIGHEST >>> zeros
      numbers.push(32 * word + 1 + zeros)
    }
  }
  return numbers
}
