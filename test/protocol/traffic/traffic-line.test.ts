// The lines of a traffic file: what is written is read back, and what is not exactly a line of
// this version is refused with what is wrong about it.

import { describe, expect, it } from 'vitest'
import { parseHeader, parseRecord } from '../../../protocol/traffic/traffic-line.ts'
import {
  headerLine,
  recordLine,
  type TrafficHeader,
  type TrafficRecord,
} from '../../../protocol/traffic/traffic-record.ts'

const SALE: TrafficRecord = {
  ...{ at: 12, t: 3, do: 'sale', n: 1, product: '091905', count: 2, rial: 100_000 },
  ...{ card: 'a81f', how: 'kp' },
}
const RECORDS: TrafficRecord[] = [
  SALE,
  { at: 13, t: 3, do: 'repeat', of: 1 },
  { at: 14, t: 3, do: 'confirmation' },
  { at: 15, t: 3, do: 'reversal', of: 1 },
  { at: 15, t: 3, do: 'inquiry', of: 1 },
  { at: 16, t: 4, do: 'reprint', card: '0' },
  { at: 17, t: 4, do: 'open' },
  { at: 18, t: 4, do: 'end-of-day' },
]

describe('a line of a traffic file', () => {
  it.each(RECORDS)('of $do is read as it was written', (record) => {
    expect(parseRecord(recordLine(record))).toEqual(record)
  })

  it('of a sale leaves out what is as usual', () => {
    const { how: _, ...plain } = SALE as TrafficRecord & { how: string }
    expect(recordLine(plain)).not.toContain('how')
    expect(parseRecord(recordLine(plain))).toEqual(plain)
  })

  it.each([
    ['no JSON', 'at 3', 'no JSON object'],
    ['a list', '[1]', 'no JSON object'],
    ['another doing', '{"at":1,"t":1,"do":"dance"}', 'do: not known'],
    ['a name of the prototype', '{"at":1,"t":1,"do":"constructor"}', 'do: not known'],
    ['a field of another doing', '{"at":1,"t":1,"do":"echo","of":1}', 'a field that echo'],
    ['a time before the beginning', '{"at":-1,"t":1,"do":"echo"}', 'at: '],
    ['terminal 0', '{"at":1,"t":0,"do":"echo"}', 't: '],
    ['no voucher', recordLine({ ...SALE, count: 0 } as TrafficRecord), 'count: 1 to 10'],
    ['a sale that is nobody', '{"at":1,"t":1,"do":"repeat","of":null}', 'of: number'],
    ['eleven vouchers', recordLine({ ...SALE, count: 11 } as TrafficRecord), 'count: 1 to 10'],
    ['a track', recordLine({ ...SALE, card: '6037=2912' } as TrafficRecord), 'card: '],
  ])('with %s is refused', (_, line, why) => {
    expect(parseRecord(line)).toMatchObject({ reason: expect.stringContaining(why) })
  })
})

describe('the header', () => {
  const header: TrafficHeader = {
    ...{ evs: 'traffic', version: 1, made: 'generated', part: 1, terminals: 300_000 },
    from: '2026-11-25T20:30:00.000Z',
  }

  it('is read as it was written', () => {
    expect(parseHeader(headerLine(header))).toEqual(header)
  })

  it('of another version is refused by that version', () => {
    const line = JSON.stringify({ ...header, version: 2 })
    expect(parseHeader(line)).toEqual({ reason: 'version 2, 1 is read here' })
  })

  it.each([['{"at":1}'], ['{"evs":"traffic","version":1,"made":"up"}'], ['']])(
    '%j is none',
    (line) => expect(parseHeader(line)).toHaveProperty('reason'),
  )
})
