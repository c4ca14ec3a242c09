// What a terminal would not take ends a stage: figures of a broken switch are none.

import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { cmacUnder } from '../../../bench/load/cmac.ts'
import { receiptOf } from '../../../bench/load/receipt.ts'
import { DIALECT, type LineKeys, type Terminal } from '../../../bench/load/sale-frame.ts'
import { encodeWithMac } from '../../../protocol/message/mac-input.ts'

const TERMINAL: Terminal = {
  address: { mid: '000000000100001', tid: '10000001' },
  ...{ keys: undefined, mac: undefined },
}
const FIELDS = {
  ...{ 37: '633000000001', 38: '123456', 39: '00', 41: '10000001', 42: '000000000100001' },
  62: '01031193212345678901',
}

const answer = (fields: object = {}, mac?: (input: Buffer) => Buffer) =>
  encodeWithMac(DIALECT, '0210', { ...FIELDS, ...fields }, mac)

it('tells RRN, terminal, serial and PIN', () => {
  const body = answer()
  expect(receiptOf(body, TERMINAL)).toBe('R 633000000001 10000001 932 12345678901')
})

it('takes no answer of another terminal', () => {
  expect(() => receiptOf(answer({ 41: '10000002' }), TERMINAL)).toThrow('10000002')
  expect(() => receiptOf(answer({ 42: '000000000100002' }), TERMINAL)).toThrow('10000001')
})

it('takes no answer whose MAC is missing or of another key', () => {
  const mac = cmacUnder(randomBytes(16))
  const keys = {} as LineKeys
  expect(() => receiptOf(answer(), { ...TERMINAL, keys, mac })).toThrow('wrong MAC')
  const other = answer({}, cmacUnder(randomBytes(16)))
  expect(() => receiptOf(other, { ...TERMINAL, keys, mac })).toThrow('wrong MAC')
})

it('takes no PIN that does not open under its data key', () => {
  const mac = cmacUnder(randomBytes(16))
  const keys: LineKeys = { mac: randomBytes(16), pinBlock: '', data: randomBytes(16) }
  const body = answer({ 62: `010332932${'A'.repeat(32)}` }, mac)
  expect(() => receiptOf(body, { ...TERMINAL, keys, mac })).toThrow('voucher PIN field')
})
