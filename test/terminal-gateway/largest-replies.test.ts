// The largest replies of the switch against the least that `limits.frameBytes` may be: of what may
// stand in a reply by the field table, and as whole messages, in the dialects that take most bytes.

import { describe, expect, it } from 'vitest'
import {
  DIALECTS,
  type Dialect,
  mtiBytes,
  rowsFor,
  withHexBinary,
} from '../../protocol/message/dialect.ts'
import { valueBytes } from '../../protocol/message/row.ts'
import { LIMITS } from '../../switch/limits.ts'
import { FrontDesk } from './front-desk.ts'
import { KeyedDesk } from './keyed-desk.ts'

const LEAST = LIMITS.frameBytes.least
const TPDU = Buffer.from('6000010002', 'hex')
const HEX = withHexBinary(DIALECTS.iso87ascii)
/** What replies repeat, and what handlers and the session add. */
const IN_REPLIES = [3, 4, 7, 11, 12, 13, 24, 25, 37, 38, 39, 41, 42, 48, 49, 62, 63, 64]

function mostBytes(dialect: Dialect, mti: string): number {
  const bitmap = dialect.bitmap === 'hex' ? 16 : 8
  return IN_REPLIES.reduce(
    (sum, de) => {
      const row = rowsFor(dialect, mti)[de]
      if (row === undefined) throw new Error(`no DE ${de}`)
      const value = row.lengthBytes > 0 ? valueBytes(row, row.maxCount) : row.fixedBytes
      return sum + row.lengthBytes + value
    },
    TPDU.length + mtiBytes(dialect) + bitmap,
  )
}

const dialects = Object.values(DIALECTS).flatMap((one) => [one, withHexBinary(one)])

describe('the least that limits.frameBytes may be', () => {
  it.each(dialects)('has room for every field of a reply at its longest', (dialect) => {
    for (const mti of ['0210', '0810']) {
      expect(mostBytes(dialect, mti)).toBeLessThanOrEqual(LEAST)
    }
  })

  it('is not far above that', () => {
    const most = Math.max(...dialects.map((dialect) => mostBytes(dialect, '0810')))
    expect(LEAST - most).toBeLessThan(100)
  })

  it.each(['tdes', 'aes'] as const)(
    'has room for ten vouchers with a receipt, and for %s keys',
    async (scheme) => {
      const keyed = await KeyedDesk.open(scheme, { dialect: HEX })
      const { desk } = keyed
      const session = await keyed.logon(1)
      const sale = desk.story.sale(2, { count: 10, status: '07011' })
      const reply = await keyed.ask(session, '0200', sale)
      expect([reply?.get(39), reply?.get(62)?.slice(0, 2)]).toEqual(['00', '10'])
      for (const { body } of desk.sent) expect(body.length + TPDU.length).toBeLessThanOrEqual(LEAST)
    },
  )

  it('has room for a full page of the catalogue with the parameters of the terminal', async () => {
    const products = Array.from({ length: 40 }, (_, n) => ({
      ...{ product: String(n).padStart(6, '0'), priceRial: 1, name: 'شارژ '.repeat(5) },
    }))
    const catalogue = { version: 1, products: () => products }
    const desk = await FrontDesk.open({ dialect: HEX }, { catalogue })
    const reply = await desk.ask('0800', { ...desk.story.sale(1), 3: '930000', 48: '01' })
    expect(reply?.get(39)).toBe('00')
    expect(Buffer.byteLength(reply?.get(62) ?? '')).toBeGreaterThan(900)
    for (const { body } of desk.sent) expect(body.length + TPDU.length).toBeLessThanOrEqual(LEAST)
  })
})
