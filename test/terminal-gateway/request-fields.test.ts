// The fields of a request as the core's values, and what is a format error.

import { describe, expect, it } from 'vitest'
import type { Fields } from '../../protocol/message/encode.ts'
import type { FieldReader } from '../../protocol/message/message.ts'
import { isReason } from '../../protocol/values/reason.ts'
import type { Terminal } from '../../switch/core/sale-record.ts'
import {
  amountOf,
  cardOf,
  formatTotals,
  identityOf,
  missing,
  orderOf,
  originalOf,
  totalsOf,
} from '../../terminal-gateway/request-fields.ts'

const terminal = { key: 1 } as Terminal

function read(fields: Fields): FieldReader {
  return { has: (de) => fields[de] !== undefined, get: (de) => fields[de] }
}

describe('a missing field', () => {
  it('is the first of the list, by name', () => {
    expect(missing(read({ 3: 'x', 7: 'x' }), [3, 7])).toBeUndefined()
    expect(missing(read({ 3: 'x' }), [3, 7, 11])).toEqual({ reason: 'DE 7 is missing' })
  })
})

const SENT = '1122054430'

describe('an identity', () => {
  it('is STAN, time and date of the terminal', () => {
    const identity = identityOf(read({ 7: SENT, 11: '000017', 12: '091430', 13: '1122' }), terminal)
    expect(identity).toEqual({ terminal, stan: '000017', time: '091430', date: '1122' })
  })

  it('may be of leap day, in any year', () => {
    const fields = { 7: '0229202959', 11: '000017', 12: '235959', 13: '0229' }
    expect(isReason(identityOf(read(fields), terminal))).toBe(false)
  })

  it.each([
    ['no STAN', { 12: '091430', 13: '1122' }],
    ['no time', { 11: '000017', 13: '1122' }],
    ['no date', { 11: '000017', 12: '091430' }],
    ['30 February', { 11: '000017', 12: '091430', 13: '0230' }],
    ['month 13', { 11: '000017', 12: '091430', 13: '1301' }],
    ['day 0', { 11: '000017', 12: '091430', 13: '0100' }],
    ['hour 24', { 11: '000017', 12: '240000', 13: '1122' }],
    ['minute 60', { 11: '000017', 12: '096000', 13: '1122' }],
    ['second 60', { 11: '000017', 12: '091460', 13: '1122' }],
  ] as [string, Fields][])('is none with %s', (_what, fields) => {
    expect(isReason(identityOf(read({ 7: SENT, ...fields }), terminal))).toBe(true)
  })

  it.each([undefined, '1399999999', '1122240000', '112205443', '11220544300'])(
    'is none when DE 7 is %s',
    (sent) => {
      const fields = { 11: '000017', 12: '091430', 13: '1122' }
      const all = sent === undefined ? fields : { ...fields, 7: sent }
      expect(isReason(identityOf(read(all), terminal))).toBe(true)
    },
  )

  it('of an original is read from DE 48 of an inquiry', () => {
    expect(originalOf('0000170914301122', terminal)).toEqual({
      ...{ terminal, stan: '000017', time: '091430', date: '1122' },
    })
  })

  it.each([
    [''],
    ['000017091430112'],
    ['00001709143011222'],
    ['00001709143011 2'],
    ['0000172514301122'],
  ])('of an original is none with %j', (order) => {
    expect(isReason(originalOf(order, terminal))).toBe(true)
  })
})

describe('an order', () => {
  it.each([
    ['091905 01', '091905', 1],
    ['093510 10', '093510', 10],
  ])('%s is a product and a count', (field, product, count) => {
    expect(orderOf(field)).toEqual({ product, count })
  })

  it.each([
    ['091905 00'],
    ['091905 11'],
    ['091905 99'],
    ['091905 1'],
    ['09190501'],
    ['091905  1'],
    ['091905 01 '],
    [' 091905 01'],
    ['09190a 01'],
    [''],
  ])('is none with %j', (field) => {
    expect(isReason(orderOf(field))).toBe(true)
  })
})

describe('an amount', () => {
  it('is DE 4, and a format error without it', () => {
    expect(amountOf(read({ 4: '000000050000' }))).toBe(50_000)
    expect(isReason(amountOf(read({})))).toBe(true)
  })
})

describe('a card', () => {
  const TRACK = '6037990000000014=29121010000000000000'

  it('is read from track 2, also when a number was keyed', () => {
    const presented = cardOf(read({ 2: '6273530000000029', 14: '2912', 35: TRACK, 55: '9F26' }))
    if (isReason(presented)) throw new Error(presented.reason)
    expect(presented.digits).toBe('6037990000000014')
    expect(presented.card?.pan.reveal()).toBe('6037990000000014')
    expect(presented.card?.track2?.reveal()).toBe(TRACK)
    expect(presented.card?.chip?.reveal()).toBe('9F26')
  })

  it('is the whole number, also one of nineteen digits', () => {
    const presented = cardOf(read({ 35: '6037990000000000013=29121010000000000' }))
    if (isReason(presented)) throw new Error(presented.reason)
    expect(presented.digits).toBe('6037990000000000013')
  })

  it('is read from a keyed number with its expiry', () => {
    const presented = cardOf(read({ 2: '6037990000000014', 14: '2912' }))
    if (isReason(presented)) throw new Error(presented.reason)
    expect(presented.card?.expiry).toBe('2912')
    expect(presented.card?.track2).toBeUndefined()
    const beside = cardOf(read({ 2: '6037990000000014', 14: '2912', 35: '', 55: '' }))
    expect(beside).toEqual(presented)
  })

  it.each([
    ['nothing', {}],
    ['an expiry alone', { 14: '2912' }],
    ['an empty track', { 35: '' }],
    ['an empty track and an empty number', { 2: '', 35: '' }],
  ] as [string, Fields][])('is a format error with %s', (_what, fields) => {
    expect(isReason(cardOf(read(fields)))).toBe(true)
  })

  it.each([
    ['a wrong check digit in the track', { 35: '6037990000000015=2912' }, '6037990000000015'],
    ['a wrong check digit keyed', { 2: '6037990000000015', 14: '2912' }, '6037990000000015'],
    ['a number that is too short', { 35: '60379900000=2912' }, '60379900000'],
    ['a track without a separator', { 35: '6037990000000014' }, '6037990000000014'],
  ] as [string, Fields, string][])('with %s is no valid one, and keeps its digits', (...row) => {
    const [, fields, digits] = row
    expect(cardOf(read(fields))).toEqual({ digits, card: undefined })
  })
})

describe('the figures of an end of day', () => {
  const FIELD = '000012000000600000000001000000050000'
  const FIGURES = {
    ...{ salesCount: 12, salesAmount: 600_000, reversalsCount: 1, reversalsAmount: 50_000 },
  }

  it('are read, and written as they were read', () => {
    expect(totalsOf(FIELD)).toEqual(FIGURES)
    expect(formatTotals(FIGURES)).toBe(FIELD)
  })

  it('may be the largest that they have room for', () => {
    const figures = { salesCount: 999_999, salesAmount: 999_999_999_999 }
    const all = { ...figures, reversalsCount: 999_999, reversalsAmount: 999_999_999_999 }
    expect(totalsOf('9'.repeat(36))).toEqual(all)
  })

  it.each([
    [''],
    [FIELD.slice(1)],
    [`${FIELD}0`],
    [FIELD.replace('1', ' ')],
    [`-${FIELD.slice(1)}`],
  ])('are a format error with %j', (field) => {
    expect(isReason(totalsOf(field))).toBe(true)
  })
})
