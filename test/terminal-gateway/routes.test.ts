// Which handler a message goes to, and which have none; what is new business.

import { describe, expect, it } from 'vitest'
import type { Message } from '../../protocol/message/message.ts'
import { handleAdvice } from '../../terminal-gateway/handlers/advice.ts'
import { handleDayEnd } from '../../terminal-gateway/handlers/day-end.ts'
import { handleInquiry } from '../../terminal-gateway/handlers/inquiry.ts'
import { handleLogon } from '../../terminal-gateway/handlers/logon.ts'
import { handleEcho, handleInitialise } from '../../terminal-gateway/handlers/network.ts'
import { handleReprint } from '../../terminal-gateway/handlers/reprint.ts'
import { handleSale } from '../../terminal-gateway/handlers/sale.ts'
import { handlerOf, isNewBusiness } from '../../terminal-gateway/routes.ts'
import { FrontDesk } from './front-desk.ts'

function message(mti: string, code: string | undefined): Message {
  return { mti, get: (de: number) => (de === 3 ? code : undefined) } as Message
}

const HANDLERS = {
  ...{ handleAdvice, handleDayEnd, handleEcho, handleInitialise, handleInquiry, handleReprint },
  handleLogon,
  handleSale,
}

const advices = ['0220', '0221', '0400', '0401', '0420', '0421']
const ROUTES: [string, string, keyof typeof HANDLERS][] = [
  ['0200', '150000', 'handleSale'],
  ['0201', '150000', 'handleSale'],
  ['0100', '330000', 'handleInquiry'],
  ['0101', '330000', 'handleInquiry'],
  ['0100', '390000', 'handleReprint'],
  ['0101', '390000', 'handleReprint'],
  ['0500', '920000', 'handleDayEnd'],
  ['0501', '920000', 'handleDayEnd'],
  ['0800', '920000', 'handleLogon'],
  ['0800', '930000', 'handleInitialise'],
  ['0800', '990000', 'handleEcho'],
  ['0801', '920000', 'handleLogon'],
  ['0801', '930000', 'handleInitialise'],
  ['0801', '990000', 'handleEcho'],
  ...advices.flatMap((mti) =>
    ['150000', '170000', '230000'].map(
      (code) => [mti, code, 'handleAdvice'] as [string, string, 'handleAdvice'],
    ),
  ),
]
const REQUESTS = ['0100', '0101', '0200', '0201', '0500', '0501', '0800', '0801']
const MTIS = [...REQUESTS, '0300', '0600', ...advices]
const CODES = [
  '150000',
  '170000',
  '230000',
  '330000',
  '390000',
  '920000',
  '930000',
  '990000',
  '000000',
]
const routed = new Set(ROUTES.map(([mti, code]) => `${mti} ${code}`))

describe('a message', () => {
  it.each(ROUTES)('%s with code %s goes to %s', (mti, code, name) => {
    expect(handlerOf(message(mti, code))).toBe(HANDLERS[name])
  })

  it('of any other code or MTI goes nowhere', () => {
    for (const mti of MTIS) {
      expect(handlerOf(message(mti, undefined))).toBeUndefined()
      for (const code of CODES) {
        if (routed.has(`${mti} ${code}`)) continue
        expect([mti, code, handlerOf(message(mti, code))]).toEqual([mti, code, undefined])
      }
    }
  })

  it('that goes nowhere is answered 12', async () => {
    const desk = await FrontDesk.open()
    for (const [mti, code] of [
      ['0200', '170000'],
      ['0200', '230000'],
      ['0800', '920000'],
    ] as const) {
      expect(await desk.code(mti, { ...desk.story.sale(1), 3: code })).toBe('12')
    }
    for (const mti of ['0202', '0203', '0204', '0205', '0102', '0222', '0402', '0423', '0300']) {
      expect(await desk.code(mti, desk.story.sale(1))).toBe('12')
    }
    expect(desk.story.count('sale')).toBe(0)
  })

  it('is new business when it is a sale or a reprint', () => {
    const business = [...ROUTES.map(([mti, code]) => message(mti, code)), message('0200', '170000')]
    const found = business.filter(isNewBusiness).map((each) => `${each.mti} ${each.get(3)}`)
    const reprints = ['0100 390000', '0101 390000']
    expect(found).toEqual(['0200 150000', '0201 150000', ...reprints, '0200 170000'])
  })
})
