// Reads the rows of one batch after its header: gives vouchers in chunks, collects problems, and
// knows what holds for the file as a whole (quantity, start serial, end mark, duplicates). After
// the first problem no more vouchers are given, since the batch is refused as a whole.

import { isReason } from '../../protocol/values/reason.ts'
import { VoucherPin } from '../../protocol/values/voucher-pin.ts'
import type {
  BatchFormat,
  BatchHeader,
  BatchOptions,
  BatchPart,
  BatchRow,
  ParsedVoucher,
  Refusal,
  RowContext,
} from './batch-format.ts'
import { dateText, isRefusal, refuse, trimSpaces } from './fields.ts'
import { NumberIndex } from './number-index.ts'
import type { ProblemList } from './problem-list.ts'

const VOUCHERS_IN_CHUNK = 1000
const BATCH_VOUCHERS_MAX = 5_000_000

export class BatchRows {
  readonly #format: BatchFormat
  readonly #header: BatchHeader
  readonly #options: BatchOptions
  readonly #problems: ProblemList
  readonly #serials = new NumberIndex()
  readonly #pinDigits = new NumberIndex()
  readonly #context: RowContext
  #line: number
  #lastLine: number
  #blankLine = 0
  #rows = 0
  #product: string | undefined
  #ended = false
  #count = 0
  #chunk: ParsedVoucher[] = []

  constructor(
    format: BatchFormat,
    header: BatchHeader,
    options: BatchOptions,
    problems: ProblemList,
  ) {
    this.#format = format
    this.#header = header
    this.#options = options
    this.#problems = problems
    this.#line = header.lines
    this.#lastLine = header.lines
    this.#context = {
      catalogue: options.catalogue,
      reference: header.reference,
      product: header.product,
      expires: header.expiry?.day ?? options.expires ?? 0,
    }
  }

  /** Vouchers read so far without a problem of their own. */
  get count(): number {
    return this.#count
  }

  *read(lines: readonly string[]): Generator<BatchPart> {
    for (const raw of lines) {
      if (this.#problems.full) return
      this.#line++
      const line = trimSpaces(raw)
      if (line === '') {
        if (this.#blankLine === 0) this.#blankLine = this.#line
        continue
      }
      this.#lastLine = this.#line
      this.#readLine(line)
      if (this.#chunk.length >= VOUCHERS_IN_CHUNK) yield this.#takeChunk()
    }
  }

  /** What can only be said when the file is over. */
  *finish(): Generator<BatchPart> {
    if (this.#chunk.length > 0) yield this.#takeChunk()
    if (this.#problems.full) return
    const { end } = this.#format
    const { quantity } = this.#header
    if (end?.required && !this.#ended) {
      const rows = quantity === undefined ? this.#rows : `${this.#rows} of ${quantity.count}`
      const message = `the file is cut off: "${end.text}" is missing after ${rows} rows`
      this.#problems.add({ line: this.#lastLine, message })
    } else if (this.#rows === 0) {
      this.#problems.add({ line: this.#lastLine, message: 'the file holds no vouchers' })
    } else if (quantity !== undefined && quantity.count !== this.#rows) {
      const message = `the header says ${quantity.count} vouchers, the file holds ${this.#rows}`
      this.#problems.add({ line: quantity.line, message })
    }
  }

  #takeChunk(): BatchPart {
    const vouchers = this.#chunk
    this.#chunk = []
    return { kind: 'vouchers', vouchers }
  }

  #readLine(line: string): void {
    const { end } = this.#format
    if (this.#ended) {
      this.#refuse(final(`a row after the end mark "${end?.text ?? ''}"`))
      return
    }
    if (this.#blankLine !== 0) {
      this.#problems.add({ line: this.#blankLine, message: 'a blank line among the rows' })
      this.#blankLine = 0
    }
    if (end?.isEnd(line)) {
      this.#ended = true
      return
    }
    this.#rows++
    const row = this.#format.readRow(line, this.#context)
    const refusal = isRefusal(row) ? row : this.#checkRow(row)
    if (refusal !== undefined) this.#refuse(refusal)
  }

  #checkRow(row: BatchRow): Refusal | undefined {
    const { startSerial } = this.#header
    if (startSerial !== undefined && this.#rows === 1 && row.serial !== startSerial.serial) {
      return refuse(`the first serial is not the start serial of line ${startSerial.line}`)
    }
    if (row.expires < this.#options.today) return refuse(`expired on ${dateText(row.expires)}`)
    this.#product ??= row.product
    if (!this.#format.mixed && row.product !== this.#product) {
      return refuse('the denomination differs from the first row', 'import each one by itself')
    }
    const max = this.#options.maxVouchers ?? BATCH_VOUCHERS_MAX
    if (this.#rows > max) return final(`more than ${max} vouchers`, 'import the batch in parts')
    return this.#checkSeenBefore(row) ?? this.#take(row)
  }

  /** A serial is unique within its mobile operator, a PIN everywhere. */
  #checkSeenBefore(row: BatchRow): Refusal | undefined {
    const owner = Number(row.product.slice(0, 4))
    const serialLine = this.#serials.put(owner, row.serial, this.#line)
    if (serialLine > 0) return refuse(`the serial is already on line ${serialLine}`)
    const pinLine = this.#pinDigits.put(0, row.pinDigits, this.#line)
    if (pinLine > 0) return refuse(`the PIN is already on line ${pinLine}`)
    if (serialLine === 0 && pinLine === 0) return undefined
    return final('the numbers of this file are made to defeat the search for duplicates')
  }

  #take(row: BatchRow): Refusal | undefined {
    const voucherPin = VoucherPin.parse(row.pinDigits)
    if (isReason(voucherPin)) return refuse(voucherPin.reason)
    this.#count++
    const { serial, product, expires } = row
    if (this.#problems.empty) {
      this.#chunk.push({ line: this.#line, serial, voucherPin, product, expires })
    }
    return undefined
  }

  #refuse(refusal: Refusal): void {
    const { message, hint } = refusal
    this.#problems.add({ line: this.#line, message, ...(hint === undefined ? {} : { hint }) })
    this.#chunk = []
    if (refusal.final) this.#problems.close()
  }
}

function final(message: string, hint?: string): Refusal {
  return { ...refuse(message, hint), final: true }
}
