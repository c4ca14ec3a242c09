// DE 62 and 63 as the switch builds them and the terminal reads them. Any vouchers come out as they
// went in; any other text gives undefined, or vouchers that spell out that text again. Of a receipt
// from any DE 63, the merchant's copy never shows a PIN and the customer's shows every one.

import { composeReceipt, type ReceiptLine } from '../../../pos-terminal/receipt.ts'
import { readCataloguePage, readTotals, readVouchers } from '../../../pos-terminal/replies.ts'
import { readSwitchLines } from '../../../pos-terminal/switch-lines.ts'
import { NO_KEYS } from '../../../pos-terminal/terminal-keys.ts'
import { isReason } from '../../../protocol/values/reason.ts'
import { VoucherPin } from '../../../protocol/values/voucher-pin.ts'
import { receiptLines } from '../../../terminal-gateway/receipt-lines.ts'
import { voucherField } from '../../../terminal-gateway/voucher-field.ts'
import { Dice } from '../dice.ts'
import { goldenFields } from '../golden-seeds.ts'
import { type FuzzTarget, Mismatch, type Outcome } from '../target.ts'

const FIELD = '020812SN01    712345678901SN000002712345678902'

/** Byte 0: 0 reads the text as DE 62, 1 makes vouchers of the bytes, 2 and 3 other fields. */
export const VOUCHERS_TARGET: FuzzTarget = {
  name: 'vouchers',
  weight: 50,
  sliceRuns: 3_000_000,
  mostBytes: 999,
  floorBytes: 65_536,
  words: ['00', '01', '10', '16', '99', '   ', FIELD],
  open: () => ({
    seeds: [FIELD, ...goldenFields(62), ...goldenFields(48)].flatMap((text) =>
      [0, 1, 2, 3].map((kind) => ({
        bytes: Buffer.concat([Buffer.from([kind]), Buffer.from(text)]),
      })),
    ),
    run: runVouchers,
  }),
}

function runVouchers(input: Buffer): Outcome {
  const kind = (input[0] ?? 0) & 3
  if (kind === 1) return `built ${thereAndBack(vouchersFrom(input))}`
  if (kind === 2)
    return readCataloguePage(input.toString('utf8', 1)) === undefined ? 'no page' : 'page'
  const text = input.toString('latin1', 1)
  if (kind === 3) return readTotals(text) === undefined ? 'no totals' : 'totals'
  const read = readVouchers(text, NO_KEYS)
  if (read === undefined) return 'no vouchers'
  const [serials, digits] = [Number(text.slice(2, 4)), Number(text.slice(4, 6))]
  const spelt = read.map(({ serial, voucherPin }) => {
    return serial.padEnd(serials) + voucherPin.reveal().padEnd(digits)
  })
  if (text.slice(0, 6) + spelt.join('') !== text) throw new Mismatch('vouchers that were not sent')
  if (read.length !== Number(text.slice(0, 2))) throw new Mismatch('another count of vouchers')
  return `vouchers ${read.length}`
}

function vouchersFrom(input: Buffer) {
  const dice = new Dice(input.length < 5 ? input.length : input.readInt32LE(1))
  return Array.from({ length: 1 + dice.below(10) }, (_, id) => {
    const digits = (size: number) => Array.from({ length: size }, () => dice.below(10)).join('')
    const voucherPin = VoucherPin.parse(digits(8 + dice.below(17)))
    if (isReason(voucherPin)) throw new RangeError('not a voucher PIN')
    return { id, serial: digits(6 + dice.below(19)), voucherPin }
  })
}

function thereAndBack(vouchers: ReturnType<typeof vouchersFrom>): number {
  const read = readVouchers(voucherField(vouchers, undefined), NO_KEYS)
  if (read?.length !== vouchers.length) throw new Mismatch('another count came out')
  for (const [index, { serial, voucherPin }] of vouchers.entries()) {
    if (read[index]?.serial !== serial) throw new Mismatch('another serial came out')
    if (read[index]?.voucherPin.reveal() !== voucherPin.reveal()) {
      throw new Mismatch('another PIN came out')
    }
  }
  return vouchers.length
}

/** Byte 0 seeds the vouchers, and even ones let the switch write DE 63; the rest is DE 63. */
export const RECEIPT_TARGET: FuzzTarget = {
  name: 'receipt',
  weight: 8,
  sliceRuns: 150_000,
  mostBytes: 999,
  floorBytes: 131_072,
  words: [
    'NA',
    'BC',
    'TM',
    '\n',
    '{pin:1}',
    '{redeem:1}',
    '{serial:1}',
    '{pin:2}',
    '*140*#{pin:1}#',
    '{pin:99}',
  ],
  open: () => ({
    seeds: [...goldenFields(63), 'NCرمز: {pin:1}\nNM{serial:1}\nBA{redeem:1}'].flatMap((text) =>
      [0, 1].map((kind) => ({ bytes: Buffer.concat([Buffer.from([kind]), Buffer.from(text)]) })),
    ),
    run: runReceipt,
  }),
}

function runReceipt(input: Buffer): Outcome {
  const vouchers = vouchersFrom(input).slice(0, 3)
  const own = ((input[0] ?? 0) & 7) === 2
  const language = (input[0] ?? 0) & 8 ? 'fa' : 'en'
  const field = own ? writtenBySwitch(language, vouchers) : input.toString('utf8', 1)
  const lines = readSwitchLines(field)
  if (own && field !== undefined && lines === undefined)
    throw new Mismatch('our DE 63 is unreadable')
  if (own && vouchers.some(({ voucherPin }) => field?.includes(voucherPin.reveal()))) {
    throw new Mismatch('a PIN in DE 63')
  }
  const receipt = composeReceipt({
    ...{
      language,
      merchantName: 'Shop',
      terminalId: '10000001',
      vouchers,
      mark: { kind: 'original' },
    },
    ...{ switchLines: field, redeemPattern: '*141*{pin}#', realCreditRial: 45_455, helpline: '1' },
    sale: {
      ...{ stan: '000017', time: '091430', date: '1122', wallMs: 1_795_000_000_000 },
      ...{ rrn: '632600000001', product: '091905', productName: null, count: vouchers.length },
      ...{ amountRial: 50_000, maskedCard: '603799******0014' },
    },
  })
  for (const { voucherPin } of vouchers) {
    const digits = voucherPin.reveal()
    if (receipt.merchant.some((line) => digitsIn(line).includes(digits))) {
      throw new Mismatch('a PIN on the copy of the merchant')
    }
    if (!receipt.customer.some((line) => digitsIn(line).includes(digits))) {
      throw new Mismatch('a customer copy without its PIN')
    }
  }
  return `${own} ${lines?.length ?? 'own'}`
}

function digitsIn(line: ReceiptLine): string {
  if (line.kind === 'rule') return ''
  return (line.kind === 'pair' ? line.value : line.text).replaceAll(/\D/g, '')
}

function writtenBySwitch(language: 'fa' | 'en', vouchers: ReturnType<typeof vouchersFrom>) {
  const product = {
    ...{ nameEn: 'MCI 50,000', nameFa: 'همراه اول', creditRial: 45_455, redeem: '*140*#{pin}#' },
  }
  return receiptLines(
    { product: () => product, phone: '021', footer: 'x' },
    {
      ...{ language, merchantName: 'فروشگاه', tid: '10000001', stan: '000017', vouchers },
      ...{ rrn: '632600000001', cardDigits: '6037990000000014', amountRial: 50_000 },
      ...{ wallMs: 1_795_000_000_000, product: '091905' },
    },
  )
}
