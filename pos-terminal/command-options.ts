// What `evs pos` was told on the command line, read strictly: a wrong option is an error that names
// it, before anything is sent. Persian and Arabic digits count as digits.

import type { Timers } from '../protocol/link/timers.ts'
import { Track2 } from '../protocol/values/card.ts'
import {
  type ProductId,
  parseMerchantId,
  parseProductId,
  parseTerminalId,
} from '../protocol/values/identifiers.ts'
import { Pan } from '../protocol/values/pan.ts'
import { isReason, type Reason, reason } from '../protocol/values/reason.ts'
import { parseRial, type Rial } from '../protocol/values/rial.ts'
import { TERMINAL_DIALECTS, type TerminalDialectName } from './dialect.ts'
import type { OriginalSale } from './inquire.ts'
import { REDEEM_PATTERNS, type RedeemPattern } from './redeem-patterns.ts'
import { type CardEntry, DEFAULT_WAITS, type TerminalSettings } from './settings.ts'
import type { SocketAddress } from './socket-connect.ts'
import type { TextPrinterSettings } from './text-printer.ts'
import { type PosTlsOptions, readTls } from './tls-options.ts'

export const POS_ACTIONS = [
  'sell',
  'reprint',
  'inquire',
  'reverse',
  'end-of-day',
  'logon',
  'echo',
  'initialise',
  'pending',
] as const

export type PosAction = (typeof POS_ACTIONS)[number]

/** As the command line gives them: texts, and flags as booleans. */
export interface PosOptions extends PosTlsOptions {
  readonly action: string
  readonly host?: string | undefined
  readonly port?: string | number | undefined
  readonly tid?: string | undefined
  readonly mid?: string | undefined
  /** State of the terminal; `pos-<tid>.json` when left out. */
  readonly store?: string | undefined
  readonly dialect?: string | undefined
  readonly lang?: string | undefined
  readonly columns?: string | number | undefined
  readonly product?: string | undefined
  readonly count?: string | number | undefined
  /** The total in rials; from the catalogue when left out. */
  readonly amount?: string | number | undefined
  /** Card number, or number=YYMM. */
  readonly card?: string | undefined
  /** YYMM. */
  readonly expiry?: string | undefined
  readonly track2?: string | undefined
  readonly kiosk?: boolean | undefined
  /** `ready`, `low` or `out`, as the printer would report it. */
  readonly printer?: string | undefined
  readonly merchantName?: string | undefined
  readonly helpline?: string | undefined
  readonly serialNumber?: string | undefined
  /** Master key of the terminal; a file that only its owner may read. */
  readonly keyFile?: string | undefined
  /** The cardholder's PIN; `-` is the standard input. */
  readonly cardPinFile?: string | undefined
  /** Ask for the receipt lines of the switch (DE 63). */
  readonly receiptLines?: boolean | undefined
  /** `0919=*140*#{pin}#`, more than once. */
  readonly redeem?: readonly string[] | undefined
  readonly taxRate?: string | number | undefined
  readonly timeout?: string | number | undefined
  /** Inquiry of another sale than the last: STAN, time hhmmss, date MMDD. */
  readonly stan?: string | undefined
  readonly time?: string | undefined
  readonly date?: string | undefined
  /** End of day: leave what the last that differed claimed, which an administrator closed. */
  readonly newPeriod?: boolean | undefined
  readonly json?: boolean | undefined
  readonly showPin?: boolean | undefined
}

export interface PosJob {
  readonly action: PosAction
  readonly address: SocketAddress
  readonly settings: TerminalSettings
  readonly paper: TextPrinterSettings
  readonly printer: 'ready' | 'low' | 'out'
  readonly storePath: string
  readonly keyFile: string | undefined
}

export function readJob(options: PosOptions, timers: Timers): PosJob | Reason {
  const action = POS_ACTIONS.find((name) => name === options.action)
  if (action === undefined) return reason(`pos ${options.action}: ${POS_ACTIONS.join(', ')}`)
  const terminalId = parseTerminalId(latinDigits(options.tid ?? ''))
  const merchantId = parseMerchantId(latinDigits(options.mid ?? ''))
  if (isReason(terminalId)) return reason(`--tid: ${terminalId.reason}`)
  if (isReason(merchantId)) return reason(`--mid: ${merchantId.reason}`)
  const port = whole(options.port ?? '', 1, 65_535)
  // `pending` asks nobody.
  if (port === undefined && action !== 'pending') return reason('--port: 1 to 65535 expected')
  const seconds = whole(options.timeout ?? 45, 1, 600)
  if (seconds === undefined) return reason('--timeout: 1 to 600 seconds expected')
  const dialect = options.dialect ?? 'iso87binary'
  if (!isDialect(dialect)) {
    return reason(`--dialect: ${Object.keys(TERMINAL_DIALECTS).join(', ')} expected`)
  }
  const { lang = 'fa', printer = 'ready' } = options
  if (lang !== 'fa' && lang !== 'en') return reason('--lang: fa or en expected')
  if (printer !== 'ready' && printer !== 'low' && printer !== 'out') {
    return reason('--printer: ready, low or out expected')
  }
  const fault = keysFault(options)
  if (fault !== undefined) return reason(fault)
  const paper = readPaper(options, lang)
  if (isReason(paper)) return paper
  const host = options.host ?? '127.0.0.1'
  const tls = action === 'pending' ? undefined : readTls(options, host, timers.wallMs())
  if (isReason(tls)) return tls
  const replyMs = seconds * 1000
  return {
    action,
    address: { host, port: port ?? 0, tls, connectMs: replyMs },
    settings: {
      terminalId,
      merchantId,
      dialect: TERMINAL_DIALECTS[dialect],
      networkId: '001',
      condition: options.kiosk === true ? '43' : '14',
      language: lang,
      applicationVersion: undefined,
      serialNumber: options.serialNumber,
      accessible: false,
      wantsReceiptLines: options.receiptLines ?? false,
      waits: { ...DEFAULT_WAITS, replyMs, adviceMs: Math.min(replyMs, DEFAULT_WAITS.adviceMs) },
    },
    paper: { ...paper, terminalId },
    printer,
    keyFile: options.keyFile,
    storePath: options.store ?? `pos-${terminalId.replaceAll(/[^\w-]/g, '_')}.json`,
  }
}

/** What a terminal with keys must say, and one without may not. */
function keysFault(options: PosOptions): string | undefined {
  const { keyFile, serialNumber, cardPinFile, action } = options
  if (keyFile === undefined) {
    if (action === 'logon') return 'logon: --key-file expected'
    return cardPinFile === undefined ? undefined : '--card-pin-file: only with --key-file'
  }
  if (serialNumber === undefined) return '--serial-number: expected beside --key-file'
  const isReadable = /^[ -~]{1,99}$/.test(serialNumber)
  return isReadable ? undefined : '--serial-number: 1 to 99 characters of ASCII expected'
}

function readPaper(
  options: PosOptions,
  language: 'fa' | 'en',
): Omit<TextPrinterSettings, 'terminalId'> | Reason {
  const columns = whole(options.columns ?? 42, 32, 42)
  if (columns !== 32 && columns !== 42) return reason('--columns: 32 or 42 expected')
  const redeemPatterns = readRedeem(options.redeem ?? [])
  if (isReason(redeemPatterns)) return redeemPatterns
  const taxRate = options.taxRate === undefined ? undefined : Number(options.taxRate)
  if (taxRate !== undefined && !(taxRate >= 0 && taxRate < 1)) {
    return reason('--tax-rate: a fraction such as 0.10 expected')
  }
  return {
    paper: { columns, language },
    merchantName: options.merchantName ?? options.mid ?? '',
    helpline: options.helpline,
    redeemPatterns,
    taxRate,
  }
}

/** A person's row stands in place of the built-in ones of its prefix, for receipts of any day. */
function readRedeem(texts: readonly string[]): readonly RedeemPattern[] | Reason {
  const given: RedeemPattern[] = []
  for (const text of texts) {
    const match = /^(\d{4}|\d{6})=([\d*#]*\{pin\}[\d*#]*)$/.exec(text)
    if (match === null) return reason('--redeem: such as 0919=*140*#{pin}#')
    given.push({ prefix: match[1] ?? '', pattern: match[2] ?? '', validFrom: 0 })
  }
  const prefixes = new Set(given.map(({ prefix }) => prefix))
  return [...REDEEM_PATTERNS.filter(({ prefix }) => !prefixes.has(prefix)), ...given]
}

export function readCard(options: PosOptions): CardEntry | Reason {
  if (options.track2 !== undefined) {
    const track2 = Track2.parse(latinDigits(options.track2))
    if (isReason(track2)) return reason(`--track2: ${track2.reason}`)
    const pan = track2.pan()
    return isReason(pan) ? reason(`--track2: ${pan.reason}`) : { kind: 'track2', track2 }
  }
  const [number = '', after] = latinDigits(options.card ?? '').split('=')
  const pan = Pan.parse(number.replaceAll(/[ -]/g, ''))
  if (isReason(pan)) return reason(`--card or --track2: ${pan.reason}`)
  const expiry = latinDigits(options.expiry ?? after ?? '')
  if (!/^\d{2}(0[1-9]|1[0-2])$/.test(expiry)) return reason('--expiry: YYMM expected')
  return { kind: 'keyed', pan, expiry }
}

export interface ReadOrder {
  readonly product: ProductId
  readonly count: number
  readonly amountRial: Rial | undefined
  readonly card: CardEntry
}

export function readOrder(options: PosOptions): ReadOrder | Reason {
  const product = parseProductId(latinDigits(options.product ?? ''))
  if (isReason(product)) return reason(`--product: ${product.reason}`)
  const count = whole(options.count ?? 1, 1, 10)
  if (count === undefined) return reason('--count: 1 to 10 expected')
  const { amount } = options
  const amountRial = amount === undefined ? undefined : parseRial(latinDigits(String(amount)))
  if (isReason(amountRial)) return reason(`--amount: ${amountRial.reason}`)
  const card = readCard(options)
  return isReason(card) ? card : { product, count, amountRial, card }
}

/** Undefined without the three options; a part of them would ask about another sale. */
export function readOriginal(options: PosOptions): OriginalSale | undefined | Reason {
  const given = { stan: options.stan, time: options.time, date: options.date }
  const names = ['stan', 'time', 'date'] as const
  const missing = names.filter((name) => given[name] === undefined)
  if (missing.length === names.length) return undefined
  if (missing.length > 0) {
    const flags = missing.map((name) => `--${name}`).join(' and ')
    return reason(`${flags}: expected too, a sale is told by --stan, --time and --date`)
  }
  const [stan = '', time = '', date = ''] = names.map((name) => latinDigits(given[name] ?? ''))
  if (!/^\d{6}$/.test(stan)) return reason('--stan: six digits expected')
  if (!/^([01]\d|2[0-3])([0-5]\d){2}$/.test(time)) return reason('--time: hhmmss expected')
  if (!/^(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.test(date)) return reason('--date: MMDD expected')
  return { stan, time, date }
}

/** Persian and Arabic digits become ASCII; nothing else changes. */
export function latinDigits(text: string): string {
  return text.replaceAll(/[\u06f0-\u06f9\u0660-\u0669]/g, (digit) =>
    String(digit.charCodeAt(0) & 0x0f),
  )
}

function whole(value: string | number, least: number, most: number): number | undefined {
  const text = latinDigits(String(value))
  const number = Number(text)
  return /^\d{1,9}$/.test(text) && number >= least && number <= most ? number : undefined
}

function isDialect(name: string): name is TerminalDialectName {
  return Object.hasOwn(TERMINAL_DIALECTS, name)
}
