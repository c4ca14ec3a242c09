// Decoding in each dialect: a typed result for any bytes, the same as a second reader's, whatever
// lies around them; and what was read encodes to bytes that read the same, and to the same bytes
// when they were canonical.

import { decode, type RejectedAt } from '../../../protocol/message/decode.ts'
import { DIALECTS, type Dialect, withHexBinary } from '../../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../../protocol/message/encode.ts'
import type { Message } from '../../../protocol/message/message.ts'
import { goldenBodies, randomMessage, seedOf } from '../golden-seeds.ts'
import { readSecond } from '../second-decoder.ts'
import { type FuzzTarget, Mismatch, type OpenTarget, type Outcome } from '../target.ts'

/** Reading in full, encoding and the second reader are slow: one run in so many has each. */
const FULL_EVERY = 8
const SECOND_EVERY = 256

const READERS: Readonly<Record<string, Dialect>> = {
  'decode-iso87binary': DIALECTS.iso87binary,
  'decode-iso87ascii': DIALECTS.iso87ascii,
  'decode-iso87ascii-binary-bitmap': DIALECTS['iso87ascii-binary-bitmap'],
  'decode-iso87binary-hex': withHexBinary(DIALECTS.iso87binary),
  'decode-iso87ascii-binary-bitmap-hex': withHexBinary(DIALECTS['iso87ascii-binary-bitmap']),
}

export const DECODE_TARGETS: readonly FuzzTarget[] = Object.entries(READERS).map(
  ([name, dialect]) => ({
    name,
    weight: 130,
    sliceRuns: 4_000_000,
    mostBytes: 2_048,
    floorBytes: 4_096,
    words: ['0200', '0810', '\x02\x00', '\x08\x10', '\xf2', '999', '\x09\x99'],
    open: () => openDecode(dialect),
  }),
)

function openDecode(dialect: Dialect): OpenTarget {
  let runs = 0
  return {
    seeds: goldenBodies(dialect),
    generate: (dice) => {
      const { mti, fields } = randomMessage(dialect, dice)
      return seedOf(dialect, encode(dialect, mti, fields))
    },
    run: (input) => {
      runs++
      const result = decode(dialect, input)
      if (runs % SECOND_EVERY === 0) compareWithSecond(dialect, input)
      if (result.kind === 'rejected') return placeOf(result.field)
      if (runs % FULL_EVERY === 0) roundTrip(dialect, result, input)
      return 1_000 + Number(result.mti)
    },
    alone: (input) => decode(dialect, input),
    explain: (input) => JSON.stringify(everything(dialect, input)),
  }
}

const PLACES = { MTI: -1, bitmap: -2, end: -3 }

function placeOf(field: RejectedAt): Outcome {
  return typeof field === 'number' ? field : PLACES[field]
}

interface Everything {
  readonly mti: string | null
  readonly fields: Fields
  readonly wrong?: { readonly at: string; readonly reason: string }
}

function everything(dialect: Dialect, input: Buffer): Everything {
  const result = decode(dialect, input)
  const reader = result.kind === 'message' ? result : result.read
  const fields: Fields = {}
  for (let de = 0; de <= 129; de++) {
    const value = reader.get(de)
    if (reader.has(de) !== (value !== undefined)) throw new Mismatch(`has and get differ at ${de}`)
    if (value !== undefined) fields[de] = value
  }
  if (result.kind === 'message') return { mti: result.mti, fields }
  return { mti: result.mti, fields, wrong: { at: String(result.field), reason: result.reason } }
}

function fieldsOf(message: Message): Fields {
  const fields: Fields = {}
  for (const de of message.numbers()) fields[de] = message.get(de) ?? ''
  return fields
}

/** decode(encode(m)) is m, and encode(m) is what every further round gives. */
function roundTrip(dialect: Dialect, message: Message, input: Buffer): void {
  const fields = fieldsOf(message)
  const wire = encode(dialect, message.mti, fields)
  if (wire.equals(input)) return
  const again = decode(dialect, wire)
  if (again.kind === 'rejected') throw new Mismatch(`own bytes are rejected at ${again.field}`)
  const other = fieldsOf(again)
  for (const de of message.numbers()) {
    if (fields[de] !== other[de]) throw new Mismatch(`DE ${de} is another after a round trip`)
  }
  if (again.mti !== message.mti) throw new Mismatch('the MTI is another after a round trip')
  if (again.numbers().length !== message.numbers().length) throw new Mismatch('fields were lost')
  if (isCanonical(dialect, input, wire)) throw new Mismatch('canonical bytes became others')
}

/**
 * Other bytes may mean the same in four ways only: an empty second half of the bitmap, a pad nibble
 * 0 for F, hex in lower case, and those together. Of the same length and without hex letters, what
 * differs can only be pad nibbles.
 */
function isCanonical(dialect: Dialect, input: Buffer, wire: Buffer): boolean {
  if (input.length !== wire.length) return !hasEmptyHalf(dialect, input)
  for (let i = 0; i < wire.length; i++) {
    const [given, made] = [input[i] ?? 0, wire[i] ?? 0]
    if (given === made) continue
    const padded = (made & 0x0f) === 0x0f && given === (made & 0xf0)
    const lower = given === (made | 0x20) && made >= 0x41 && made <= 0x46
    if (!padded && !lower) return true
  }
  return false
}

function hasEmptyHalf(dialect: Dialect, input: Buffer): boolean {
  const at = dialect.mti === 'bcd' ? 2 : 4
  const half = dialect.bitmap === 'hex' ? 16 : 8
  const first =
    dialect.bitmap === 'hex'
      ? Number.parseInt(String.fromCharCode(input[at] ?? 0), 16) << 4
      : (input[at] ?? 0)
  const empty = dialect.bitmap === 'hex' ? 0x30 : 0
  return (first & 0x80) !== 0 && input.subarray(at + half, at + 2 * half).every((b) => b === empty)
}

function compareWithSecond(dialect: Dialect, input: Buffer): void {
  const ours = everything(dialect, input)
  const second = readSecond(dialect, input)
  if (second.wrongAt !== ours.wrong?.at) {
    const [there, here] = [second.wrongAt ?? 'nowhere', ours.wrong?.at ?? 'nowhere']
    throw new Mismatch(`wrong at ${here}, the second reader says at ${there}`)
  }
  if ((second.mti ?? null) !== ours.mti) throw new Mismatch('the second reader has another MTI')
  for (const [de, value] of second.fields) {
    if (ours.fields[de] !== value) throw new Mismatch(`the second reader has another DE ${de}`)
  }
  if (second.fields.size !== Object.keys(ours.fields).length) {
    throw new Mismatch('the second reader has other fields')
  }
}
