// Files and lines that administrators bring: batches of each format, the catalogue, a card host's
// ledger. Any bytes give values or problems, and never an exception. Good vouchers are spelt out in
// the file, problems have a line and never repeat a PIN, and the chunks in which a file comes do
// not matter.

import { readFileSync } from 'node:fs'
import type { BatchOptions, FormatName } from '../../../voucher-store/batch-formats/batch-format.ts'
import { BATCH_FORMATS } from '../../../voucher-store/batch-formats/formats.ts'
import { parseBatch } from '../../../voucher-store/batch-formats/parse-batch.ts'
import { parseCatalogue } from '../../../voucher-store/catalogue-file.ts'
import { readLedgerLine } from '../../../voucher-store/reports/ledger-line.ts'
import { type FuzzTarget, Mismatch, type Outcome } from '../target.ts'

const ROOT = new URL('../../../', import.meta.url)
const TODAY = 20260701

const FILES: Readonly<Record<FormatName, string>> = {
  'mci-old': 'mci-old.txt',
  'mci-new': 'mci-new.txt',
  'mci-10k': 'mci-10k.csv',
  irancell: 'irancell.txt',
  rightel: 'rightel.txt',
  aggregator: 'aggregator.csv',
  generic: 'generic.csv',
}

const WORDS = [
  ...['\r\n', '\n', '\r', '\ufeff', ',', ';', '"', ':', '\t', '[BEGIN]', '[END]', ',,,,,,', '  '],
  ...['2027-12-31', '2020-01-01', '1405-01-01', '1E+15', '50000', '۵۰', '999999999999', '\0'],
]

export const IMPORT_TARGETS: readonly FuzzTarget[] = BATCH_FORMATS.map(({ name, needsExpiry }) => ({
  name: `import-${name}`,
  weight: 0.5,
  sliceRuns: 20_000,
  mostBytes: 4_096,
  slowMs: 50,
  // Two indexes of numbers, 164 kB each, are made for a batch of any size.
  floorBytes: 1_310_720,
  words: WORDS,
  open: () => {
    const expires = needsExpiry ? 20271231 : undefined
    const options = {
      catalogue: starter(),
      today: TODAY,
      expires,
      maxLineBytes: 512,
      maxProblems: 20,
    }
    const bytes = readFileSync(new URL(`samples/batches/${FILES[name]}`, ROOT))
    return { seeds: [{ bytes }], run: (input: Buffer) => runImport(input, options) }
  },
}))

function starter(): BatchOptions['catalogue'] {
  const read = parseCatalogue(readFileSync(new URL('catalogue/starter.csv', ROOT)))
  if (read.kind !== 'catalogue') throw new RangeError('the starter catalogue is unreadable')
  const prices = new Map(
    read.products.map((row) => [`${row.mobileOperator} ${row.priceRial}`, row.product]),
  )
  const ids = new Set(read.products.map(({ product }) => product))
  return {
    product: (mobileOperator, priceRial) => prices.get(`${mobileOperator} ${priceRial}`),
    has: (id) => ids.has(id),
  }
}

interface Reading {
  readonly format: string
  readonly vouchers: string[]
  readonly problems: readonly string[]
  readonly pinDigits: string[]
}

async function read(input: Buffer, chunkBytes: number, options: BatchOptions): Promise<Reading> {
  let format = 'none'
  const vouchers: string[] = []
  const pinDigits: string[] = []
  for await (const part of parseBatch(inChunks(input, chunkBytes), options)) {
    if (part.kind === 'header') format = part.format
    if (part.kind === 'end') {
      const problems = part.problems.map(({ line, message }) => {
        if (!(line >= 1)) throw new Mismatch('a problem without a line')
        return `${line} ${message}`
      })
      return { format, vouchers, problems, pinDigits }
    }
    if (part.kind !== 'vouchers') continue
    for (const { line, serial, voucherPin, product, expires } of part.vouchers) {
      vouchers.push(`${line} ${serial} ${voucherPin.reveal()} ${product} ${expires}`)
      pinDigits.push(voucherPin.reveal())
    }
  }
  throw new Mismatch('a file without an end')
}

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  // The buffer is used again for the next input, and a reader may hold on to a chunk.
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function runImport(input: Buffer, options: BatchOptions): Promise<Outcome> {
  const whole = await read(input, input.length + 1, options)
  if (input.length % 4 === 0) {
    const parts = await read(input, 1 + (input.length % 97), options)
    if (parts.vouchers.join() !== whole.vouchers.join()) throw new Mismatch('chunks matter')
    if (parts.problems.join() !== whole.problems.join())
      throw new Mismatch('chunks matter to problems')
  }
  const message = whole.problems.join('\n')
  if (/[0-9]{8}/.test(message.replaceAll(/[0-9]{4}-[0-9]{2}-[0-9]{2}/g, ''))) {
    throw new Mismatch('a problem repeats eight digits or more')
  }
  if (new Set(whole.pinDigits).size !== whole.pinDigits.length) {
    throw new Mismatch('the same PIN twice')
  }
  if (whole.problems.length === 0) allSpeltOut(input, whole.pinDigits)
  const [first = 'good'] = whole.problems
  return `${whole.format} ${first.replaceAll(/\d+|"[^"]*" found/g, '')}`
}

function allSpeltOut(input: Buffer, pinDigits: readonly string[]): void {
  const text = asciiDigits(input.toString('utf8'))
  for (const digits of pinDigits) {
    if (!text.includes(digits)) throw new Mismatch('a PIN that is not in the file')
  }
}

function asciiDigits(text: string): string {
  return text.replaceAll(/[۰-۹٠-٩]/g, (digit) => String(((digit.charCodeAt(0) & 0xff) % 16) % 10))
}

export const CATALOGUE_TARGET: FuzzTarget = {
  name: 'catalogue-file',
  weight: 0.7,
  sliceRuns: 50_000,
  mostBytes: 4_096,
  slowMs: 50,
  floorBytes: 65_536,
  // The CSV parser makes objects for each record and garbage for each character: 600 times the file
  // was measured for lines of one character. The file comes from an administrator and is limited.
  allocationFactor: 1_000,
  words: [...WORDS, '{pin}', '0.10', '1.0001', 'operator', '091905', '\u200c', '""'],
  open: () => {
    const starterFile = readFileSync(new URL('catalogue/starter.csv', ROOT))
    const short = starterFile.toString().split('\n').slice(0, 4).join('\n')
    return { seeds: [{ bytes: Buffer.from(short) }, { bytes: starterFile }], run: runCatalogue }
  },
}

function runCatalogue(input: Buffer): Outcome {
  const result = parseCatalogue(input)
  if (result.kind === 'problems') {
    const [first] = result.problems
    if (first === undefined || !(first.line >= 1)) throw new Mismatch('a problem without a line')
    return first.message.replaceAll(/\d+|"[^"]*" found/g, '').slice(0, 60)
  }
  for (const row of result.products) {
    if (row.redeem.split('{pin}').length !== 2) throw new Mismatch('a redeem string without {pin}')
    if (!(row.priceRial > 0 && row.vatBasisPoints >= 0 && row.vatBasisPoints <= 10_000)) {
      throw new Mismatch('a price or rate that cannot be')
    }
  }
  return `good ${result.products.length}`
}

export const LEDGER_TARGET: FuzzTarget = {
  name: 'ledger-line',
  weight: 25,
  sliceRuns: 1_000_000,
  mostBytes: 1_024,
  floorBytes: 4_096,
  words: [
    ...['"kind":', '"debit"', '"reversal"', '"amountRial":', '"de90":', '"fields":', 'null', '{}'],
    ...['[]', '1e400', '-1', '"__proto__":', '"original":', '"rrn":', '"at":', '1e21', '"rc":"10"'],
  ],
  open: () => ({
    seeds: LEDGER_LINES.map((text) => ({ bytes: Buffer.from(text) })),
    run: runLedger,
  }),
}

const LEDGER_LINES = [
  '{"kind":"debit","amountRial":50000,"de7":"1122054431","stan":"004201","tid":"10000001"}',
  '{"type":"reversal","amount":"50000","de90":"02000042011122054431","rc":"00"}',
  '{"mti":"0200","fields":{"4":"50000","7":"1122054431","11":"004201","39":"00"},"at":1.8e9}',
  '{"op":"refund","rial":1,"original":{"de7":"1122054431","stan":1},"time":"2026-11-22T05:44Z"}',
  '{"event":"capture","amt":5,"rrn":"632609000001","timestamp":"1795000000"}',
]

function runLedger(input: Buffer): Outcome {
  const line = readLedgerLine(input.toString('utf8'))
  if (line.kind === 'nothing') return 'nothing'
  if (line.kind === 'unusable') return line.why
  if (!Number.isSafeInteger(line.amountRial) || line.amountRial < 0) throw new Mismatch('an amount')
  for (const [text, size] of [
    [line.de7, 10],
    [line.stan, 6],
    [line.rrn, 12],
  ] as const) {
    if (text !== undefined && (text.length !== size || !/^\d+$/.test(text))) {
      throw new Mismatch('a name of a purchase that is no run of digits')
    }
  }
  if (line.rrn === undefined && (line.de7 === undefined || line.stan === undefined)) {
    throw new Mismatch('a line that names no purchase')
  }
  if (line.atMs !== undefined && !Number.isFinite(line.atMs)) throw new Mismatch('a time')
  const present = [line.de7, line.rrn, line.tid, line.atMs].map((value) => value !== undefined)
  return `${line.kind} ${present.join()}`
}
