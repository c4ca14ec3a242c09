// The terminal's field table against the golden messages, which were written by another hand.
// Keys and MACs are not checked here: the bytes of the fields are.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { TERMINAL_DIALECTS, type TerminalDialectName } from '../../pos-terminal/dialect.ts'
import { decode } from '../../protocol/message/decode.ts'
import { encode } from '../../protocol/message/encode.ts'

interface Golden {
  name: string
  kind: string
  link: string
  dialect: TerminalDialectName
  hex: string
  mti: string | null
  fields: Record<string, string>
  canonical?: boolean
}

const golden: Golden[] = JSON.parse(
  readFileSync(new URL('../golden/messages.json', import.meta.url), 'utf8'),
)
const good = golden.filter(
  ({ kind, link }) => link === 'terminal' && (!kind.startsWith('negative') || kind.endsWith('MAC')),
)

/** Behind the 2-byte length and the TPDU. */
const body = (row: Golden): string => row.hex.slice(14)

describe("the terminal's own field table", () => {
  it('is tried on many golden messages', () => {
    expect(good.length).toBeGreaterThan(50)
  })

  it.each(good.map((row) => [row.name, row] as const))('reads %s', (_name, row) => {
    const message = decode(TERMINAL_DIALECTS[row.dialect], Buffer.from(body(row), 'hex'))
    if (message.kind !== 'message') throw new Error(message.reason)
    expect(message.mti).toBe(row.mti)
    for (const [de, value] of Object.entries(row.fields)) {
      expect(message.get(Number(de))?.trimEnd()).toBe(value.trimEnd())
    }
  })

  it.each(
    good.filter(({ canonical }) => canonical !== false).map((row) => [row.name, row] as const),
  )('writes %s', (_name, row) => {
    const bytes = encode(TERMINAL_DIALECTS[row.dialect], row.mti ?? '', row.fields)
    expect(bytes.toString('hex').toUpperCase()).toBe(body(row))
  })
})
