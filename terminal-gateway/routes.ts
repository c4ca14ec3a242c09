// Which handler a message goes to, by the class of its MTI and its processing code.
// [wire-protocol 3, the table of messages]

import type { Message } from '../protocol/message/message.ts'
import type { Handler } from './gateway.ts'
import { handleAdvice } from './handlers/advice.ts'
import { handleDayEnd } from './handlers/day-end.ts'
import { handleInquiry } from './handlers/inquiry.ts'
import { handleLogon } from './handlers/logon.ts'
import { handleEcho, handleInitialise } from './handlers/network.ts'
import { handleReprint } from './handlers/reprint.ts'
import { handleSale } from './handlers/sale.ts'

const SALE = '150000'
const LOGON = '920000'
const SERVICES = [SALE, '170000', '230000']

/** MTI and processing code to its handler; whatever is missing here is answered 12. */
export function handlerOf(message: Message): Handler | undefined {
  const code = message.get(3) ?? ''
  switch (message.mti) {
    case '0200':
    case '0201':
      return code === SALE ? handleSale : undefined
    case '0220':
    case '0221':
    case '0400':
    case '0401':
    case '0420':
    case '0421':
      return SERVICES.includes(code) ? handleAdvice : undefined
    case '0100':
    case '0101':
      if (code === '330000') return handleInquiry
      return code === '390000' ? handleReprint : undefined
    case '0500':
    case '0501':
      return code === '920000' ? handleDayEnd : undefined
    case '0800':
    case '0801':
      if (code === LOGON) return handleLogon
      if (code === '930000') return handleInitialise
      return code === '990000' ? handleEcho : undefined
    default:
      return undefined
  }
}

/** It carries no MAC: there may be no key yet to make one with. [wire-protocol 3.4] */
export function isLogon(message: Message): boolean {
  return (message.mti === '0800' || message.mti === '0801') && message.get(3) === LOGON
}

/** Sales and reprints are what a blocked terminal may not do; its advices are always taken. */
export function isNewBusiness(message: Message): boolean {
  const kind = message.mti.slice(0, 3)
  return kind === '020' || (kind === '010' && message.get(3) === '390000')
}
