// One line of a card host's ledger, whoever wrote it: what it did to money and which purchase it
// belongs to. Spellings of the same field are taken alike; docs/ledger-format.md lists them. A line
// that cannot be used says what it lacks; a line about something else is skipped.

export interface LedgerLine {
  readonly kind: 'debit' | 'reversal'
  readonly amountRial: number
  /** DE 7, 11 and 41 of the purchase, also on the line of its reversal. */
  readonly de7: string | undefined
  readonly stan: string | undefined
  readonly tid: string | undefined
  readonly rrn: string | undefined
  readonly atMs: number | undefined
}

export type LedgerReading =
  | LedgerLine
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unusable'; readonly why: string }

const DEBITS = new Set(['debit', 'purchase', 'sale', 'capture', 'withdrawal', '0200', '0201'])
const UNDOING = ['reversal', 'reverse', 'reversed', 'credit', 'refund', '0420', '0421']
const REVERSALS = new Set(UNDOING)

/** DE 7 with its ten digits, read as seconds, reaches into 2009. */
const EARLIEST_MS = Date.UTC(2010, 0)
const LATEST_MS = Date.UTC(2100, 0)

/** Names as they are after lower-casing and dropping everything but letters and digits. */
const NAMES = {
  kind: ['kind', 'type', 'event', 'entry', 'effect', 'op', 'mti'],
  amount: ['amountrial', 'amount', 'de4', 'amt', 'rial', 'rials', 'amountirr', 'value'],
  de7: ['de7', 'transmission', 'transmissiontime', 'transmissiondatetime', 'hosttransmission'],
  stan: ['stan', 'de11', 'trace', 'tracenumber', 'hoststan'],
  tid: ['tid', 'de41', 'terminal', 'terminalid'],
  rrn: ['rrn', 'de37', 'retrievalreferencenumber', 'reference'],
  originalDe7: ['originalde7', 'originaltransmission', 'origde7', 'origtransmission'],
  originalStan: ['originalstan', 'originalde11', 'origstan', 'originaltrace'],
  originalRrn: ['originalrrn', 'originalde37', 'origrrn'],
  de90: ['de90', 'originaldata', 'originaldataelements'],
  rc: ['rc', 'de39', 'responsecode', 'result'],
  at: ['at', 'time', 'timestamp', 'ts', 'date'],
} as const

export function readLedgerLine(text: string): LedgerReading {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'unusable', why: 'not a JSON object' }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'unusable', why: 'not a JSON object' }
  }
  return readFields(flattened(value as Record<string, unknown>))
}

type Fields = ReadonlyMap<string, unknown>

function readFields(fields: Fields): LedgerReading {
  const said = given(fields, NAMES.kind)
    ?.toLowerCase()
    .replace(/[^a-z0-9-]/g, '')
  if (said === undefined) return { kind: 'unusable', why: 'no kind (debit or reversal)' }
  const kind = kindOf(digits(said, 4) ?? said)
  if (kind === undefined || !tookEffect(kind, given(fields, NAMES.rc))) return { kind: 'nothing' }
  const amountText = given(fields, NAMES.amount)
  if (amountText === undefined) return { kind: 'unusable', why: 'no amount' }
  const amountRial = Number(amountText)
  if (!Number.isSafeInteger(amountRial) || amountRial < 0) {
    return { kind: 'unusable', why: 'the amount is not a whole number of rials' }
  }
  const purchase = purchaseOf(kind, fields)
  const { de7, stan, rrn } = purchase
  if (rrn === undefined && (de7 === undefined || stan === undefined)) {
    return { kind: 'unusable', why: lacking(kind, purchase) }
  }
  const atMs = momentIn(fields)
  return { kind, amountRial, ...purchase, atMs }
}

function kindOf(said: string): LedgerLine['kind'] | undefined {
  if (DEBITS.has(said)) return 'debit'
  return REVERSALS.has(said) ? 'reversal' : undefined
}

type Purchase = Pick<LedgerLine, 'de7' | 'stan' | 'tid' | 'rrn'>

/** A reversal names its purchase by DE 90 or fields like it; its own DE 7 and 11 come last. */
function purchaseOf(kind: LedgerLine['kind'], fields: Fields): Purchase {
  const tid = wholeTid(given(fields, NAMES.tid))
  const rrn = digits(given(fields, NAMES.originalRrn) ?? given(fields, NAMES.rrn), 12)
  const own = {
    de7: digits(given(fields, NAMES.de7), 10),
    stan: digits(given(fields, NAMES.stan), 6),
  }
  if (kind === 'debit') return { ...own, tid, rrn }
  const de90 = given(fields, NAMES.de90)
  const original = {
    de7: digits(given(fields, NAMES.originalDe7) ?? de90?.slice(10, 20), 10),
    stan: digits(given(fields, NAMES.originalStan) ?? de90?.slice(4, 10), 6),
  }
  if (original.de7 !== undefined && original.stan !== undefined) return { ...original, tid, rrn }
  // Without the original's, the RRN is the better name: DE 7 and 11 may be those of the 0420.
  if (rrn !== undefined) return { de7: undefined, stan: undefined, tid, rrn }
  return { ...own, tid, rrn }
}

function lacking(kind: LedgerLine['kind'], { de7, stan }: Purchase): string {
  const missing: string[] = []
  if (de7 === undefined) missing.push(kind === 'debit' ? 'DE 7' : 'DE 7 of the purchase')
  if (stan === undefined) missing.push(kind === 'debit' ? 'DE 11' : 'DE 11 of the purchase')
  return `no RRN, and no ${missing.join(' and no ')}`
}

/** A ledger may list attempts too: only what was answered 00, or debited in part, moved money. */
function tookEffect(kind: LedgerLine['kind'], rc: string | undefined): boolean {
  if (rc === undefined || /^0*$/.test(rc) || /^(ok|approved|accepted)$/i.test(rc)) return true
  return kind === 'debit' && rc === '10'
}

function given(fields: Fields, names: readonly string[]): string | undefined {
  for (const name of names) {
    const text = textOf(fields.get(name))
    if (text !== undefined) return text
  }
  return undefined
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** Numbers lose their zeros in some writers. */
function digits(text: string | undefined, length: number): string | undefined {
  if (text === undefined || !/^\d+$/.test(text) || text.length > length) return undefined
  return text.padStart(length, '0')
}

/** DE 41 has eight characters. One that is no number is what it is. */
export function wholeTid<Tid extends string | undefined>(tid: Tid): Tid | string {
  return digits(tid, 8) ?? tid
}

/** DE 12 may stand under `time`, and the moment beside it under another name. */
function momentIn(fields: Fields): number | undefined {
  for (const name of NAMES.at) {
    const atMs = momentOf(textOf(fields.get(name)))
    if (atMs !== undefined) return atMs
  }
  return undefined
}

/** A time of day, a bare day or DE 7 is no moment: counted from 1970 it is long before any sale. */
function momentOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  const ms = Number.isFinite(number) ? sinceEpochMs(number) : textMs(text)
  return ms >= EARLIEST_MS && ms < LATEST_MS ? ms : undefined
}

function sinceEpochMs(number: number): number {
  return number < 1e11 ? number * 1_000 : number
}

const DAY = /(\d{4})[-/](\d\d)[-/](\d\d)/
const TIME = /(\d\d:\d\d)(:\d\d)?(?:[.,](\d+))?/
const ZONE = /(?:(Z|UTC|GMT)|([+-]\d\d)(?::?(\d\d))?)?/
const MOMENT = new RegExp(`^${DAY.source}[T ]+${TIME.source} *${ZONE.source}$`, 'i')

/** In Tehran where no offset is named, whichever zone the process is in. */
function textMs(text: string): number {
  const found = MOMENT.exec(text)
  if (found === null) return Number.NaN
  const [, year, month, day, time, seconds = ':00', fraction = '0', utc, hours, minutes] = found
  const local = `${year}-${month}-${day}T${time}${seconds}.${fraction}`
  if (utc !== undefined) return Date.parse(`${local}Z`)
  return Date.parse(local + (hours === undefined ? '+03:30' : `${hours}:${minutes ?? '00'}`))
}

/** One level of groups: `original.stan` is `originalstan`; `fields["7"]` and `"7"` are `de7`. */
function flattened(value: Record<string, unknown>): Fields {
  const fields = new Map<string, unknown>()
  for (const [name, inner] of Object.entries(value)) {
    const key = plain(name)
    if (typeof inner !== 'object' || inner === null) fields.set(key, inner)
    else if (!Array.isArray(inner)) {
      const isGroup = ['fields', 'de', 'message', 'iso', 'request'].includes(key)
      for (const [below, leaf] of Object.entries(inner)) {
        const belowKey = plain(below)
        const full = isGroup ? belowKey : key + (/^de\d+$/.test(below) ? below : belowKey)
        if (!fields.has(full)) fields.set(full, leaf)
      }
    }
  }
  return fields
}

function plain(name: string): string {
  const key = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  return /^\d+$/.test(key) ? `de${Number(key)}` : key.replace(/^(de|f|field|bit)0*(\d+)$/, 'de$2')
}
