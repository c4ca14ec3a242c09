// Strings of a few characters, made where they are asked for. Most fields have 2 to 16 characters,
// and asking the runtime to slice a buffer costs three times as much as this for so few, and twice
// as much for a track. Hence the long switches: a call with its codes one by one makes the string
// at once, a loop makes many. Numbers that come all the time are not made at all.
// The caller has checked that the bytes are there. What is longer, or of a rarer count, is not read
// here and gives undefined.

const text = String.fromCharCode as (...codes: (number | undefined)[]) => string

/** All numbers of two and of three digits. */
const TWO_DIGITS = numbersBelow(100, 2)
const THREE_DIGITS = numbersBelow(1_000, 3)

/** `count` characters below U+0100, one byte each. */
export function shortText(w: Buffer, a: number, count: number): string | undefined {
  switch (count) {
    case 2:
      return twoDigits(w, a) ?? text(w[a], w[a + 1])
    case 3:
      return threeDigits(w, a) ?? text(w[a], w[a + 1], w[a + 2])
    case 4:
      return text(w[a], w[a + 1], w[a + 2], w[a + 3])
    case 5:
      return text(w[a], w[a + 1], w[a + 2], w[a + 3], w[a + 4])
    case 6:
      return text(w[a], w[a + 1], w[a + 2], w[a + 3], w[a + 4], w[a + 5])
    case 8:
      return text(w[a], w[a + 1], w[a + 2], w[a + 3], w[a + 4], w[a + 5], w[a + 6], w[a + 7])
    case 9:
      // biome-ignore format: one line for each eight
      return text(w[a], w[a + 1], w[a + 2], w[a + 3], w[a + 4], w[a + 5], w[a + 6], w[a + 7],
        w[a + 8])
    case 10:
      // biome-ignore format: one line for each eight
      return text(w[a], w[a + 1], w[a + 2], w[a + 3], w[a + 4], w[a + 5], w[a + 6], w[a + 7],
        w[a + 8], w[a + 9])
    case 12:
      // biome-ignore format: one line for each eight
      return text(w[a], w[a + 1], w[a + 2], w[a + 3], w[a + 4], w[a + 5], w[a + 6], w[a + 7],
        w[a + 8], w[a + 9], w[a + 10], w[a + 11])
    case 15:
      // biome-ignore format: one line for each eight
      return text(w[a], w[a + 1], w[a + 2], w[a + 3], w[a + 4], w[a + 5], w[a + 6], w[a + 7],
        w[a + 8], w[a + 9], w[a + 10], w[a + 11], w[a + 12], w[a + 13], w[a + 14])
    case 37:
      // Track 2 of a whole card.
      // biome-ignore format: one line for each eight
      return text(w[a], w[a + 1], w[a + 2], w[a + 3], w[a + 4], w[a + 5], w[a + 6], w[a + 7],
        w[a + 8], w[a + 9], w[a + 10], w[a + 11], w[a + 12], w[a + 13], w[a + 14], w[a + 15],
        w[a + 16], w[a + 17], w[a + 18], w[a + 19], w[a + 20], w[a + 21], w[a + 22], w[a + 23],
        w[a + 24], w[a + 25], w[a + 26], w[a + 27], w[a + 28], w[a + 29], w[a + 30], w[a + 31],
        w[a + 32], w[a + 33], w[a + 34], w[a + 35], w[a + 36])
    default:
      return undefined
  }
}

/** `bytes` bytes as twice as many digits of lower-case hex, which are decimal in packed fields. */
export function shortHex(w: Buffer, a: number, bytes: number): string | undefined {
  switch (bytes) {
    case 1:
      return text(high(w, a), low(w, a))
    case 2:
      return text(high(w, a), low(w, a), high(w, a + 1), low(w, a + 1))
    case 3:
      // biome-ignore format: one line for each two bytes
      return text(high(w, a), low(w, a), high(w, a + 1), low(w, a + 1),
        high(w, a + 2), low(w, a + 2))
    case 5:
      // biome-ignore format: one line for each two bytes
      return text(high(w, a), low(w, a), high(w, a + 1), low(w, a + 1),
        high(w, a + 2), low(w, a + 2), high(w, a + 3), low(w, a + 3),
        high(w, a + 4), low(w, a + 4))
    case 6:
      // biome-ignore format: one line for each two bytes
      return text(high(w, a), low(w, a), high(w, a + 1), low(w, a + 1),
        high(w, a + 2), low(w, a + 2), high(w, a + 3), low(w, a + 3),
        high(w, a + 4), low(w, a + 4), high(w, a + 5), low(w, a + 5))
    default:
      return undefined
  }
}

/** Three decimal digits in two bytes, after a pad nibble. */
export function threePacked(w: Buffer, a: number): string {
  const last = w[a + 1] ?? 0
  return THREE_DIGITS[(w[a] ?? 0) * 100 + (last >> 4) * 10 + (last & 0xf)] ?? ''
}

function twoDigits(w: Buffer, a: number): string | undefined {
  const [tens, ones] = [(w[a] ?? 0) - 0x30, (w[a + 1] ?? 0) - 0x30]
  return isDigit(tens) && isDigit(ones) ? TWO_DIGITS[tens * 10 + ones] : undefined
}

function threeDigits(w: Buffer, a: number): string | undefined {
  const hundreds = (w[a] ?? 0) - 0x30
  const [tens, ones] = [(w[a + 1] ?? 0) - 0x30, (w[a + 2] ?? 0) - 0x30]
  const isNumber = isDigit(hundreds) && isDigit(tens) && isDigit(ones)
  return isNumber ? THREE_DIGITS[hundreds * 100 + tens * 10 + ones] : undefined
}

function numbersBelow(end: number, digits: number): string[] {
  return Array.from({ length: end }, (_, number) => String(number).padStart(digits, '0'))
}

function isDigit(value: number): boolean {
  return value >= 0 && value <= 9
}

function high(w: Buffer, at: number): number {
  return digit((w[at] ?? 0) >> 4)
}

function low(w: Buffer, at: number): number {
  return digit((w[at] ?? 0) & 0xf)
}

function digit(nibble: number): number {
  return nibble < 10 ? 0x30 + nibble : 0x57 + nibble
}
