// Receipts letter for letter (receipts/*.txt), and what must hold for every one of them: the PIN is
// on the customer copy, and never on the merchant's.

import { describe, expect, it } from 'vitest'
import {
  composeReceipt,
  type ReceiptFacts,
  type ReceiptLine,
  realCredit,
} from '../../pos-terminal/receipt.ts'
import { type Paper, receiptText } from '../../pos-terminal/receipt-text.ts'
import { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import { START_MS, sure } from './scripted-switch.ts'

const voucher = (serial: string, digits: string) => ({
  serial,
  voucherPin: sure(VoucherPin.parse(digits)),
})

const FACTS: ReceiptFacts = {
  language: 'en',
  merchantName: 'Sample Shop',
  terminalId: '10000001',
  sale: {
    stan: '000017',
    time: '091430',
    date: '1122',
    wallMs: START_MS,
    rrn: '632609000001',
    product: '091905',
    productName: 'MCI 50,000',
    count: 1,
    amountRial: 50_000,
    maskedCard: '603799******0014',
  },
  vouchers: [voucher('SN90001', '7100000000000016')],
  mark: { kind: 'original' },
  switchLines: undefined,
  redeemPattern: '*140*#{pin}#',
  realCreditRial: realCredit(50_000, 0.1),
  helpline: '021-12345678',
}

const PERSIAN: ReceiptFacts = {
  ...FACTS,
  language: 'fa',
  merchantName: 'فروشگاه نمونه',
  sale: { ...FACTS.sale, productName: 'همراه اول ۵۰٬۰۰۰ ریال' },
  helpline: '۰۲۱-۱۲۳۴۵۶۷۸',
}

const SEVERAL: ReceiptFacts = {
  ...FACTS,
  sale: { ...FACTS.sale, count: 3, amountRial: 150_000 },
  vouchers: [
    voucher('SN90001', '7100000000000016'),
    voucher('SN90002', '710000000000015'),
    voucher('SN90003', '71000000000014'),
  ],
}

const SENT = [
  'TAفروشگاه نمونه',
  'NAشارژ همراه اول ۵۰٬۰۰۰ ریال',
  'BCرمز: {pin:1}',
  'NCسریال: SN90001',
  'NMنسخه پذیرنده',
  'NC{redeem:1}',
  'NAپشتیبانی ۰۲۱-۱۲۳۴',
].join('\n')

const WIDE: Paper = { columns: 42, language: 'en' }
const NARROW: Paper = { columns: 32, language: 'en' }

const cases: [string, ReceiptFacts, Paper][] = [
  ['english-42', FACTS, WIDE],
  ['english-32', FACTS, NARROW],
  ['persian-42', PERSIAN, { ...WIDE, language: 'fa' }],
  ['persian-32', PERSIAN, { ...NARROW, language: 'fa' }],
  ['several-english-42', SEVERAL, WIDE],
  ['several-persian-32', { ...SEVERAL, language: 'fa' }, { ...NARROW, language: 'fa' }],
  ['reprint-english-42', { ...FACTS, mark: { kind: 'reprint', number: 2 } }, WIDE],
  [
    'reprint-persian-42',
    { ...PERSIAN, mark: { kind: 'reprint', number: 2 } },
    { ...WIDE, language: 'fa' },
  ],
  ['again-english-32', { ...FACTS, mark: { kind: 'again' } }, NARROW],
  ['switch-lines-persian-42', { ...PERSIAN, switchLines: SENT }, { ...WIDE, language: 'fa' }],
]

/** Grouping and isolates aside. */
const plain = (text: string): string => text.replaceAll(/[\s\u2066\u2069]/gu, '')

describe('a receipt', () => {
  it.each(cases)('%s looks as it should', async (name, facts, paper) => {
    const { customer, merchant } = composeReceipt(facts)
    await expect(receiptText(customer, paper)).toMatchFileSnapshot(`receipts/${name}-customer.txt`)
    await expect(receiptText(merchant, paper)).toMatchFileSnapshot(`receipts/${name}-merchant.txt`)
  })

  it.each(cases)('%s has every PIN and serial on the customer copy', (_name, facts, paper) => {
    const text = plain(receiptText(composeReceipt(facts).customer, paper))
    for (const { serial, voucherPin } of facts.vouchers) {
      expect(text).toContain(voucherPin.reveal())
      expect(text).toContain(serial)
    }
  })

  it.each(cases)('%s has no PIN on the merchant copy', (_name, facts, paper) => {
    const text = plain(receiptText(composeReceipt(facts).merchant, paper))
    for (const { voucherPin } of facts.vouchers) {
      expect(text).not.toContain(voucherPin.reveal())
      expect(text).not.toContain(voucherPin.reveal().slice(-8))
    }
  })

  it.each(cases)('%s fits its paper', (_name, facts, paper) => {
    const { customer, merchant } = composeReceipt(facts)
    for (const row of receiptText([...customer, ...merchant], paper).split('\n')) {
      expect([...row.replaceAll(/[\p{Cf}\p{Mn}]/gu, '')].length).toBeLessThanOrEqual(paper.columns)
    }
  })

  it('has an isolate closed on the row that opened it', () => {
    const text = receiptText(composeReceipt(PERSIAN).customer, { ...NARROW, language: 'fa' })
    for (const row of text.split('\n')) {
      expect(row.split(/[\u2066\u2067]/).length).toBe(row.split('\u2069').length)
    }
    expect(text).toContain('\u20667100 0000 0000 0016\u2069')
    expect(text).toContain('\u2066603799******0014\u2069')
    expect(text).toContain('\u2066*140*#7100000000000016#\u2069')
  })

  it('in English sets a Persian product name apart, not the label before it', () => {
    const facts = { ...FACTS, sale: PERSIAN.sale }
    expect(receiptText(composeReceipt(facts).customer, WIDE)).toContain(
      'Product:             \u2067همراه اول \u2066۵۰٬۰۰۰\u2069 ریال\u2069\n',
    )
  })

  it('shows the date of the Persian calendar in Tehran', () => {
    const text = receiptText(composeReceipt(FACTS).customer, WIDE)
    expect(text).toContain('1405/09/01 09:14:30')
  })

  it('counts the hours of a day from 00', () => {
    const midnight = { ...FACTS.sale, wallMs: Date.UTC(2026, 10, 21, 20, 30, 5) }
    const text = receiptText(composeReceipt({ ...FACTS, sale: midnight }).customer, WIDE)
    expect(text).toContain('1405/09/01 00:00:05')
  })

  it('has a name that is as long as the paper is wide on one row', () => {
    const merchantName = 'The Corner Shop Of Valiasr Street, Tehran'.padEnd(42, '.')
    const text = receiptText(composeReceipt({ ...FACTS, merchantName }).customer, WIDE)
    expect(text.split('\n')[0]).toBe(merchantName)
    const endless = receiptText([{ kind: 'text', style: 'N', text: 'x'.repeat(84) }], WIDE)
    expect(endless).toBe(`${'x'.repeat(42)}\n${'x'.repeat(42)}\n`)
  })

  it('shows the credit without tax', () => {
    expect(realCredit(200_000, 0.1)).toBe(181_818)
    expect(realCredit(200_000, 0.09)).toBe(183_486)
    expect(realCredit(20_000, 0.03)).toBe(19_417)
    expect(realCredit(100_000, 0.03)).toBe(97_087)
  })
})

describe('receipt lines of the switch', () => {
  const texts = (lines: readonly ReceiptLine[]) =>
    lines.map((line) => (line.kind === 'text' ? line.text.replaceAll('\u00a0', ' ') : line.kind))
  const compose = (switchLines: string, facts = FACTS) => composeReceipt({ ...facts, switchLines })

  it('are filled from DE 62', () => {
    const { customer } = compose(
      'NCPIN {pin:1}\nNC{redeem:1}\nNC*141*{pin:1}#\nNC{pin:1}#\nNAserial {serial:1}',
    )
    expect(texts(customer)).toEqual([
      'PIN 7100 0000 0000 0016',
      '*140*#7100000000000016#',
      '*141*7100000000000016#',
      '7100000000000016#',
      'serial SN90001',
    ])
  })

  it('never show a PIN to the merchant, whatever their copy character says', () => {
    const { customer, merchant } = compose('NM{pin:1}\nNA{redeem:1}\nNMmerchant\nNAboth')
    expect(texts(merchant)).toEqual(['merchant', 'both'])
    expect(texts(customer)).toEqual(['7100 0000 0000 0016', '*140*#7100000000000016#', 'both'])
  })

  it('that spell out a PIN, however, are not on the copy of the merchant', () => {
    const spelt = 'NA7100 0000 0000 0016\nNMPIN: 7100-0000-0000-0016\nNMmerchant'
    const { customer, merchant } = compose(`${spelt}\nNC{pin:1}`)
    expect(texts(merchant)).toEqual(['merchant'])
    expect(texts(customer)).toEqual(['7100 0000 0000 0016', '7100 0000 0000 0016'])
  })

  it('that forget a PIN are completed', () => {
    const { customer } = compose('NChello {pin:2}\nNC{pin:1}', SEVERAL)
    const text = plain(texts(customer).join('\n'))
    for (const { voucherPin } of SEVERAL.vouchers) expect(text).toContain(voucherPin.reveal())
  })

  it('with a placeholder that cannot be filled are left out', () => {
    const facts = { ...FACTS, redeemPattern: undefined }
    const { customer } = compose('NC{pin:1}\nNC{redeem:1}\nNC{pin:7}\nNC{colour:1}', facts)
    expect(texts(customer)).toEqual(['7100 0000 0000 0016'])
  })

  it.each(['XCtext', 'NXtext', 'N', 'NCa\tb', ''])('%j make way for our own layout', (lines) => {
    expect(compose(lines)).toEqual(composeReceipt(FACTS))
  })
})
