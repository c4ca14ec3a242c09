// A printer whose paper is text: both copies of each receipt go to a sink, the customer's first.
// The engine hands over what is to be said; how it is laid out is decided here.

import { tehranTime } from '../protocol/values/moment.ts'
import { composeReceipt, type Receipt, type ReceiptFacts, realCredit } from './receipt.ts'
import { type Paper, receiptText } from './receipt-text.ts'
import { type RedeemPattern, redeemPatternFor } from './redeem-patterns.ts'
import type { PrinterStatus } from './settings.ts'
import type { Printed, ReceiptPrinter, VoucherSlip } from './terminal.ts'

export interface TextPrinterSettings {
  readonly paper: Paper
  readonly merchantName: string
  readonly terminalId: string
  readonly helpline: string | undefined
  readonly redeemPatterns: readonly RedeemPattern[]
  /** Tax rate that prices include, such as 0.10; undefined prints no real credit. */
  readonly taxRate: number | undefined
}

export interface PrintedText {
  readonly customer: string
  readonly merchant: string
}

/** Ends when the text is out, or will not be. */
export type PaperSink = (printed: PrintedText) => Promise<Printed>

export function textPrinter(
  settings: TextPrinterSettings,
  sink: PaperSink,
  status: () => PrinterStatus = () => 'ready',
): ReceiptPrinter {
  return {
    status,
    print: (slip) => sink(printedText(slip, settings)),
  }
}

function printedText(slip: VoucherSlip, settings: TextPrinterSettings): PrintedText {
  const receipt: Receipt = composeReceipt(factsOf(slip, settings))
  return {
    customer: receiptText(receipt.customer, settings.paper),
    merchant: receiptText(receipt.merchant, settings.paper),
  }
}

function factsOf(slip: VoucherSlip, settings: TextPrinterSettings): ReceiptFacts {
  const { sale } = slip
  const { day } = tehranTime(sale.wallMs)
  const { taxRate } = settings
  const known = taxRate !== undefined && sale.amountRial > 0
  return {
    language: settings.paper.language,
    merchantName: settings.merchantName,
    terminalId: settings.terminalId,
    sale,
    vouchers: slip.vouchers,
    mark: slip.mark,
    switchLines: slip.switchLines,
    redeemPattern: redeemPatternFor(sale.product, day, settings.redeemPatterns),
    realCreditRial: known ? realCredit(sale.amountRial / sale.count, taxRate) : undefined,
    helpline: settings.helpline,
  }
}
