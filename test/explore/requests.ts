// A terminal's message as the gateway would hand it to the core, and the core's answer as the
// gateway would send it. The bytes between are not explored: they are the codec's own tests.

import type { MerchantId, ProductId, Stan } from '../../protocol/values/identifiers.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { isReason } from '../../protocol/values/reason.ts'
import type { Rial } from '../../protocol/values/rial.ts'
import type { Book } from '../../switch/core/book.ts'
import { inquire } from '../../switch/core/repeat.ts'
import { confirm, reverse } from '../../switch/core/reversal-desk.ts'
import { sell } from '../../switch/core/sale-desk.ts'
import type { Identity, SaleAnswer } from '../../switch/core/sale-record.ts'
import { type Message, terminalOf } from './messages.ts'
import { MID, PRODUCT, tidOf } from './scene.ts'

type Reply = Extract<Message, { to: 'terminal' }>

export interface Answered {
  readonly message: Reply
  readonly written?: ((complete: boolean) => void) | undefined
}

const AMOUNT = 50_000 as Rial
const CODE = '150000'

export async function answerTo(
  book: Book,
  request: Extract<Message, { to: 'switch' }>,
  arrivedMs: number,
): Promise<Answered | undefined> {
  const { mti, sale } = request
  const identity = identityOf(sale)
  const isRepeat = mti === '0201'
  const advice = { identity, processingCode: CODE, amount: AMOUNT }
  switch (mti) {
    case '0200':
    case '0201':
      return saleReply(
        '0210',
        sale,
        await sell(book, { ...REQUEST, identity, isRepeat, isFromBeforeLogon: false, arrivedMs }),
      )
    case '0100':
      return saleReply('0110', sale, await inquire(book, identity))
    case '0220':
      return adviceReply('0230', sale, await confirm(book, advice))
    default:
      return adviceReply('0410', sale, await reverse(book, advice))
  }
}

function saleReply(
  mti: '0210' | '0110',
  sale: number,
  answer: SaleAnswer | undefined,
): Answered | undefined {
  if (answer === undefined) return undefined
  const { responseCode: code, rrn = '' } = answer
  const vouchers = answer.vouchers.map(({ voucherPin }) => voucherPin.reveal()).join(' ')
  return {
    message: { to: 'terminal', mti, sale, code, rrn, vouchers },
    written: answer.written,
  }
}

function adviceReply(
  mti: '0230' | '0410',
  sale: number,
  answer: { responseCode: string; rrn: string | undefined } | undefined,
): Answered | undefined {
  if (answer === undefined) return undefined
  const { responseCode: code, rrn = '' } = answer
  return { message: { to: 'terminal', mti, sale, code, rrn, vouchers: '' } }
}

function identityOf(sale: number): Identity {
  const key = terminalOf(sale)
  return {
    terminal: {
      ...{ key, institution: 0, tid: tidOf(key), mid: MID as MerchantId, merchantKey: 1 },
      ...{ merchantName: 'SHOP', nameAndLocation: 'SHOP', maySell: true },
    },
    ...{ stan: String(sale).padStart(6, '0') as Stan, time: '113000', date: '0101' },
  }
}

const PAN = Pan.parse('6037990000000014')
if (isReason(PAN)) throw new Error(PAN.reason)

const REQUEST = {
  content: { processingCode: CODE, amount: AMOUNT, order: `${PRODUCT} 01`, cardHash: 'card' },
  product: PRODUCT as ProductId,
  count: 1,
  card: {
    ...{ pan: PAN, track2: undefined, expiry: undefined, enteredPin: undefined, chip: undefined },
  },
  entry: { entryMode: undefined, condition: undefined, currency: undefined },
  printerOut: false,
}
