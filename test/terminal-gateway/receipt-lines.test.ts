// DE 63 in both languages: its form, what each copy shows, its limit, and that no PIN is in it.

import { describe, expect, it } from 'vitest'
import { isReason } from '../../protocol/values/reason.ts'
import { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import {
  type Receipt,
  type ReceiptSource,
  receiptLines,
} from '../../terminal-gateway/receipt-lines.ts'
import { FrontDesk } from './front-desk.ts'

const SOURCE: ReceiptSource = {
  product: (product) =>
    product === '091905'
      ? {
          nameEn: 'MCI 50,000',
          nameFa: 'همراه اول ۵۰٬۰۰۰',
          creditRial: 45_455,
          redeem: '*140*#{pin}#',
        }
      : undefined,
  phone: '021-1234',
  footer: 'www.example.ir',
}

function receipt(language: 'fa' | 'en', count = 1, serial = 'SN9000'): Receipt {
  const vouchers = Array.from({ length: count }, (_, n) => {
    const voucherPin = VoucherPin.parse(String(7_100_000_000_000_000 + n))
    if (isReason(voucherPin)) throw new Error(voucherPin.reason)
    return { id: n + 1, serial: `${serial}${n}`, voucherPin }
  })
  return {
    ...{ language, merchantName: 'فروشگاه نمونه', tid: '10000001', stan: '000017', vouchers },
    ...{ rrn: '632600000001', cardDigits: '6037990000000014', amountRial: 50_000 * count },
    ...{ wallMs: Date.UTC(2026, 10, 22, 6), product: '091905' },
  }
}

const linesOf = (language: 'fa' | 'en', count = 1): string[] => {
  return (receiptLines(SOURCE, receipt(language, count)) ?? '').split('\n')
}

describe.each(['fa', 'en'] as const)('receipt lines in %s', (language) => {
  it('begin with a style and a copy each, and carry text', () => {
    for (const line of linesOf(language, 3)) expect(line).toMatch(/^[NBT][CMA].+$/u)
  })

  it('never hold a PIN or the digits of the card', () => {
    const text = linesOf(language, 3).join('\n')
    expect(text).not.toMatch(/\d{16}/)
    expect(text).not.toContain('7100')
    expect(text).not.toContain('6037990')
    expect(text).toContain('603799******0014')
  })

  it('have a place for each voucher’s PIN and redeem string, on the customer’s copy only', () => {
    const lines = linesOf(language, 2)
    for (const n of [1, 2]) {
      const places = lines.filter((line) => line.includes(`{pin:${n}}`))
      expect(places).toHaveLength(2)
      expect(places.every((line) => line[1] === 'C')).toBe(true)
      expect(places[1]).toContain(`*140*#{pin:${n}}#`)
    }
    expect(lines.join('\n')).not.toContain('{pin}')
    expect(lines.filter((line) => line[1] === 'M').join()).not.toContain('{')
  })

  it('show serial, terminal, STAN, RRN, phone and footer', () => {
    const text = linesOf(language).join('\n')
    for (const shown of ['SN90000', '10000001', '000017', '632600000001', '021-1234', 'www.']) {
      expect(text).toContain(shown)
    }
  })

  it('leave out an empty phone and footer', () => {
    const bare = receiptLines({ ...SOURCE, phone: '', footer: '' }, receipt(language)) ?? ''
    expect(bare.split('\n')).toHaveLength(linesOf(language).length - 2)
  })

  it('are as many bytes as DE 63 takes, or none at all', () => {
    for (let count = 1; count <= 10; count++) {
      for (const serial of ['S', 'SERIAL-NUMBER-00']) {
        const text = receiptLines(SOURCE, receipt(language, count, serial))
        if (text !== undefined) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(999)
      }
    }
    expect(receiptLines(SOURCE, receipt(language, 1))).toBeDefined()
    const long = 'SERIAL-NUMBER-000000'
    expect(receiptLines(SOURCE, receipt(language, 10, long))).toBeUndefined()
  })

  it('fill DE 63 to its last byte, and not beyond', () => {
    const bytes = Buffer.byteLength(receiptLines(SOURCE, receipt(language)) ?? '')
    const footer = (more: number) => ({ ...SOURCE, footer: SOURCE.footer + 'x'.repeat(more) })
    const full = receiptLines(footer(999 - bytes), receipt(language))
    expect(Buffer.byteLength(full ?? '')).toBe(999)
    expect(receiptLines(footer(1_000 - bytes), receipt(language))).toBeUndefined()
  })

  it('are none for a product that the catalogue does not have', () => {
    expect(receiptLines(SOURCE, { ...receipt(language), product: '091910' })).toBeUndefined()
  })
})

describe('a receipt', () => {
  it('is dated in the Jalali calendar and Tehran time', () => {
    expect(linesOf('en').join('\n')).toContain('1405/09/01')
    expect(linesOf('en').join('\n')).toContain('09:30:00')
    expect(linesOf('fa').join('\n')).toContain('۱۴۰۵')
    expect(linesOf('fa').join('\n')).toContain('۹:۳۰:۰۰')
  })

  it.each([
    ['midnight', Date.UTC(2026, 10, 22, 20, 30), '1405/09/02 00:00:00', '۰۲ ۰۰:۰۰:۰۰'],
    ['the afternoon', Date.UTC(2026, 10, 22, 9, 45, 5), '1405/09/01 13:15:05', '۰۱ ۱۳:۱۵:۰۵'],
  ])('of %s has the hour of a day of 24', (_when, wallMs, english, persian) => {
    const text = (language: 'fa' | 'en') => receiptLines(SOURCE, { ...receipt(language), wallMs })
    expect(text('en')).toContain(`\nNA\u2066${english}\u2069\n`)
    expect(text('fa')).toContain(`${persian}\u2069\n`)
  })

  it('says the amount and the credit in the numerals of its language', () => {
    expect(linesOf('en')).toContain('BAAmount 50,000 rial')
    expect(linesOf('en')).toContain('NACredit 45,455 rial')
    expect(linesOf('fa')).toContain('BAمبلغ: ۵۰٬۰۰۰ ریال')
  })

  it('of several vouchers says how many they are, and the amount and credit of all', () => {
    const ofThree = ['NACount 3', 'BAAmount 150,000 rial', 'NACredit 136,365 rial']
    expect(linesOf('en', 3)).toEqual(expect.arrayContaining(ofThree))
    expect(linesOf('fa', 3)).toContain('NAتعداد: ۳')
    expect(linesOf('fa', 3)).toContain('NAاعتبار: ۱۳۶٬۳۶۵ ریال')
    expect(linesOf('en').join('\n')).not.toContain('Count')
  })

  it('says that the sale is made, on both copies', () => {
    expect(linesOf('en')).toContain('BASuccessful')
    expect(linesOf('fa')).toContain('BAعملیات موفق')
  })

  it('is sent when the terminal wants it, and not otherwise', async () => {
    const desk = await FrontDesk.open({}, { receipts: SOURCE })
    const english = await desk.ask('0200', desk.story.sale(2, { status: '070110502en' }))
    expect(english?.get(63)).toContain('NCCustomer copy')
    expect(english?.get(63)).not.toContain(desk.story.stocked.pins.get(1))
    const persian = await desk.ask('0200', desk.story.sale(3, { status: '07011' }))
    expect(persian?.get(63)).toContain('رسید مشتری')
    expect((await desk.ask('0200', desk.story.sale(4)))?.has(63)).toBe(false)
    const refused = desk.story.sale(5, { status: '07011', product: '091999' })
    expect((await desk.ask('0200', refused))?.has(63)).toBe(false)
  })
})
