// DE 63: the receipt as lines of text, for terminals that want the switch to lay it out. A line is
// one style character (N normal, B large, T title), one copy character (C customer, M merchant,
// A both) and UTF-8 text. It never holds a PIN: the terminal fills {pin:1} from DE 62, also inside
// the redeem string, which is the catalogue's and so is sent spelt out. Left out when it would
// exceed 999 bytes. [wire-protocol 3.1]

import { type Day, tehranTime } from '../protocol/values/moment.ts'
import { maskPan } from '../protocol/values/pan.ts'
import type { OpenedVoucher } from '../switch/core/sale-record.ts'

export interface ReceiptProduct {
  readonly nameEn: string
  readonly nameFa: string
  /** What the customer can call for: the price without value added tax. */
  readonly creditRial: number
  /** With {pin} where the PIN goes: `*140*#{pin}#`. */
  readonly redeem: string
}

export interface ReceiptSource {
  /** As it was sold on that day. */
  product(product: string, day: Day): ReceiptProduct | undefined
  readonly phone: string
  readonly footer: string
}

export interface Receipt {
  readonly language: 'fa' | 'en'
  readonly merchantName: string
  readonly tid: string
  readonly stan: string
  readonly rrn: string
  readonly cardDigits: string
  readonly amountRial: number
  /** When the sale began, so that a repeat has the same receipt. */
  readonly wallMs: number
  readonly product: string
  readonly vouchers: readonly OpenedVoucher[]
}

const MOST_BYTES = 999

/** Made once: to make one takes longer than all the rest of a receipt. */
const FORMATS = { fa: formats('fa-IR'), en: formats('en') }

export function receiptLines(source: ReceiptSource, receipt: Receipt): string | undefined {
  const product = source.product(receipt.product, tehranTime(receipt.wallMs).day)
  if (product === undefined) return undefined
  const lines = receipt.language === 'fa' ? persian(product, receipt) : english(product, receipt)
  if (source.phone !== '') lines.push(`NA${source.phone}`)
  if (source.footer !== '') lines.push(`NA${source.footer}`)
  const text = lines.join('\n')
  return Buffer.byteLength(text) > MOST_BYTES ? undefined : text
}

function persian(product: ReceiptProduct, receipt: Receipt): string[] {
  const { rial, moment } = FORMATS.fa
  const count = receipt.vouchers.length
  return [
    `TA${receipt.merchantName}`,
    'NCرسید مشتری',
    'NMنسخه پذیرنده',
    `NA${jalali(receipt.wallMs, moment)}`,
    `NAپایانه: ${ltr(receipt.tid)} پیگیری: ${ltr(receipt.stan)}`,
    `NAمرجع: ${ltr(receipt.rrn)}`,
    `NAکارت: ${ltr(maskPan(receipt.cardDigits))}`,
    `BAشارژ ${product.nameFa}`,
    ...countLines(count, `تعداد: ${rial.format(count)}`),
    `BAمبلغ: ${rial.format(receipt.amountRial)} ریال`,
    `NAاعتبار: ${rial.format(product.creditRial * count)} ریال`,
    'BAعملیات موفق',
    ...voucherLines(product, receipt.vouchers, { serial: 'سریال', voucherPin: 'رمز' }),
    'NCقابل انتقال نیست',
  ]
}

function english(product: ReceiptProduct, receipt: Receipt): string[] {
  const { rial, moment } = FORMATS.en
  const count = receipt.vouchers.length
  return [
    `TA${receipt.merchantName}`,
    'NCCustomer copy',
    'NMMerchant copy',
    `NA${jalali(receipt.wallMs, moment)}`,
    `NATerminal ${receipt.tid} Trace ${receipt.stan}`,
    `NAReference ${receipt.rrn}`,
    `NACard ${maskPan(receipt.cardDigits)}`,
    `BACharge ${product.nameEn}`,
    ...countLines(count, `Count ${count}`),
    `BAAmount ${rial.format(receipt.amountRial)} rial`,
    `NACredit ${rial.format(product.creditRial * count)} rial`,
    'BASuccessful',
    ...voucherLines(product, receipt.vouchers, { serial: 'Serial', voucherPin: 'PIN' }),
    'NCNot transferable',
  ]
}

/** Amount and credit are of all of them; one by itself is not counted. */
function countLines(count: number, text: string): string[] {
  return count > 1 ? [`NA${text}`] : []
}

/** The PIN belongs on the customer's copy only; the serial on both. */
function voucherLines(
  product: ReceiptProduct,
  vouchers: readonly OpenedVoucher[],
  label: { serial: string; voucherPin: string },
): string[] {
  return vouchers.flatMap((voucher, index) => [
    `NA${label.serial}: ${ltr(voucher.serial)}`,
    `BC${label.voucherPin}: {pin:${index + 1}}`,
    `NC${ltr(product.redeem.replace('{pin}', `{pin:${index + 1}}`))}`,
  ])
}

function formats(locale: string): { rial: Intl.NumberFormat; moment: Intl.DateTimeFormat } {
  const moment = new Intl.DateTimeFormat(`${locale}-u-ca-persian`, {
    timeZone: 'Asia/Tehran',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  return { rial: new Intl.NumberFormat(locale), moment }
}

function jalali(wallMs: number, format: Intl.DateTimeFormat): string {
  const parts = new Map(format.formatToParts(wallMs).map(({ type, value }) => [type, value]))
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? ''
  const date = `${of('year')}/${of('month')}/${of('day')}`
  return ltr(`${date} ${of('hour')}:${of('minute')}:${of('second')}`)
}

/** A run of Latin characters inside Persian text, isolated so that its order stays. */
function ltr(text: string): string {
  return `\u2066${text}\u2069`
}
