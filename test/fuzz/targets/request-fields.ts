// The fields of requests that are read further: DE 60 (a run of tags), DE 48 of a sale, an inquiry
// and an end of day, DE 2 and 35, DE 7, 12 and 13. Any text gives a value or a reason; a value is
// what a plain second reading of the same text gives, and is written back as it was read.

import type { FieldReader } from '../../../protocol/message/message.ts'
import { isReason, type Reason } from '../../../protocol/values/reason.ts'
import {
  amountOf,
  cardOf,
  formatTotals,
  identityOf,
  orderOf,
  originalOf,
  totalsOf,
} from '../../../terminal-gateway/request-fields.ts'
import { parseStatus } from '../../../terminal-gateway/terminal-status.ts'
import { goldenFields } from '../golden-seeds.ts'
import { type FuzzTarget, Mismatch, type Outcome } from '../target.ts'
import { TERMINAL } from './known-terminal.ts'

export const STATUS_TARGET: FuzzTarget = {
  name: 'status',
  weight: 120,
  sliceRuns: 8_000_000,
  mostBytes: 999,
  floorBytes: 4_096,
  words: ['0106', '02010', '0502en', '07011', '0399', '0000', '9999', '0601', '0820', '98F'],
  open: () => ({
    seeds: seedsOf(60, [
      ...['01060000170201003041.0405020701', '0502fa07011'],
      '020100820FFFF9876543210E00001',
    ]),
    run: runStatus,
    alone: (input) => parseStatus(input.toString('latin1')),
  }),
}

function seedsOf(de: number, more: readonly string[]) {
  return [...goldenFields(de), ...more].map((text) => ({ bytes: Buffer.from(text, 'latin1') }))
}

function runStatus(input: Buffer): Outcome {
  const field = input.toString('latin1')
  const status = parseStatus(field)
  const tags = plainTags(field)
  if (isReason(status)) {
    if (tags !== undefined && isGood(tags)) throw new Mismatch('a good DE 60 was refused')
    return status.reason.replaceAll(/\d+/g, '')
  }
  if (tags === undefined || !isGood(tags)) throw new Mismatch('a bad DE 60 was taken')
  if (status.lastPrintedStan !== tags['01']) throw new Mismatch('another tag 01')
  if (status.printer !== PRINTERS[tags['02'] ?? '0']) throw new Mismatch('another tag 02')
  if ((status.language === 'en') !== (tags['05'] === 'en')) throw new Mismatch('another tag 05')
  if (status.wantsReceiptLines !== (tags['07'] === '1')) throw new Mismatch('another tag 07')
  if (status.keySerialNumber !== tags['08']) throw new Mismatch('another tag 08')
  return `${Object.keys(tags).length} ${status.printer} ${status.language}`
}

const PRINTERS: Readonly<Record<string, string>> = { 0: 'ready', 1: 'low', 2: 'out' }

/** tag n2 · length n2 · value, to the last character; undefined when it is not that. */
function plainTags(field: string): Record<string, string> | undefined {
  const tags: Record<string, string> = {}
  let rest = field
  while (rest !== '') {
    const head = /^([0-9][0-9])([0-9][0-9])/.exec(rest)
    const [, tag = '', length = ''] = head ?? []
    const value = rest.slice(4, 4 + Number(length))
    if (head === null || value.length !== Number(length) || tag in tags) return undefined
    tags[tag] = value
    rest = rest.slice(4 + Number(length))
  }
  return tags
}

function isGood(tags: Readonly<Record<string, string>>): boolean {
  const { '01': stan } = tags
  return (stan === undefined || /^[0-9]{6}$/.test(stan)) && (tags['02'] ?? '0') in PRINTERS
}

/** Byte 0 says which field the text is read as. */
export const REQUEST_FIELDS_TARGET: FuzzTarget = {
  name: 'request-fields',
  weight: 60,
  sliceRuns: 4_000_000,
  mostBytes: 256,
  floorBytes: 8_192,
  words: ['091905 01', '0229', '1330', '235959', '240000', '=', '999999999999', ' '],
  open: () => ({ seeds: requestSeeds(), run: runRequest }),
}

function requestSeeds() {
  const texts = [
    [...goldenFields(48), '091905 10'],
    [...goldenFields(48), '0000170914301122'],
    [...goldenFields(48), `000002${'000000100000'}000000${'0'.repeat(12)}`],
    goldenFields(35),
    goldenFields(2),
    ['11220544300000170914301122'],
    goldenFields(4),
  ]
  return texts.flatMap((list, kind) =>
    list.map((text) => ({
      bytes: Buffer.concat([Buffer.from([kind]), Buffer.from(text, 'latin1')]),
    })),
  )
}

function runRequest(input: Buffer): Outcome {
  const kind = (input[0] ?? 0) % READINGS.length
  const text = input.toString('latin1', 1)
  const read = READINGS[kind]
  if (read === undefined) throw new RangeError('no reading')
  return `${kind} ${read(text)}`
}

const READINGS: readonly ((text: string) => string)[] = [
  (text) => {
    const order = orderOf(text)
    if (isReason(order)) return wordsOf(order)
    const count = String(order.count).padStart(2, '0')
    return same(text, `${order.product} ${count}`)
  },
  (text) => {
    const identity = originalOf(text, TERMINAL)
    if (isReason(identity)) return wordsOf(identity)
    return same(text, identity.stan + identity.time + identity.date)
  },
  (text) => {
    const totals = totalsOf(text)
    return isReason(totals) ? wordsOf(totals) : same(text, formatTotals(totals))
  },
  (text) => presented(text, { 35: text }),
  (text) => presented(text, { 2: text }),
  (text) => {
    const fields = { 7: text.slice(0, 10), 11: text.slice(10, 16), 12: text.slice(16, 22) }
    const identity = identityOf(reader({ ...fields, 13: text.slice(22) }), TERMINAL)
    if (isReason(identity)) return wordsOf(identity)
    return same(text.slice(10), identity.stan + identity.time + identity.date)
  },
  (text) => {
    const amount = amountOf(reader({ 4: text }))
    return isReason(amount)
      ? wordsOf(amount)
      : same(text, String(amount).padStart(text.length, '0'))
  },
]

function presented(text: string, fields: Record<number, string>): string {
  const card = cardOf(reader(fields))
  if (isReason(card)) return wordsOf(card)
  if (!text.startsWith(card.digits)) throw new Mismatch('digits that were not given')
  if (card.card === undefined) return 'no card'
  if (card.card.pan.reveal() !== card.digits) throw new Mismatch('another card number')
  if (card.card.track2 !== undefined) same(text, card.card.track2.reveal())
  return 'card'
}

function reader(fields: Readonly<Record<number, string>>): FieldReader {
  return { has: (de) => fields[de] !== undefined, get: (de) => fields[de] }
}

function same(given: string, written: string): string {
  if (given !== written) throw new Mismatch('read and written back it is another')
  return 'read'
}

function wordsOf(reason: Reason): string {
  return reason.reason
}
