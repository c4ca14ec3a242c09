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
  const parts: Buffer[] = [bytesOf(dialect, mti), writeBitmap(dialect, numbers)]
  for (const de of numbers) {
    const format = FORMATS[de]
    if (format === undefined) throw new Error(`DE ${de} has no format`)
    parts.push(writeField(dialect, format, fields[de] ?? ''))
  }
  return Buffer.concat(parts)
}

/** 0200 and 0201 are answered by 0210, 0420 and 0421 by 0430. */
export function replyMti(mti: string): string {
  return `${mti.slice(0, 2)}${Number(mti[2]) + 1}0`
}

class Reader {
  readonly #dialect: WireDialect
  readonly #body: Buffer
  #at = 0

  constructor(dialect: WireDialect, body: Buffer) {
    this.#dialect = dialect
    this.#body = body
  }

  get ended(): boolean {
    return this.#at === this.#body.length
  }

  /** `pad`: where an odd count of packed digits has its extra nibble. */
  digits(count: number, pad: 'left' | 'right'): string {
    if (this.#dialect === 'ascii') return this.text(count)
    const packed = this.#take(Math.ceil(count / 2)).toString('hex')
    if (count % 2 === 0) return packed
    return pad === 'left' ? packed.slice(1) : packed.slice(0, -1)
  }

  text(count: number): string {
    return this.#take(count).toString('latin1')
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
    const digits = format.kind === 'n' || format.kind === 'z'
    if (digits) return this.digits(size, format.prefix === 0 ? 'left' : 'right').replace('d', '=')
    if (format.kind === 'a') return de === 63 ? this.#take(size).toString('utf8') : this.text(size)
    if (this.#dialect === 'binary') return this.#take(size).toString('hex').toUpperCase()
    return this.text(format.prefix === 0 ? size * 2 : size)
  }

  #half(offset: number, present: number[]): void {
    const bits = this.#dialect === 'ascii' ? Buffer.from(this.text(16), 'hex') : this.#take(8)
    if (bits.length !== 8) throw new Error('the bitmap is not hexadecimal')
    for (let bit = 0; bit < 64; bit++) {
      const byte = bits[bit >> 3] ?? 0
      if ((byte & (0x80 >> (bit & 7))) !== 0) present.push(offset + bit + 1)
    }
  }

  #take(bytes: number): Buffer {
    if (this.#at + bytes > this.#body.length) throw new Error('the message ends within a field')
    this.#at += bytes
    return this.#body.subarray(this.#at - bytes, this.#at)
  }
}

function writeBitmap(dialect: WireDialect, numbers: readonly number[]): Buffer {
  const isLong = numbers.some((de) => de > 64)
  const bits = Buffer.alloc(isLong ? 16 : 8)
  for (const de of isLong ? [1, ...numbers] : numbers) {
    const at = (de - 1) >> 3
    bits[at] = (bits[at] ?? 0) | (0x80 >> ((de - 1) & 7))
  }
  return dialect === 'binary' ? bits : Buffer.from(bits.toString('hex').toUpperCase(), 'latin1')
}

function writeField(dialect: WireDialect, format: Format, value: string): Buffer {
  const content = writeContent(dialect, format, value)
  if (format.prefix === 0) return content
  const counted = format.kind === 'n' || format.kind === 'z' ? value.length : content.length
  const length = String(counted).padStart(format.prefix, '0')
  return Buffer.concat([bytesOf(dialect, length), content])
}

function writeContent(dialect: WireDialect, format: Format, value: string): Buffer {
  switch (format.kind) {
    case 'a':
      return Buffer.from(format.prefix === 0 ? value.padEnd(format.size) : value, 'utf8')
    case 'b':
      return dialect === 'binary' ? Buffer.from(value, 'hex') : Buffer.from(value, 'latin1')
    case 'n':
    case 'z': {
      const whole = format.prefix === 0 ? value.padStart(format.size, '0') : value
      if (dialect === 'ascii') return Buffer.from(whole, 'latin1')
      const nibbles = whole.replace('=', 'd')
      if (nibbles.length % 2 === 0) return Buffer.from(nibbles, 'hex')
      return Buffer.from(format.prefix === 0 ? `0${nibbles}` : `${nibbles}f`, 'hex')
    }
  }
}

/** Digits of an MTI or of a length in front. */
function bytesOf(dialect: WireDialect, digits: string): Buffer {
  if (dialect === 'ascii') return Buffer.from(digits, 'latin1')
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
}
