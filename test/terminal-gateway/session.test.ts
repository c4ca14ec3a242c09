// One connection: what is answered, dropped or closed, the golden negatives byte for byte, the
// order of the checks, and frames that come together.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { DIALECTS, type DialectName, withHexBinary } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import { adviceFields } from '../switch/core/story-terminal.ts'
import { MID } from '../switch/core/story-world.ts'
import { FrontDesk, fieldsOf } from './front-desk.ts'

interface Negative {
  name: string
  link: 'terminal' | 'institution' | 'cardhost'
  dialect: DialectName
  hexBinary?: boolean
  hex: string
  tpdu?: string
  expect?: { action: string; rc?: string; mti?: string; echo?: Fields }
}

const path = new URL('../golden/messages.json', import.meta.url)
const golden: Negative[] = JSON.parse(readFileSync(path, 'utf8'))
const ofTerminals = golden.filter(({ link }) => link !== 'cardhost')
const answered = ofTerminals.filter(({ expect }) => expect?.rc === '30')
const dropped = ofTerminals.filter(({ expect }) => expect?.action === 'drop')

const TPDU = Buffer.from('6000010002', 'hex')

let desk: FrontDesk

beforeEach(async () => {
  desk = await FrontDesk.open()
})

function bodyOf(message: Negative): Buffer {
  return Buffer.from(message.hex, 'hex').subarray(message.link === 'terminal' ? 7 : 2)
}

function dialectOf(message: Negative) {
  const dialect = DIALECTS[message.dialect]
  return message.hexBinary === true ? withHexBinary(dialect) : dialect
}

describe('the golden negatives', () => {
  it('are there', () => {
    expect(answered.length).toBeGreaterThanOrEqual(15)
    expect(dropped.length).toBeGreaterThanOrEqual(6)
  })

  it.each(answered)('$name: answered with 30 and exactly what was read', async (negative) => {
    const each = new FrontDesk(desk.story, { dialect: dialectOf(negative) })
    const tpdu = Buffer.from(negative.tpdu ?? '', 'hex')
    const replies = await each.frame(bodyOf(negative), tpdu)
    expect(replies).toHaveLength(1)
    expect(replies[0]?.message.mti).toBe(negative.expect?.mti)
    const fields = replies[0] === undefined ? {} : fieldsOf(replies[0].message)
    expect(fields).toEqual({ ...negative.expect?.echo, 39: '30' })
    expect(replies[0]?.tpdu?.toString('hex')).toBe('6000020001')
    expect([each.dropped, each.closings]).toEqual([1, []])
    expect(each.counted.filter((what) => what.startsWith('frames dropped'))).toEqual([])
  })

  it.each(dropped)('$name: dropped', async (negative) => {
    const each = new FrontDesk(desk.story, { dialect: dialectOf(negative) })
    expect(await each.frame(bodyOf(negative), TPDU)).toEqual([])
    expect(each.dropped).toBe(1)
    expect(each.counted.filter((what) => what.startsWith('frames dropped'))).toHaveLength(1)
  })
})

describe('a frame that is no request', () => {
  it.each<[string, string, () => Buffer]>([
    ['an empty frame', 'empty', () => Buffer.alloc(0)],
    ['an unreadable frame', 'unreadable', () => Buffer.from('02', 'hex')],
    [
      'a reply',
      'not a request',
      () => encode(DIALECTS.iso87binary, '0210', { ...desk.story.sale(1), 39: '00' }),
    ],
  ])('%s is counted and dropped, and the fifth closes the connection', async (...row) => {
    const [, why, body] = row
    for (let n = 1; n <= 4; n++) await desk.frame(body(), TPDU)
    expect([desk.dropped, desk.closings.length]).toEqual([4, 0])
    expect(await desk.code('0800', { ...desk.story.sale(1), 3: '990000' })).toBe('00')
    await desk.frame(body(), TPDU)
    expect(desk.closings).toHaveLength(1)
    expect(desk.counted.filter((what) => what === `frames dropped: ${why}`)).toHaveLength(5)
  })

  it('is none that was answered 30: those never close a connection', async () => {
    const [negative] = answered
    if (negative === undefined) throw new Error('no golden negatives')
    const each = new FrontDesk(desk.story, { dialect: dialectOf(negative) })
    for (let n = 1; n <= 5; n++) await each.frame(bodyOf(negative), TPDU)
    await each.frame(Buffer.alloc(0))
    expect([each.sent.length, each.dropped, each.closings]).toEqual([5, 6, []])
  })

  it('on one connection does not disturb another', async () => {
    const other = new FrontDesk(desk.story)
    for (let n = 1; n <= 5; n++) await desk.frame(Buffer.alloc(0))
    expect(desk.closings).toHaveLength(1)
    expect(await other.code('0200', desk.story.sale(1))).toBe('00')
    expect(other.closings).toEqual([])
  })
})

describe('a reply', () => {
  it.each([
    ['0200', '0210'],
    ['0201', '0210'],
    ['0220', '0230'],
    ['0221', '0230'],
    ['0400', '0410'],
    ['0401', '0410'],
    ['0420', '0430'],
    ['0421', '0430'],
    ['0500', '0510'],
    ['0501', '0510'],
    ['0800', '0810'],
    ['0801', '0810'],
    ['0100', '0110'],
    ['0101', '0110'],
  ])('to %s is %s', async (mti, reply) => {
    expect((await desk.ask(mti, desk.story.sale(1)))?.mti).toBe(reply)
  })

  it('repeats fields of its request and swaps the TPDU, or has none where none came', async () => {
    const { 22: _entry, 35: _track, 60: _status, ...echoed } = desk.story.sale(1)
    const body = encode(desk.listener.dialect, '0200', desk.story.sale(1))
    const [first] = await desk.frame(body, Buffer.from('6012345678', 'hex'))
    const [second] = await desk.frame(body)
    expect(first?.tpdu?.toString('hex')).toBe('6056781234')
    expect(second?.tpdu).toBeUndefined()
    const { 37: rrn, 38: auth, 62: vouchers, ...rest } = fieldsOf(first?.message ?? never())
    expect({ ...rest, 42: rest[42]?.trimEnd() }).toEqual({ ...echoed, 39: '00' })
    expect([rrn?.length, auth, vouchers?.length]).toEqual([12, '004711', 6 + 3 + 16])
  })

  it('that its channel does not take leaves the sale as not answered', async () => {
    const fields = desk.story.sale(1)
    desk.takes = false
    await desk.frame(encode(desk.listener.dialect, '0200', fields))
    await desk.story.time.run(5_000)
    expect(desk.story.count('sale', 'state = 1 and answered = 0')).toBe(1)
    desk.takes = true
    expect(await desk.code('0201', fields)).toBe('00')
    await desk.story.time.run(5_000)
    expect(desk.story.count('sale', 'answered = 1')).toBe(1)
  })

  it('carries the listener’s own response code where it has one', async () => {
    const mapped = new FrontDesk(desk.story, { responseCodes: { '44': '97', '00': '00' } })
    expect(await mapped.code('0200', desk.story.sale(1, { product: '091999' }))).toBe('97')
    expect(await mapped.code('0200', desk.story.sale(2))).toBe('00')
    expect(mapped.counted).toContain('answers: 44')
    expect(await desk.code('0200', desk.story.sale(3, { product: '091999' }))).toBe('44')
  })
})

describe('frames that come together', () => {
  it('are worked on together, and each is answered', async () => {
    const sales = [1, 2, 3].map((stan) => desk.story.sale(stan))
    for (const fields of sales) {
      desk.handlers.frame(encode(desk.listener.dialect, '0200', fields), TPDU)
    }
    expect(desk.story.book.turns.size).toBe(3)
    await desk.story.time.run(10_000)
    expect(desk.sent.map(({ message }) => message.get(39))).toEqual(['00', '00', '00'])
    expect(new Set(desk.sent.map(({ message }) => message.get(11))).size).toBe(3)
  })

  it('may be answered in another order than they came', async () => {
    const echo = { ...desk.story.sale(2), 3: '990000' }
    desk.handlers.frame(encode(desk.listener.dialect, '0200', desk.story.sale(1)), TPDU)
    desk.handlers.frame(encode(desk.listener.dialect, '0800', echo), TPDU)
    await desk.story.time.run(10_000)
    expect(desk.sent.map(({ message }) => message.mti)).toEqual(['0810', '0210'])
  })
})

describe('the checks', () => {
  const wrong = (change: Fields): Fields => ({ ...desk.story.sale(1), ...change })

  it('come in their order: 03 and 58 before 97, that before 12, that before 30', async () => {
    const nonsense: Fields = { 3: '999999', 48: 'x', 60: '0x' }
    expect(await desk.code('0200', wrong({ ...nonsense, 41: '19999999' }))).toBe('03')
    desk.register({ maySell: false })
    expect(await new FrontDesk(desk.story).code('0200', wrong(nonsense))).toBe('58')
    const keyed = await FrontDesk.open({ keys: 'aes' })
    keyed.register({ scheme: 'aes' })
    expect(await keyed.code('0200', wrong(nonsense))).toBe('97')
    const plainDesk = await FrontDesk.open()
    expect(await plainDesk.code('0200', wrong(nonsense))).toBe('12')
    expect(await plainDesk.code('0200', wrong({ 48: 'x', 60: '02012' }))).toBe('30')
    expect(await plainDesk.code('0200', wrong({ 60: '0x' }))).toBe('30')
  })

  it('without terminal or merchant are a format error', async () => {
    const { 41: _tid, ...withoutTerminal } = desk.story.sale(1)
    const { 42: _mid, ...withoutMerchant } = desk.story.sale(1)
    expect(await desk.code('0200', withoutTerminal)).toBe('30')
    expect(await desk.code('0200', withoutMerchant)).toBe('30')
    expect(await desk.code('0200', wrong({ 41: '        ' }))).toBe('03')
  })

  it('leave no trace of what they refuse', async () => {
    await desk.code('0200', wrong({ 41: '19999999' }))
    await desk.code('0200', wrong({ 3: '999999' }))
    await desk.code('0200', wrong({ 48: 'x' }))
    expect(desk.story.count('sale')).toBe(0)
    expect(await desk.code('0200', desk.story.sale(1))).toBe('00')
  })
})

describe('a sale', () => {
  it.each([
    ['a keyed card without DE 14', { 2: '6037990000000014' }],
    ['a PIN block of format 0', { 52: '0123456789ABCDEF' }],
    ['a PIN block of format 4', { 61: '00112233445566778899AABBCCDDEEFF' }],
    ['a DE 7 that is no time', { 7: '1399999999' }],
    ['dollars for a currency', { 49: '840' }],
    ['a currency that nobody knows', { 49: '999' }],
  ])('with %s from a terminal without keys is a format error', async (what, fields) => {
    const { 35: track, ...sale } = desk.story.sale(1)
    const card = what.startsWith('a keyed') ? {} : { 35: track ?? '' }
    expect(await desk.code('0200', { ...sale, ...card, ...fields })).toBe('30')
    expect(desk.story.count('sale')).toBe(0)
  })
})

it.each([
  ['a shop sells on low paper', '14', '1', '00'],
  ['a shop does not sell without paper', '14', '2', '05'],
  ['a kiosk sells with paper', '43', '0', '00'],
  ['a kiosk does not sell on low paper: nobody is there to change it', '43', '1', '05'],
])('%s', async (_what, condition, printer, rc) => {
  const sale = { ...desk.story.sale(1), 25: condition, 60: `0201${printer}` }
  expect(await desk.code('0200', sale)).toBe(rc)
  expect(desk.story.netDebits()).toBe(rc === '00' ? 1 : 0)
})

it('what a terminal says of itself is told with its answer, and no card number is', async () => {
  const told: unknown[] = []
  const seen = {
    noted: (...facts: unknown[]) => told.push(facts),
    failedMac: () => undefined,
  }
  const each = new FrontDesk(desk.story, {}, { seen })
  await each.code('0200', { ...desk.story.sale(1), 60: '020110303v170402S1' })
  const { 60: _status, ...silent } = desk.story.sale(2, { product: '091999' })
  await each.code('0200', silent)
  const echo = { ...desk.story.sale(3), 3: '990000' }
  await each.code('0800', { ...echo, 60: '04166037990000000014' })
  const nothing = { version: undefined, serial: undefined, printer: undefined }
  expect(told).toEqual([
    [1, { version: 'v17', serial: 'S1', printer: 'low', responseCode: '00' }],
    [1, { ...nothing, responseCode: '44' }],
    [1, { ...nothing, serial: '603799******0014', responseCode: '00' }],
  ])
})

describe('a blocked terminal', () => {
  it('may not sell or reprint; its reversals, confirmations and inquiries are taken', async () => {
    const fields = [1, 2].map((stan) => desk.story.sale(stan))
    for (const sale of fields) await desk.ask('0200', sale)
    desk.register({ maySell: false })
    const { directory } = desk.gateway
    ;(directory as unknown as { changed(): void }).changed()
    const advice = (n: number) => adviceFields(desk.story.time, fields[n] ?? {})
    expect(await desk.code('0200', desk.story.sale(3))).toBe('58')
    expect(await desk.code('0201', fields[0] ?? {})).toBe('00')
    expect(await desk.code('0200', fields[0] ?? {})).toBe('00')
    expect(await desk.code('0100', { ...desk.story.sale(4), 3: '390000' })).toBe('58')
    // Nor under the identity of a sale that was taken.
    expect(await desk.code('0100', { ...fields[0], 3: '390000' })).toBe('58')
    expect(await desk.code('0220', advice(0))).toBe('00')
    expect(await desk.code('0400', advice(1))).toBe('00')
    const inquiry = { ...desk.story.sale(5), 3: '330000', 48: '0000090101011122' }
    expect(await desk.code('0100', inquiry)).toBe('25')
    expect(await desk.code('0800', { ...desk.story.sale(6), 3: '990000' })).toBe('00')
  })
})

it.each([
  ['before its intent is durable', 0, 0],
  ['while the card host is asked', 3, 1],
])('a terminal that is blocked %s gets the answer to its repeat', async (_when, ms, rows) => {
  const sale = desk.story.sale(1)
  desk.handlers.frame(encode(desk.listener.dialect, '0200', sale), undefined)
  if (ms > 0) await desk.story.time.run(ms)
  expect([desk.sent.length, desk.story.count('sale')]).toEqual([0, rows])
  desk.register({ maySell: false })
  const { directory } = desk.gateway
  ;(directory as unknown as { changed(): void }).changed()
  await desk.ask('0201', sale)
  const answers = desk.sent.map(({ message }) => [message.get(39), message.get(37)])
  expect(answers).toEqual([
    ['00', answers[0]?.[1]],
    ['00', answers[0]?.[1]],
  ])
  expect(desk.story.netDebits()).toBe(1)
})

describe('keys', () => {
  it('of a terminal that has some want a logon first, an echo included', async () => {
    for (const keys of ['tdes', 'aes'] as const) {
      const keyed = await FrontDesk.open({ keys, insecure: false })
      keyed.register({ scheme: keys })
      expect(await keyed.code('0200', keyed.story.sale(1))).toBe('97')
      expect(await keyed.code('0800', { ...keyed.story.sale(1), 3: '990000' })).toBe('97')
      expect(keyed.story.count('sale')).toBe(0)
    }
  })

  it('of another scheme than the listener’s are refused with 58', async () => {
    for (const [scheme, keys] of [
      ['aes', 'none'],
      ['none', 'aes'],
      ['tdes', 'aes'],
    ] as const) {
      const each = await FrontDesk.open({ keys })
      each.register({ scheme })
      expect(await each.code('0200', each.story.sale(1))).toBe('58')
    }
  })

  it('may be missing only on a listener that is marked insecure', async () => {
    const secure = await FrontDesk.open({ insecure: false })
    expect(await secure.code('0200', secure.story.sale(1))).toBe('58')
    const institution = new FrontDesk(secure.story, { kind: 'institution', insecure: false })
    expect(await institution.code('0200', secure.story.sale(1))).toBe('58')
    expect(await secure.code('0400', adviceFields(secure.story.time, secure.story.sale(1)))).toBe(
      '58',
    )
    expect(await desk.code('0200', desk.story.sale(1))).toBe('00')
  })
})

describe('an institution', () => {
  const institution = { kind: 'institution', institution: 7 } as const

  it('brings its own terminals, with the keys of its link', async () => {
    const each = await FrontDesk.open(institution)
    each.story.database.exec('update merchant set institution = 7')
    each.register({ scheme: 'aes' })
    expect(await each.code('0200', each.story.sale(1))).toBe('00')
  })

  it('brings those of the list only: others are 58, and 03 when nobody knows them', async () => {
    const listed = await FrontDesk.open({ ...institution, merchants: new Set([MID, 'M2']) })
    expect(await listed.code('0200', { ...listed.story.sale(1), 42: 'M3' })).toBe('58')
    expect(await listed.code('0200', { ...listed.story.sale(1), 42: 'M2' })).toBe('03')
    expect(await listed.code('0200', listed.story.sale(1))).toBe('03')
    listed.story.database.exec('update merchant set institution = 7')
    expect(await listed.code('0200', listed.story.sale(1))).toBe('00')
    expect(await listed.code('0200', { ...listed.story.sale(1), 41: '19999999' })).toBe('03')
  })

  it('cannot reverse the sale of another institution’s terminal', async () => {
    const sale = desk.story.sale(1)
    await desk.ask('0200', sale)
    const other = new FrontDesk(desk.story, institution)
    expect(await other.code('0400', adviceFields(desk.story.time, sale))).toBe('03')
    expect(desk.story.netDebits()).toBe(1)
  })
})

describe('any bytes', () => {
  it('are answered readably, dropped, or nothing: never an error', async () => {
    const seeds = ofTerminals.filter(({ dialect }) => dialect === 'iso87binary').map(bodyOf)
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.nat(), fc.uint8Array({ maxLength: 6 }), fc.boolean())
      .map(([seed, place, bytes, cut]) => {
        const body = Buffer.from(seed)
        const at = place % Math.max(1, body.length)
        body.set(bytes.subarray(0, Math.max(0, body.length - at)), Math.min(at, body.length))
        return cut ? body.subarray(0, at) : body
      })
    await fc.assert(
      fc.asyncProperty(mutated, async (body) => {
        const each = new FrontDesk(desk.story)
        await each.frame(body, TPDU)
        const silent = each.counted.filter((what) => what.startsWith('frames dropped'))
        expect(each.sent.length + silent.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 150 },
    )
  })
})

function never(): never {
  throw new Error('no reply came')
}
