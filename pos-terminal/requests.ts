// The fields of every message the terminal sends, as the protocol page lists them. Pure: numbers
// and times come in as arguments. MAC and bytes are added by `TerminalKeys.seal`.

import type { Fields } from '../protocol/message/encode.ts'
import { tehranTime, transmissionTime } from '../protocol/values/moment.ts'
import { formatRial, toRial } from '../protocol/values/rial.ts'
import type { CardEntry, PrinterStatus, TerminalSettings } from './settings.ts'
import type { OpenEndOfDay, OpenSale, OwedConfirmation, Totals } from './state.ts'

const RIAL_CURRENCY = '364'

/** DE 3 of a logon, and of an end of day. */
export const LOGON = '920000'

/** STAN and clock readings of one message. */
export interface Stamp {
  readonly stan: string
  readonly sentTime: string
  readonly time: string
  readonly date: string
}

export function stamp(stan: string, wallMs: number): Stamp {
  const { time, date } = tehranTime(wallMs)
  return { stan, sentTime: transmissionTime(wallMs), time, date }
}

/** 0200, and 0201 with the same arguments. [wire-protocol 3.1] */
export function saleFields(
  settings: TerminalSettings,
  sale: OpenSale,
  card: CardEntry,
  status: string,
): Fields {
  return {
    3: sale.processingCode,
    4: formatRial(toRial(sale.amountRial)),
    ...head(settings, sale),
    ...cardFields(card),
    25: settings.condition,
    48: `${sale.product} ${digits(sale.count, 2)}`,
    49: RIAL_CURRENCY,
    60: status,
  }
}

/** DE 60: tag n2, length n2, value. */
export function terminalStatus(
  settings: TerminalSettings,
  now: { printedStan: string | null; printer: PrinterStatus },
): string {
  const printer = { ready: '0', low: '1', out: '2' } as const satisfies Record<
    PrinterStatus,
    string
  >
  const tags: [string, string | null | undefined][] = [
    ['01', now.printedStan],
    ['02', printer[now.printer]],
    ['03', settings.applicationVersion],
    ['04', settings.serialNumber],
    ['05', settings.language],
    ['06', settings.accessible ? '1' : undefined],
    ['07', settings.wantsReceiptLines ? '1' : undefined],
  ]
  let text = ''
  for (const [tag, value] of tags) {
    if (value === null || value === undefined) continue
    const short = value.slice(0, 99)
    text += tag + digits(short.length, 2) + short
  }
  return text
}

/** 0220, 0221. [wire-protocol 3.2] */
export function confirmationFields(settings: TerminalSettings, owed: OwedConfirmation): Fields {
  return adviceFields(settings, owed, owed.sentTime)
}

/** 0400, 0401: buildable from the stored record alone. */
export function reversalFields(
  settings: TerminalSettings,
  sale: OpenSale,
  sentTime: string,
): Fields {
  return adviceFields(settings, sale, sentTime)
}

export function inquiryFields(
  settings: TerminalSettings,
  own: Stamp,
  original: { stan: string; time: string; date: string },
): Fields {
  const asked = original.stan + original.time + original.date
  return { 3: '330000', ...head(settings, own), 48: asked }
}

export function reprintFields(settings: TerminalSettings, own: Stamp, card: CardEntry): Fields {
  return { 3: '390000', ...head(settings, own), ...cardFields(card) }
}

/** 0500, and 0501 with the same record. [wire-protocol 3.3] */
export function endOfDayFields(settings: TerminalSettings, day: OpenEndOfDay): Fields {
  return { 3: '920000', ...head(settings, day), 48: totalsText(day.totals) }
}

/** DE 60 is the serial number alone. [wire-protocol 3.4] */
export function logonFields(settings: TerminalSettings, own: Stamp): Fields {
  const serialNumber = settings.serialNumber ?? ''
  const status = `04${digits(serialNumber.length, 2)}${serialNumber}`
  return { 3: LOGON, ...head(settings, own), 60: status }
}

export function initialiseFields(settings: TerminalSettings, own: Stamp, page: number): Fields {
  return { 3: '930000', ...head(settings, own), 48: digits(page, 2) }
}

export function echoFields(settings: TerminalSettings, own: Stamp): Fields {
  return { 3: '990000', ...head(settings, own) }
}

function totalsText(totals: Totals): string {
  return (
    digits(totals.salesCount, 6) +
    digits(totals.salesRial, 12) +
    digits(totals.reversalsCount, 6) +
    digits(totals.reversalsRial, 12)
  )
}

function head(settings: TerminalSettings, own: Stamp): Fields {
  return {
    7: own.sentTime,
    11: own.stan,
    12: own.time,
    13: own.date,
    24: settings.networkId,
    41: settings.terminalId,
    42: settings.merchantId,
  }
}

function adviceFields(
  settings: TerminalSettings,
  original: OpenSale | OwedConfirmation,
  sentTime: string,
): Fields {
  return {
    3: original.processingCode,
    4: formatRial(toRial(original.amountRial)),
    7: sentTime,
    11: original.stan,
    12: original.time,
    13: original.date,
    ...(original.rrn === null ? {} : { 37: original.rrn }),
    41: settings.terminalId,
    42: settings.merchantId,
  }
}

function cardFields(card: CardEntry): Fields {
  if (card.kind === 'track2') return { 22: '021', 35: card.track2.reveal() }
  return { 2: card.pan.reveal(), 14: card.expiry, 22: '012' }
}

export function digits(value: number, length: number): string {
  const text = String(value).padStart(length, '0')
  if (text.length > length) throw new RangeError(`does not fit ${length} digits: ${value}`)
  return text
}
