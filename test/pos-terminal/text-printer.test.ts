// What the text printer adds to a receipt out of its own settings: the credit of what was bought,
// and a dial string as it was on the day of the sale.

import { expect, it } from 'vitest'
import { type PrintedText, textPrinter } from '../../pos-terminal/text-printer.ts'
import { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import { PIN_1, START_MS, sure } from './scripted-switch.ts'

const SALE = {
  ...{ stan: '000017', time: '091430', date: '1122', wallMs: START_MS, rrn: '632609000001' },
  ...{ product: '091905', productName: 'MCI 50,000', count: 2, amountRial: 100_000 },
  maskedCard: '603799******0014',
}

async function printed(sale: typeof SALE): Promise<PrintedText> {
  const papers: PrintedText[] = []
  const settings = {
    paper: { columns: 42, language: 'en' } as const,
    ...{ merchantName: 'Sample Shop', terminalId: '10000001', helpline: undefined, taxRate: 0.1 },
    redeemPatterns: [
      { prefix: '0919', pattern: '*140*#{pin}#', validFrom: 20260101 },
      { prefix: '0919', pattern: '*150*{pin}#', validFrom: 20261123 },
    ],
  }
  const printer = textPrinter(settings, async (paper) => {
    papers.push(paper)
    return 'out'
  })
  const voucher = { serial: 'SN90001', voucherPin: sure(VoucherPin.parse(PIN_1)) }
  const vouchers = Array.from({ length: sale.count }, () => voucher)
  const mark = { kind: 'original' } as const
  await printer.print({ sale, vouchers, switchLines: undefined, mark })
  return sure(papers[0])
}

it('the credit of several vouchers is that of all of them, once', async () => {
  const { customer } = await printed(SALE)
  expect(customer).toMatch(/Amount: +100,000 rial\n/)
  expect(customer).toMatch(/Count: +2\n/)
  // Twice 45,455: each voucher is rounded by itself.
  expect(customer).toMatch(/Real credit: +90,910 rial\n/)
})

it('the dial string is that of the day of the sale in Tehran', async () => {
  const lateMs = Date.UTC(2026, 10, 22, 20, 29, 59)
  expect((await printed({ ...SALE, wallMs: lateMs })).customer).toContain(`*140*#${PIN_1}#`)
  expect((await printed({ ...SALE, wallMs: lateMs + 1_000 })).customer).toContain(`*150*${PIN_1}#`)
})

it('of a sale that is not remembered nothing is made up, not even its time', async () => {
  const nothing = {
    stan: '',
    productName: '',
    product: '',
    amountRial: 0,
    maskedCard: '',
    count: 1,
  }
  const { customer } = await printed({ ...SALE, ...nothing })
  for (const label of ['Date', 'Card', 'Trace', 'Product', 'Count', 'Amount', 'credit', 'Dial']) {
    expect(customer).not.toContain(label)
  }
  expect(customer).toContain('RRN:')
})
