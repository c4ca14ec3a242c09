// A decoded message as what the host is asked to do, or the response code that refuses it.
// Only reads the message; whether money moves is authorise.ts. [wire-protocol 4]

import type { FieldReader } from '../protocol/message/message.ts'
import { type CardPin, PinBlock } from '../protocol/values/card.ts'
import { Pan } from '../protocol/values/pan.ts'
import { isReason } from '../protocol/values/reason.ts'
import type { PurchaseKey } from './book.ts'

interface MoneyRequest {
  /** The message's own DE 7, 11, 41 and 32. */
  readonly key: PurchaseKey
  readonly mid: string
  readonly rrn: string
  readonly cardNumber: string
  readonly amountRial: number
}

export interface PurchaseRequest extends MoneyRequest {
  readonly kind: 'purchase'
  /** YYMM of track 2 or DE 14. */
  readonly expiry: string | undefined
  readonly hasPinBlock: boolean
  /** By the field that carries it; two are none. */
  readonly pinBlock: { readonly de: 52 | 61; readonly block: PinBlock } | undefined
  /** What the block holds; undefined when it was not opened, or does not open. */
  readonly cardPin?: CardPin | undefined
}

export interface ReversalRequest extends MoneyRequest {
  readonly kind: 'reversal'
  readonly de90: string
  readonly original: PurchaseKey
}

export interface NetworkRequest {
  readonly kind: 'network'
  readonly de70: string
  readonly stan: string
}

interface Refusal {
  readonly kind: 'refused'
  readonly rc: string
}

export type HostRequest = PurchaseRequest | ReversalRequest | NetworkRequest | Refusal

const FORMAT_ERROR: Refusal = { kind: 'refused', rc: '30' }
const NOT_SUPPORTED: Refusal = { kind: 'refused', rc: '12' }
const NO_SUCH_CARD: Refusal = { kind: 'refused', rc: '14' }

const PURCHASE = '000000'
const RIAL = '364'

export function readRequest(mti: string, message: FieldReader): HostRequest {
  switch (mti) {
    case '0200':
    case '0201':
      return readPurchase(message)
    case '0420':
    case '0421':
      return readReversal(message)
    case '0800':
    case '0801':
      return readNetwork(message)
    default:
      return NOT_SUPPORTED
  }
}

function readPurchase(message: FieldReader): PurchaseRequest | Refusal {
  const money = readMoney(message)
  if (money.kind === 'refused') return money
  const track2 = message.get(35)
  const expiry = track2?.slice(track2.indexOf('=') + 1).slice(0, 4) || message.get(14)
  const hasPinBlock = message.has(52) || message.has(61)
  return { ...money, kind: 'purchase', expiry, hasPinBlock, pinBlock: pinBlockOf(message) }
}

function pinBlockOf(message: FieldReader): PurchaseRequest['pinBlock'] {
  const [short, long] = [message.get(52), message.get(61)]
  if (short !== undefined && long !== undefined) return undefined
  if (short !== undefined) return { de: 52, block: new PinBlock(short) }
  return long === undefined ? undefined : { de: 61, block: new PinBlock(long) }
}

/** DE 90: original MTI n4, STAN n6, DE 7 n10, acquirer n11, forwarder n11. */
function readReversal(message: FieldReader): ReversalRequest | Refusal {
  const money = readMoney(message)
  if (money.kind === 'refused') return money
  const de90 = message.get(90)
  if (de90 === undefined || !/^\d{42}$/.test(de90)) return FORMAT_ERROR
  const original = {
    stan: de90.slice(4, 10),
    de7: de90.slice(10, 20),
    acquirer: de90.slice(20, 31),
    tid: money.key.tid,
  }
  return { ...money, kind: 'reversal', de90, original }
}

function readNetwork(message: FieldReader): NetworkRequest | Refusal {
  const [de70, stan] = [message.get(70), message.get(11)]
  if (de70 === undefined || stan === undefined || !message.has(7)) return FORMAT_ERROR
  return { kind: 'network', de70, stan }
}

function readMoney(message: FieldReader): (MoneyRequest & { kind: 'money' }) | Refusal {
  const [de7, stan, acquirer] = [message.get(7), message.get(11), message.get(32)]
  const [rrn, tid, mid] = [message.get(37), message.get(41), message.get(42)]
  const [amount, cardNumber] = [message.get(4), cardNumberOf(message)]
  if (de7 === undefined || stan === undefined || acquirer === undefined) return FORMAT_ERROR
  if (rrn === undefined || tid === undefined || mid === undefined) return FORMAT_ERROR
  if (amount === undefined || message.get(49) !== RIAL) return FORMAT_ERROR
  if (message.get(3) !== PURCHASE) return NOT_SUPPORTED
  if (cardNumber === undefined) return FORMAT_ERROR
  if (isReason(Pan.parse(cardNumber)) || !agrees(message, cardNumber)) return NO_SUCH_CARD
  const key = { de7, stan, tid: tid.trimEnd(), acquirer }
  const amountRial = Number(amount)
  return { kind: 'money', key, mid: mid.trimEnd(), rrn: rrn.trimEnd(), cardNumber, amountRial }
}

function cardNumberOf(message: FieldReader): string | undefined {
  return message.get(2) ?? message.get(35)?.split('=')[0]
}

/** DE 2 and track 2 must name the same card. */
function agrees(message: FieldReader, cardNumber: string): boolean {
  const track2 = message.get(35)
  return track2 === undefined || track2.split('=')[0] === cardNumber
}
