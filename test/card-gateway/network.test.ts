// What the card host's own requests are answered: which of their fields come back, and which never
// do, whatever they hold.

import { expect, it } from 'vitest'
import { answerRequest } from '../../card-gateway/network.ts'
import { decode, type Rejection } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import type { Message } from '../../protocol/message/message.ts'

const DIALECT = DIALECTS.iso87ascii
const BACK = {
  ...{ 3: '330000', 4: '000000050000', 7: '1122060000', 11: '900001', 12: '093000', 13: '1122' },
  ...{ 24: '001', 25: '14', 41: '10000001', 42: '000000000100001', 48: '091905 01', 49: '364' },
}
const OWN = { 2: '6037990000000014', 35: '6037990000000014=2912', 37: '632609000001' }

function request(mti: string, fields: Fields, cut = 0): Message | Rejection {
  const wire = encode(DIALECT, mti, fields)
  return decode(DIALECT, wire.subarray(0, wire.length - cut))
}

it.each(['0100', '0200', '0420'])('a %s is not served: 12, and no card comes back', (mti) => {
  const answer = answerRequest(request(mti, { ...BACK, ...OWN }))
  expect(answer).toEqual({ fields: { ...BACK, 39: '12' }, asks: undefined })
})

it('one that cannot be read is answered 30, with what was read of it', () => {
  const { 49: _cut, ...back } = BACK
  const answer = answerRequest(request('0200', { ...BACK, ...OWN }, 1))
  expect(answer).toEqual({ fields: { ...back, 39: '30' }, asks: undefined })
})

it.each([7, 11, 70])('network management without DE %i asks for nothing: 30', (de) => {
  const whole: Fields = { 7: '1122060000', 11: '900001', 70: '002' }
  const { [de]: _left, ...fields } = whole
  const answer = answerRequest(request('0800', fields))
  expect(answer).toEqual({ fields: { ...fields, 39: '30' }, asks: undefined })
})
