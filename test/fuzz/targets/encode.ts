// Encoding: a message of the table survives encode and decode in each dialect with every value as
// it was given (padded as the table says), and a value that does not fit is an EncodeError.

import { decode } from '../../../protocol/message/decode.ts'
import { DIALECTS, type Dialect, withHexBinary } from '../../../protocol/message/dialect.ts'
import { EncodeError, encode, type Fields } from '../../../protocol/message/encode.ts'
import { Dice } from '../dice.ts'
import { randomMessage } from '../golden-seeds.ts'
import { type FuzzTarget, Mismatch, type Outcome } from '../target.ts'

const ALL: readonly Dialect[] = [
  ...Object.values(DIALECTS),
  withHexBinary(DIALECTS.iso87binary),
  withHexBinary(DIALECTS['iso87ascii-binary-bitmap']),
]

/** The first four bytes seed a message; what follows spoils one value of it. */
export const ENCODE_TARGET: FuzzTarget = {
  name: 'encode',
  weight: 40,
  sliceRuns: 600_000,
  mostBytes: 64,
  floorBytes: 65_536,
  typedErrors: [EncodeError],
  open: () => ({ seeds: [4, 6, 9].map((size) => ({ bytes: Buffer.alloc(size, 7) })), run }),
}

function run(input: Buffer): Outcome {
  const seed = input.length >= 4 ? input.readInt32LE(0) : input.length
  const dice = new Dice(seed)
  const dialect = dice.pick(ALL)
  const { mti, fields } = randomMessage(dialect, dice)
  if (input.length > 4 && dice.once(2)) return spoiled(dialect, mti, fields, input.subarray(4))
  const wire = encode(dialect, mti, fields)
  compare(dialect, mti, fields, wire)
  return `${dialect.name} ${mti}`
}

/** A value of any text: refused, or carried over as it is. */
function spoiled(dialect: Dialect, mti: string, fields: Fields, tail: Buffer): Outcome {
  const de = tail[0] ?? 0
  const given = { ...fields, [de]: tail.toString(tail.length % 2 === 0 ? 'latin1' : 'utf8', 1) }
  try {
    compare(dialect, mti, given, encode(dialect, mti, given))
  } catch (error) {
    if (error instanceof EncodeError) return `refused ${de}`
    throw error
  }
  return `taken ${de}`
}

function compare(dialect: Dialect, mti: string, fields: Fields, wire: Buffer): void {
  const message = decode(dialect, wire)
  if (message.kind === 'rejected') throw new Mismatch(`own bytes are rejected at ${message.field}`)
  if (message.mti !== mti) throw new Mismatch('another MTI')
  const given = Object.keys(fields).map(Number)
  if (message.numbers().join() !== given.join()) throw new Mismatch('other fields')
  for (const de of given) {
    const [sent, got] = [fields[de] ?? '', message.get(de) ?? '']
    if (sent !== got && !isPadded(dialect, de, sent, got)) throw new Mismatch(`another DE ${de}`)
  }
}

/** Spaces behind an or ans, zeros in front of n; hex reads back in upper case. */
function isPadded(dialect: Dialect, de: number, sent: string, got: string): boolean {
  const spec = dialect.fields[de]
  if (spec?.format === 'b') return got === sent.toUpperCase()
  if (spec?.lengthDigits !== 0) return false
  return spec.format === 'n'
    ? got === sent.padStart(spec.length, '0')
    : got === sent.padEnd(spec.length)
}
