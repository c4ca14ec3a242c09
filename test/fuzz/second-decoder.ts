// A second reader of messages, written from the wire protocol's section 1 alone and sharing nothing
// with the codec but the description of a dialect: characters and strings, one field at a time,
// slow and plain. Two readers that agree on noise have both read the page, or share its mistakes.

/** What of a dialect the page's table says. */
export interface SecondDialect {
  readonly mti: 'bcd' | 'ascii'
  readonly bitmap: 'binary' | 'hex'
  readonly numeric: 'bcd' | 'ascii'
  readonly track2: 'bcd' | 'ascii'
  readonly lengths: 'bcd' | 'ascii'
  readonly binary: 'raw' | 'hex'
}

export interface SecondReading {
  /** Where it is wrong: a field, `MTI`, `bitmap` or `end`; undefined when all is well. */
  readonly wrongAt: string | undefined
  readonly mti: string | undefined
  readonly fields: ReadonlyMap<number, string>
  /** Where lengths stand and values begin. */
  readonly marks: readonly number[]
}

// number format length, with one or two dots for LL and LLL. [wire-protocol 1; ISO 8583:1987]
const TABLE = `
2 n..19 3 n6 4 n12 5 n12 6 n12 7 n10 8 n8 9 n8 10 n8 11 n6 12 n6 13 n4 14 n4 15 n4 16 n4 17 n4 18 n4
19 n3 20 n3 21 n3 22 n3 23 n3 24 n3 25 n2 26 n2 27 n1 28 x9 29 x9 30 x9 31 x9 32 n..11 33 n..11
34 a..28 35 z..37 36 a...104 37 a12 38 a6 39 a2 40 a3 41 a8 42 a15 43 a40 44 a..25 45 a..76
46 a...999 47 a...999 48 a...999 49 a3 50 a3 51 a3 52 b8 53 n16 54 a...120 55 b...999 56 a...999
57 a...999 58 a...999 59 a...999 60 a...999 61 a...999 62 c...999 63 u...999 64 b8 66 n1 67 n2 68 n3
69 n3 70 n3 71 n4 72 n4 73 n6 74 n10 75 n10 76 n10 77 n10 78 n10 79 n10 80 n10 81 n10 82 n12 83 n12
84 n12 85 n12 86 n16 87 n16 88 n16 89 n16 90 n42 91 a1 92 a2 93 a5 94 a7 95 a42 96 b8 97 x17 98 a25
99 n..11 100 n..11 101 a..17 102 a..28 103 a..28 104 a...100 105 a...999 106 a...999 107 a...999
108 a...999 109 a...999 110 a...999 111 a...999 112 a...999 113 a...999 114 a...999 115 a...999
116 a...999 117 a...999 118 a...999 119 a...999 120 a...999 121 a...999 122 a...999 123 a...999
124 a...999 125 a...999 126 a...999 127 a...999 128 b8`

interface Entry {
  readonly kind: string
  readonly digits: number
  readonly length: number
}

const ENTRIES = new Map<number, Entry>()
for (const [, de, kind, dots = '', length] of TABLE.matchAll(/(\d+) ([a-z])(\.*)(\d+)/g)) {
  ENTRIES.set(Number(de), { kind: kind ?? '', digits: dots.length, length: Number(length) })
}

/** Ends the reading; the reader around it says where. */
class Wrong extends Error {}

export function readSecond(dialect: SecondDialect, bytes: Uint8Array): SecondReading {
  const reader = new Reader(bytes)
  const fields = new Map<number, string>()
  const marks: number[] = []
  let place = 'MTI'
  let mti: string | undefined
  try {
    const read = dialect.mti === 'bcd' ? digitsOf(reader.hex(2)) : digitsOf(reader.text(4))
    if (read[0] !== '0') throw new Wrong()
    mti = read
    place = 'bitmap'
    marks.push(reader.at)
    const numbers = readBits(dialect, reader)
    for (const de of numbers) {
      place = String(de)
      marks.push(reader.at)
      fields.set(de, readField(dialect, reader, de, mti, marks))
    }
    place = 'end'
    if (reader.at !== bytes.length) throw new Wrong()
    return { wrongAt: undefined, mti, fields, marks }
  } catch (error) {
    if (!(error instanceof Wrong)) throw error
    return { wrongAt: place, mti, fields, marks }
  }
}

function readBits(dialect: SecondDialect, reader: Reader): number[] {
  const half = () => {
    const hex = dialect.bitmap === 'hex' ? hexOf(reader.text(16)) : reader.hex(8)
    return [...hex].map((one) => Number.parseInt(one, 16).toString(2).padStart(4, '0')).join('')
  }
  let bits = half()
  if (bits[0] === '1') bits += half()
  return [...bits].flatMap((bit, index) => (bit === '1' && index > 0 ? [index + 1] : []))
}

function readField(
  dialect: SecondDialect,
  reader: Reader,
  de: number,
  mti: string,
  marks: number[],
): string {
  const entry = ENTRIES.get(de)
  if (entry === undefined) throw new Wrong()
  const { kind, digits, length } = entry
  const fixed = digits === 0
  let count = length
  if (!fixed) {
    const text = dialect.lengths === 'ascii' ? reader.text(digits) : reader.hex((digits + 1) >> 1)
    count = Number(digitsOf(text))
    if (count > length) throw new Wrong()
    marks.push(reader.at)
  }
  switch (kind) {
    case 'n':
      if (dialect.numeric === 'ascii') return digitsOf(reader.text(count))
      return digitsOf(fixed ? leftPadded(reader, count) : rightPadded(reader, count))
    case 'x': {
      const sign = reader.text(1)
      if (!'CD0'.includes(sign)) throw new Wrong()
      const rest =
        dialect.numeric === 'ascii' ? reader.text(count - 1) : leftPadded(reader, count - 1)
      return sign + digitsOf(rest)
    }
    case 'z': {
      const track =
        dialect.track2 === 'ascii'
          ? reader.text(count)
          : rightPadded(reader, count).replaceAll('D', '=')
      if (!/^[0-9=]*$/.test(track)) throw new Wrong()
      return track
    }
    case 'b':
      if (dialect.binary === 'raw') return reader.hex(count)
      if (!fixed && count % 2 === 1) throw new Wrong()
      return hexOf(reader.text(fixed ? count * 2 : count)).toUpperCase()
    default:
      return kind === 'u' || (kind === 'c' && mti === '0810')
        ? reader.unicode(count)
        : printable(reader.text(count))
  }
}

function leftPadded(reader: Reader, count: number): string {
  const hex = reader.hex((count + 1) >> 1)
  if (count % 2 === 0) return hex
  if (hex[0] !== '0') throw new Wrong()
  return hex.slice(1)
}

function rightPadded(reader: Reader, count: number): string {
  const hex = reader.hex((count + 1) >> 1)
  if (count % 2 === 0) return hex
  if (!'F0'.includes(hex.at(-1) ?? '')) throw new Wrong()
  return hex.slice(0, -1)
}

function digitsOf(text: string): string {
  if (!/^[0-9]*$/.test(text)) throw new Wrong()
  return text
}

function hexOf(text: string): string {
  if (!/^[0-9A-Fa-f]*$/.test(text)) throw new Wrong()
  return text
}

function printable(text: string): string {
  if (!/^[ -~]*$/.test(text)) throw new Wrong()
  return text
}

class Reader {
  at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  hex(count: number): string {
    return [...this.#take(count)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
      .toUpperCase()
  }

  /** One character a byte. */
  text(count: number): string {
    return String.fromCharCode(...this.#take(count))
  }

  unicode(count: number): string {
    const bytes = this.#take(count)
    let text: string
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      throw new Wrong()
    }
    // Control characters but the line feed, which parts receipt lines.
    if (/[^\P{Cc}\n]/u.test(text)) throw new Wrong()
    return text
  }

  #take(count: number): Uint8Array {
    if (this.at + count > this.#bytes.length) throw new Wrong()
    this.at += count
    return this.#bytes.slice(this.at - count, this.at)
  }
}
