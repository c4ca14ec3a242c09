// The words of a receipt in its two languages, and numbers as each language writes them. What
// stands on a receipt, and in which order, is decided in receipt.ts.

import type { TerminalSettings } from './settings.ts'

export type Language = TerminalSettings['language']

export interface ReceiptWords {
  readonly title: string
  readonly customerCopy: string
  readonly merchantCopy: string
  readonly dateTime: string
  readonly terminal: string
  readonly card: string
  readonly rrn: string
  readonly stan: string
  readonly product: string
  readonly count: string
  readonly amount: string
  readonly realCredit: string
  readonly currency: string
  readonly successful: string
  readonly voucherPin: string
  readonly redeem: string
  readonly serial: string
  readonly notTransferable: string
  readonly helpline: string
  readonly again: string
  reprint(number: string): string
}

export const RECEIPT_WORDS: Readonly<Record<Language, ReceiptWords>> = {
  fa: {
    title: 'فروش شارژ',
    customerCopy: 'نسخه مشتری',
    merchantCopy: 'نسخه پذیرنده',
    dateTime: 'تاریخ و ساعت',
    terminal: 'شماره پایانه',
    card: 'شماره کارت',
    rrn: 'شماره مرجع',
    stan: 'شماره پیگیری',
    product: 'محصول',
    count: 'تعداد',
    amount: 'مبلغ',
    realCredit: 'اعتبار واقعی',
    currency: 'ریال',
    successful: 'عملیات موفق',
    voucherPin: 'رمز شارژ',
    redeem: 'کد شارژ (شماره‌گیری کنید)',
    serial: 'سریال',
    notTransferable: 'این شارژ قابل انتقال نیست',
    helpline: 'پشتیبانی',
    again: 'چاپ دوباره',
    reprint: (number) => `چاپ مجدد شماره ${number}`,
  },
  en: {
    title: 'Charge voucher',
    customerCopy: 'customer copy',
    merchantCopy: 'merchant copy',
    dateTime: 'Date, time',
    terminal: 'Terminal',
    card: 'Card',
    rrn: 'RRN',
    stan: 'Trace',
    product: 'Product',
    count: 'Count',
    amount: 'Amount',
    realCredit: 'Real credit',
    currency: 'rial',
    successful: 'SUCCESSFUL',
    voucherPin: 'PIN',
    redeem: 'Dial',
    serial: 'Serial',
    notTransferable: 'Not transferable',
    helpline: 'Help',
    again: 'PRINTED AGAIN',
    reprint: (number) => `REPRINT No. ${number}`,
  },
}

const NUMBERS: Readonly<Record<Language, Intl.NumberFormat>> = {
  fa: new Intl.NumberFormat('fa-IR'),
  en: new Intl.NumberFormat('en-US'),
}

/** `50,000` or `۵۰٬۰۰۰`. */
export function numberText(value: number, language: Language): string {
  return NUMBERS[language].format(value)
}
