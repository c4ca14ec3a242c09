// Reads and writes messages the way a foreign client or auditor would: from the protocol page
// alone, in the two dialects that the simulation speaks. Throws on anything it cannot read; to the
// oracle that is a finding.

import { FORMATS, type Format } from './formats.ts'

/** `binary`: iso87binary. `ascii`: iso87ascii. */
export type WireDialect = 'binary' | 'ascii'

/** DE 1 has no place in it; trailing spaces of text are kept. */
export interface WireMessage {
  readonly mti: string
  readonly fields: WireFields
}

export type WireFields = { [de: number]: string }

export function readMessage(dialect: WireDialect, body: Buffer): WireMessage {
  const reader = new Reader(dialect, body)
  const mti = reader.digits(4, 'left')
  const present = reader.bitmap()
  const fields: WireFields = {}
  for (const de of present) {
    const format = FORMATS[de]
    if (format === undefined) throw new Error(`DE ${de} is not expected in a ${mti}`)
    fields[de] = reader.field(format, de)
  }
  if (!reader.ended) throw new Error(`bytes follow the last field of a ${mti}`)
  return { mti, fields }
}

export function writeMessage(dialect: WireDialect, message: WireMessage): Buffer {
  const { mti, fields } = message
  const numbers = Object.keys(fields).map(Number)
  const writer = new Writer(dialect, mostBytes(numbers, fields))
  writer.digits(mti)
  writer.bitmap(numbers)
  for (const de of numbers) {
    const format = FORMATS[de]
    if (format === undefined) throw new Error(`DE ${de} has no format`)
    writer.field(format, fields[de] ?? '')
  }
  return writer.written
}

/** 0200 and 0201 are answered by 0210, 0420 and 0421 by 0430. */
export function replyMti(mti: string): string {
  return `${mti.slice(0, 2)}${Number(mti[2]) + 1}0`
}

/** Every field is a part of one of two texts of the whole message: its characters or its hex. */
class Reader {
  readonly #dialect: WireDialect
  readonly #body: Buffer
  readonly #characters: string
  readonly #hex: string
  #at = 0

  constructor(dialect: WireDialect, body: Buffer) {
    this.#dialect = dialect
    this.#body = body
    this.#characters = body.toString('latin1')
    this.#hex = dialect === 'binary' ? body.toString('hex') : ''
  }

  get ended(): boolean {
    return this.#at === this.#body.length
  }

  /** `pad`: where an odd count of packed digits has its extra nibble. */
  digits(count: number, pad: 'left' | 'right'): string {
    if (this.#dialect === 'ascii') return this.text(count)
    const from = 2 * this.#skip((count + 1) >> 1) + (pad === 'left' ? count & 1 : 0)
    return this.#hex.slice(from, from + count)
  }

  text(count: number): string {
    const from = this.#skip(count)
    return this.#characters.slice(from, from + count)
  }

  bitmap(): number[] {
    const present: number[] = []
    this.#half(0, present)
    if (present[0] === 1) {
      present.shift()
      this.#half(64, present)
    }
    return present
  }

  field(format: Format, de: number): string {
    const size = format.prefix === 0 ? format.size : Number(this.digits(format.prefix, 'left'))
    if (format.kind === 'n') return this.digits(size, format.prefix === 0 ? 'left' : 'right')
    if (format.kind === 'z') return this.digits(size, 'right').replace('d', '=')
    if (format.kind === 'a') return de === 63 ? this.#utf8(size) : this.text(size)
    if (this.#dialect === 'binary') return this.#hexOf(size).toUpperCase()
    return this.text(format.prefix === 0 ? size * 2 : size)
  }

  #half(offset: number, present: number[]): void {
    const hex = this.#dialect === 'ascii' ? this.text(16) : this.#hexOf(8)
    if (!/^[\dA-Fa-f]{16}$/.test(hex)) throw new Error('the bitmap is not hexadecimal')
    for (const at of [0, 32]) {
      let bits = Number.parseInt(hex.slice(at >> 2, (at >> 2) + 8), 16)
      while (bits !== 0) {
        const bit = Math.clz32(bits)
        bits &= ~(0x8000_0000 >>> bit)
        present.push(offset + at + bit + 1)
      }
    }
  }

  #hexOf(bytes: number): string {
    const from = this.#skip(bytes)
    return this.#hex.slice(2 * from, 2 * (from + bytes))
  }

  #utf8(bytes: number): string {
    const from = this.#skip(bytes)
    return this.#body.toString('utf8', from, from + bytes)
  }

  /** Where the bytes begin. */
  #skip(bytes: number): number {
    const from = this.#at
    if (!(from + bytes <= this.#body.length)) throw new Error('the message ends within a field')
    this.#at = from + bytes
    return from
  }
}

class Writer {
  readonly #dialect: WireDialect
  readonly #bytes: Buffer
  #at = 0

  constructor(dialect: WireDialect, most: number) {
    this.#dialect = dialect
    this.#bytes = Buffer.allocUnsafe(most)
  }

  get written(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  /** Of an MTI, of a length in front or of a field; an odd count has a nibble in front. */
  digits(digits: string): void {
    if (this.#dialect === 'ascii') this.#latin1(digits)
    else this.#hex(digits.length % 2 === 0 ? digits : `0${digits}`)
  }

  bitmap(numbers: readonly number[]): void {
    const isLong = numbers.some((de) => de > 64)
    const bits = Buffer.alloc(isLong ? 16 : 8)
    for (const de of isLong ? [1, ...numbers] : numbers) {
      const at = (de - 1) >> 3
      bits[at] = (bits[at] ?? 0) | (0x80 >> ((de - 1) & 7))
    }
    const hex = bits.toString('hex')
    if (this.#dialect === 'ascii') this.#latin1(hex.toUpperCase())
    else this.#hex(hex)
  }

  field({ kind, size, prefix }: Format, value: string): void {
    switch (kind) {
      case 'a':
        return this.#text(prefix === 0 ? value.padEnd(size) : value, prefix)
      case 'b':
        this.#length(this.#dialect === 'binary' ? value.length >> 1 : value.length, prefix)
        return this.#dialect === 'binary' ? this.#hex(value) : this.#latin1(value)
      case 'n':
      case 'z': {
        this.#length(value.length, prefix)
        const whole = prefix === 0 ? value.padStart(size, '0') : value
        if (this.#dialect === 'ascii') return this.#latin1(whole)
        const nibbles = whole.replace('=', 'd')
        if (prefix === 0 || nibbles.length % 2 === 0) return this.digits(nibbles)
        return this.#hex(`${nibbles}f`)
      }
    }
  }

  #text(value: string, prefix: Format['prefix']): void {
    this.#length(Buffer.byteLength(value), prefix)
    this.#at += this.#bytes.write(value, this.#at, 'utf8')
  }

  #length(count: number, prefix: Format['prefix']): void {
    if (prefix > 0) this.digits(String(count).padStart(prefix, '0'))
  }

  #latin1(text: string): void {
    this.#at += this.#bytes.write(text, this.#at, 'latin1')
  }

  #hex(hex: string): void {
    this.#at += this.#bytes.write(hex, this.#at, 'hex')
  }
}

/** MTI and bitmap, and of each field its length, its characters in UTF-8 and its padding. */
function mostBytes(numbers: readonly number[], fields: WireFields): number {
  let most = 40
  for (const de of numbers) most += 4 + 3 * (fields[de]?.length ?? 0) + (FORMATS[de]?.size ?? 0)
  return most
}
