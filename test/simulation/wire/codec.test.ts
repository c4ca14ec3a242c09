// The simulation's own reader of the wire against the golden messages: it reads every good one as
// they say, and writes the same bytes.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readMessage, type WireDialect, type WireFields, writeMessage } from './codec.ts'

interface Golden {
  readonly name: string
  readonly kind: string
  readonly link: string
  readonly dialect: string
  readonly hex: string
  readonly tpdu?: string
  readonly mti?: string
  readonly fields?: WireFields
  readonly canonical?: boolean
}

const DIALECTS: Readonly<Record<string, WireDialect>> = {
  iso87binary: 'binary',
  iso87ascii: 'ascii',
}

const file = new URL('../../golden/messages.json', import.meta.url)
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden[]
const good = golden.filter(isGood)

function isGood({ dialect, fields, kind }: Golden): boolean {
  return DIALECTS[dialect] !== undefined && fields !== undefined && !kind.startsWith('negative')
}

describe('the wire of a simulation', () => {
  it('knows enough golden messages to be believed', () => {
    expect(good.length).toBeGreaterThan(40)
  })

  it.each(good.map((message) => [message.name, message] as const))('reads: %s', (_, message) => {
    const dialect = DIALECTS[message.dialect] ?? 'binary'
    const head = (message.link === 'cardhost' ? 4 : 2) + (message.tpdu === undefined ? 0 : 5)
    const body = Buffer.from(message.hex, 'hex').subarray(head)
    const read = readMessage(dialect, body)
    expect(read.mti).toBe(message.mti)
    expect(trimmed(read.fields)).toEqual(trimmed(message.fields ?? {}))
    if (message.canonical !== false) expect(writeMessage(dialect, read)).toEqual(body)
  })
})

function trimmed(fields: WireFields): WireFields {
  return Object.fromEntries(Object.entries(fields).map(([de, value]) => [de, value.trimEnd()]))
}
