// What logs may show: `describe` of any bytes gives text, shows no field that is secret, of a card
// number at most its first six and last four digits, and one line a field, so that no value can
// pass itself off as another line. Which fields are secret is said here a second time.

import { inspect } from 'node:util'
import { decode } from '../../../protocol/message/decode.ts'
import { describe, describeText } from '../../../protocol/message/describe.ts'
import { DIALECTS } from '../../../protocol/message/dialect.ts'
import { encode } from '../../../protocol/message/encode.ts'
import { goldenBodies, randomMessage, seedOf } from '../golden-seeds.ts'
import { type FuzzTarget, Mismatch, type Outcome } from '../target.ts'

// Track data, PIN and chip data, vouchers and keys, MACs, accounts, whatever nobody has defined.
const SECRET = new Set([
  ...[34, 35, 36, 45, 46, 47, 52, 54, 55, 56, 57, 58, 59, 61, 62, 64, 92, 96, 102, 103, 104],
  ...Array.from({ length: 24 }, (_, i) => 105 + i),
])

export const DESCRIBE_TARGET: FuzzTarget = {
  name: 'describe',
  weight: 20,
  sliceRuns: 500_000,
  mostBytes: 2_048,
  floorBytes: 16_384,
  open: () => ({
    seeds: [...goldenBodies(DIALECTS.iso87binary), ...goldenBodies(DIALECTS.iso87ascii)],
    generate: (dice) => {
      const dialect = dice.once(2) ? DIALECTS.iso87binary : DIALECTS.iso87ascii
      const { mti, fields } = randomMessage(dialect, dice)
      return seedOf(dialect, encode(dialect, mti, fields))
    },
    run,
  }),
}

function run(input: Buffer): Outcome {
  const dialect = input[0] === 0x30 ? DIALECTS.iso87ascii : DIALECTS.iso87binary
  const result = decode(dialect, input)
  const { fields, error } = describe(result, dialect)
  for (const { de, value } of fields) {
    if (SECRET.has(de) && value !== '***') throw new Mismatch(`DE ${de} is shown`)
    if (de === 2 && value.replaceAll(/\D/g, '').length > 10) throw new Mismatch('DE 2 is shown')
  }
  const lines = describeText(result, dialect).split('\n')
  const expected = 1 + fields.length + (error === undefined ? 0 : 1)
  if (lines.length !== expected) throw new Mismatch('a value made a line of its own')
  // Neither does whoever logs the object itself show a byte of it. The MTI is no secret.
  if (JSON.stringify(result).length > 300) throw new Mismatch('JSON shows more than the result')
  if (input[1] === 1 && inspect(result).includes('<Buffer'))
    throw new Mismatch('inspect shows bytes')
  return error === undefined ? fields.length : `${result.kind} ${fields.length}`
}
