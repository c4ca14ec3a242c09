// The second reader against the golden messages, which neither it nor the codec was made from.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DIALECTS, type DialectName, withHexBinary } from '../../protocol/message/dialect.ts'
import { readSecond } from './second-decoder.ts'

interface Golden {
  readonly name: string
  readonly link: 'terminal' | 'institution' | 'cardhost'
  readonly dialect: DialectName
  readonly hexBinary?: boolean
  readonly hex: string
  readonly mti: string | null
  readonly fields: Record<string, string>
  readonly error?: { readonly field: number | string }
}

const path = new URL('../golden/messages.json', import.meta.url)
// Those that break already in their frame say nothing of a message.
const messages = (JSON.parse(readFileSync(path, 'utf8')) as Golden[]).filter(
  ({ mti, error }) => mti !== null || error !== undefined,
)
const HEAD_BYTES = { terminal: 7, institution: 2, cardhost: 4 }

it.each(messages)('$name: reads as the list says', (golden) => {
  const dialect = DIALECTS[golden.dialect]
  const body = Buffer.from(golden.hex, 'hex').subarray(HEAD_BYTES[golden.link])
  const read = readSecond(golden.hexBinary === true ? withHexBinary(dialect) : dialect, body)
  const wrongAt = golden.error === undefined ? undefined : String(golden.error.field)
  expect(read.wrongAt).toBe(wrongAt)
  expect(read.mti ?? null).toBe(golden.mti)
  expect(Object.fromEntries(read.fields)).toEqual(golden.fields)
})

it('finds a fault that is planted', () => {
  const wire = Buffer.from('020002000000000000001a', 'hex')
  expect(readSecond(DIALECTS.iso87binary, wire)).toMatchObject({ wrongAt: '7', mti: '0200' })
})
