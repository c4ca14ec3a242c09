// 0200 / 0201 with DE 3 = 150000: charge voucher sale. Parses, and builds the answer; every
// decision about money and stock is the core's. [wire-protocol 3.1]

import { FieldList } from '../../protocol/message/field-list.ts'
import { isReason } from '../../protocol/values/reason.ts'
import { sell } from '../../switch/core/sale-desk.ts'
import type { SaleAnswer, SaleRequest } from '../../switch/core/sale-record.ts'
import { enteredPinOf } from '../entered-pin.ts'
import type { Gateway, Incoming } from '../gateway.ts'
import { receiptLines } from '../receipt-lines.ts'
import { plain, type Reply } from '../reply.ts'
import { amountOf, cardOf, identityOf, missing, orderOf } from '../request-fields.ts'
import { isFromBeforeLogon } from '../session-age.ts'
import type { SessionKeys } from '../session-keys.ts'
import type { TerminalStatus } from '../terminal-status.ts'
import { voucherField } from '../voucher-field.ts'

const REQUIRED = [3, 4, 7, 11, 12, 13, 22, 24, 25, 41, 42, 48, 49]
const RIAL = '364'
const KIOSK = '43'

export function handleSale(gateway: Gateway, incoming: Incoming): Promise<Reply | undefined> {
  const asked = readSale(gateway, incoming)
  if (asked === undefined) return Promise.resolve(plain('30'))
  return sell(gateway.book, asked.request).then(
    (answer) => answer && replyOf(gateway, incoming, asked, answer),
  )
}

interface AskedSale {
  readonly request: SaleRequest
  /** As read from the card, valid or not. */
  readonly cardDigits: string
}

/** Undefined is a format error. */
function readSale(gateway: Gateway, incoming: Incoming): AskedSale | undefined {
  const { message, terminal, status, keys, arrivedMs } = incoming
  const identity = identityOf(message, terminal)
  const amount = amountOf(message)
  const order = orderOf(message.get(48) ?? '')
  const presented = cardOf(message)
  if (missing(message, REQUIRED) !== undefined || isReason(identity) || isReason(amount)) {
    return undefined
  }
  if (isReason(order) || isReason(presented)) return undefined
  // In hex, two characters a byte. No card host could be asked for such a sale.
  if ((message.get(55)?.length ?? 0) > 2 * gateway.chipBytesMost) return undefined
  if (message.get(49) !== RIAL) return undefined
  if (!message.get(35) && !message.has(14)) return undefined
  const enteredPin = enteredPinOf(gateway.keyDesk, incoming, presented.card?.pan)
  if (isReason(enteredPin)) return undefined
  const isRepeat = message.mti === '0201'
  const request: SaleRequest = {
    identity,
    content: {
      processingCode: message.get(3) ?? '',
      amount,
      order: message.get(48) ?? '',
      cardHash: gateway.hashCard(presented.digits),
    },
    product: order.product,
    count: order.count,
    card: presented.card === undefined ? undefined : { ...presented.card, enteredPin },
    entry: {
      entryMode: message.get(22),
      condition: message.get(25),
      currency: message.get(49),
    },
    printerOut: cannotPrint(status, message.get(25)),
    isRepeat,
    isFromBeforeLogon: isRepeat && isFromBeforeLogon(message, keys, gateway.timers.wallMs()),
    arrivedMs,
  }
  return { request, cardDigits: presented.digits }
}

function replyOf(
  gateway: Gateway,
  { terminal, status, keys }: Incoming,
  { request, cardDigits }: AskedSale,
  answer: SaleAnswer,
): Reply {
  const reply = saleReply(answer, keys)
  if (answer.vouchers.length === 0 || !status.wantsReceiptLines) return reply
  const lines = receiptLines(gateway.receipts, {
    language: status.language,
    merchantName: terminal.merchantName,
    tid: terminal.tid,
    stan: request.identity.stan,
    rrn: answer.rrn ?? '',
    cardDigits,
    amountRial: request.content.amount,
    wallMs: answer.createdMs ?? gateway.timers.wallMs(),
    product: request.product,
    vouchers: answer.vouchers,
  })
  reply.fields.put(63, lines)
  return reply
}

/** A kiosk has nobody to change the paper, so `low` stops it as `out` stops a shop's terminal. */
function cannotPrint(status: TerminalStatus, condition: string | undefined): boolean {
  return status.printer === 'out' || (status.printer === 'low' && condition === KIOSK)
}

/** DE 37, 38 and 62 of a sale's answer, also inside an inquiry's, which may add to them. */
export function saleReply(answer: SaleAnswer, keys: SessionKeys | undefined) {
  const { responseCode, written } = answer
  const fields = new FieldList()
  fields.put(37, answer.rrn)
  // An approval may have come without one, and blanks are none.
  if (responseCode === '00') fields.put(38, answer.authCode || undefined)
  if (answer.vouchers.length > 0) {
    try {
      fields.put(62, voucherField(answer.vouchers, keys))
    } catch (error) {
      // The keys of a hardware module may be away: what cannot be built does not go out.
      written?.(false)
      throw error
    }
  }
  return { responseCode, fields, written } satisfies Reply
}
