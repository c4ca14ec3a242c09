// Why a file is refused: what is wrong in it, what of it is in stock already, or that it came
// before. Keeps the first problems and counts the rest; decides which code the refusal has.

import type { BatchProblem } from '../batch-formats/batch-format.ts'
import type { EarlierBatch } from './earlier-batch.ts'

export interface Refused {
  readonly kind: 'refused'
  readonly code: RefusalCode
  readonly message: string
  readonly problems: { line: number; message: string; hint?: string }[]
  readonly moreProblems: number
}

export type RefusalCode =
  | 'BATCH_REFUSED'
  | 'BATCH_DUPLICATE'
  | 'BATCH_FORMAT_UNKNOWN'
  | 'TOO_LARGE'
  | 'CONFLICT'

const SHOWN_MOST = 50
/** After so many duplicates the rest of the file is not worth comparing. */
const COUNTED_MOST = 10_000

export class Refusals {
  static readonly most = SHOWN_MOST
  readonly #problems: BatchProblem[] = []
  #parsed = 0
  #duplicates = 0
  #whole: { code: RefusalCode; message: string } | undefined

  get empty(): boolean {
    return this.#parsed + this.#duplicates === 0 && this.#whole === undefined
  }

  get full(): boolean {
    return this.#duplicates > COUNTED_MOST
  }

  addParsed(problems: readonly BatchProblem[]): void {
    this.#parsed += problems.length
    this.#problems.push(...problems.filter((problem) => problem.message !== '... and more'))
  }

  addDuplicates(problems: readonly BatchProblem[]): void {
    this.#duplicates += problems.length
    const room = SHOWN_MOST - this.#problems.length
    if (room > 0) this.#problems.push(...problems.slice(0, room))
  }

  /** The same bytes made a batch before: that says more than any line of it. */
  earlier({ batch, importedAt, fileName }: EarlierBatch): void {
    const message = `this file is in stock as batch ${batch}, imported ${importedAt} (${fileName})`
    this.#whole = { code: 'BATCH_DUPLICATE', message }
    // Every line of it would say the same.
    this.#problems.length = 0
    this.#parsed = 0
    this.#duplicates = 0
  }

  tooLarge(most: number): void {
    this.#whole = { code: 'TOO_LARGE', message: `the file has more than ${most} bytes` }
  }

  /** The indexes found what the comparison before them could not see. */
  taken(): void {
    const message = 'vouchers of this file are in stock already; nothing of it was loaded'
    this.#whole ??= { code: 'BATCH_DUPLICATE', message }
  }

  /** The store did not take it: full, or something else was faster. */
  notWritten(detail: string): void {
    this.#whole ??= { code: 'CONFLICT', message: `the store did not take the batch: ${detail}` }
  }

  refused(): Refused {
    const problems = this.#problems
      .toSorted((a, b) => a.line - b.line)
      .slice(0, SHOWN_MOST)
      .map((problem) => ({ ...problem }))
    const moreProblems = Math.max(0, this.#parsed + this.#duplicates - problems.length)
    return { kind: 'refused', ...this.#verdict(), problems, moreProblems }
  }

  #verdict(): { code: RefusalCode; message: string } {
    if (this.#whole !== undefined) return this.#whole
    const first = this.#problems[0]?.message ?? ''
    if (first === 'the format is not recognised') {
      return { code: 'BATCH_FORMAT_UNKNOWN', message: first }
    }
    if (this.#parsed > 0) {
      const message = 'the batch file has mistakes; nothing of it was loaded'
      return { code: 'BATCH_REFUSED', message }
    }
    const message = 'vouchers of this file are in stock already; nothing of it was loaded'
    return { code: 'BATCH_DUPLICATE', message }
  }
}
