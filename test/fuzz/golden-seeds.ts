// The golden messages as first inputs of the targets that read messages, and valid messages made
// from the field table.

import { readFileSync } from 'node:fs'
import { DIALECTS, type Dialect, type DialectName } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import type { FieldSpec } from '../../protocol/message/field-spec.ts'
import type { Dice } from './dice.ts'
import { readSecond } from './second-decoder.ts'
import type { Seed } from './target.ts'

interface Golden {
  readonly link: 'terminal' | 'institution' | 'cardhost'
  readonly dialect: DialectName
  readonly hexBinary?: boolean
  readonly hex: string
  readonly mti: string | null
  readonly fields: Fields
  readonly error?: unknown
}

const HEAD_BYTES = { terminal: 7, institution: 2, cardhost: 4 }

function goldens(): Golden[] {
  const path = new URL('../golden/messages.json', import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** The bodies of a dialect, good and bad, and the good ones of all others said anew in it. */
export function goldenBodies(dialect: Dialect): Seed[] {
  const hexBinary = dialect.binary === 'hex' && DIALECTS[nameOf(dialect)].binary !== 'hex'
  return goldens().flatMap((golden) => {
    const own = golden.dialect === dialect.name && (golden.hexBinary === true) === hexBinary
    if (own)
      return [seedOf(dialect, Buffer.from(golden.hex, 'hex').subarray(HEAD_BYTES[golden.link]))]
    if (golden.error !== undefined || golden.mti === null) return []
    return [seedOf(dialect, encode(dialect, golden.mti, golden.fields))]
  })
}

export function goldenFrames(): Seed[] {
  return goldens().map(({ hex }) => ({ bytes: Buffer.from(hex, 'hex') }))
}

export function goldenFields(de: number): string[] {
  const values = goldens().flatMap(({ fields }) => fields[de] ?? [])
  return [...new Set(values)]
}

export function seedOf(dialect: Dialect, bytes: Buffer): Seed {
  return { bytes, marks: readSecond(dialect, bytes).marks }
}

function nameOf(dialect: Dialect): DialectName {
  return dialect.name as DialectName
}

const MTIS = ['0100', '0110', '0200', '0201', '0210', '0220', '0400', '0420', '0430', '0500']
const NETWORK_MTIS = ['0800', '0810', '0820']

/** A message that encodes: up to twelve fields of the table, each with a value of its format. */
export function randomMessage(dialect: Dialect, dice: Dice): { mti: string; fields: Fields } {
  const mti = dice.pick(dice.once(4) ? NETWORK_MTIS : MTIS)
  const fields: Fields = {}
  const count = dice.below(12)
  for (let i = 0; i < count; i++) {
    const de = dice.once(3) ? 65 + dice.below(64) : 2 + dice.below(63)
    const spec = dialect.fields[de]
    if (spec !== undefined) fields[de] = randomValue(dialect, spec, mti, dice)
  }
  return { mti, fields }
}

function randomValue(dialect: Dialect, spec: FieldSpec, mti: string, dice: Dice): string {
  const { format, lengthDigits } = spec
  const most =
    format === 'b' && dialect.binary === 'hex' && lengthDigits > 0 ? spec.length >> 1 : spec.length
  const length =
    lengthDigits === 0 ? most : dice.below(Math.min(most, dice.once(8) ? most : 40) + 1)
  const one = (alphabet: string) => alphabet[dice.below(alphabet.length)] ?? '0'
  const run = (alphabet: string, size: number) =>
    Array.from({ length: size }, () => one(alphabet)).join('')
  switch (format) {
    case 'n':
      return run('0123456789', length)
    case 'xn':
      return one('CD0') + run('0123456789', length - 1)
    case 'z':
      return run('0123456789=', length)
    case 'b':
      return run('0123456789ABCDEF', length * 2)
    default: {
      const wide = spec.charset === 'utf8' || (spec.charset === 'utf8 in 0810' && mti === '0810')
      if (wide) return Array.from({ length: length >> 2 }, () => dice.pick(WIDE)).join('')
      return run(PRINTABLE, length)
    }
  }
}

const WIDE = [...'aZ 9\nپ€😀é']
const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).join('')
