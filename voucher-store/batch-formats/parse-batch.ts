// Reads a voucher batch file of any format of the table, as it streams in: recognises the format,
// checks header and rows, and gives vouchers in chunks. It does not store or decrypt anything, and
// it never throws for what a file holds. What one batch may not contain twice is checked here;
// what the stock already holds is the importer's to check.

import type {
  BatchFormat,
  BatchHeader,
  BatchOptions,
  BatchPart,
  BatchProblem,
} from './batch-format.ts'
import { BatchRows } from './batch-rows.ts'
import { dateText, isRealDay, isRefusal, trimSpaces } from './fields.ts'
import { HEADER_LINES_MAX, recogniseFormat } from './formats.ts'
import { readLines } from './line-reader.ts'
import { ProblemList } from './problem-list.ts'

/**
 * Gives one `header`, any number of `vouchers`, and always one `end` as the last. A file whose
 * header cannot be read gives only the `end`. The batch is good when `end.problems` is empty.
 */
export async function* parseBatch(
  chunks: AsyncIterable<Uint8Array>,
  options: BatchOptions,
): AsyncGenerator<BatchPart, void, undefined> {
  const problems = new ProblemList(options.maxProblems)
  let head: string[] = []
  let rows: BatchRows | undefined
  for await (const block of readLines(chunks, options.maxLineBytes)) {
    if (block.kind === 'fault') {
      problems.add(block.problem)
      problems.close()
    } else if (rows === undefined) {
      head = head.concat(block.lines)
      if (head.length < HEADER_LINES_MAX) continue
      const opened = open(head, options, problems)
      if (opened === undefined) break
      rows = opened.rows
      yield opened.part
      yield* rows.read(head.slice(opened.headerLines))
      head = []
    } else {
      yield* rows.read(block.lines)
    }
    if (problems.full) break
  }
  if (rows === undefined && problems.empty) {
    const opened = open(head, options, problems)
    if (opened !== undefined) {
      rows = opened.rows
      yield opened.part
      yield* rows.read(head.slice(opened.headerLines))
    }
  }
  if (rows !== undefined) yield* rows.finish()
  yield { kind: 'end', count: rows?.count ?? 0, problems: problems.all() }
}

interface OpenBatch {
  readonly rows: BatchRows
  readonly headerLines: number
  readonly part: BatchPart
}

function open(
  head: readonly string[],
  options: BatchOptions,
  problems: ProblemList,
): OpenBatch | undefined {
  if (head.every((line) => trimSpaces(line) === '')) {
    problems.add({ line: 1, message: 'the file is empty' })
    return undefined
  }
  const format = recogniseFormat(head)
  if (isRefusal(format)) {
    const { message, hint = '' } = format
    problems.add({ line: 1, message, hint })
    return undefined
  }
  const result = format.readHeader(head, options.catalogue)
  const found = result.kind === 'header' ? dayProblems(format, result.header, options) : []
  for (const problem of result.kind === 'problems' ? result.problems : found) problems.add(problem)
  if (result.kind === 'problems' || found.length > 0) return undefined
  const { header } = result
  return {
    rows: new BatchRows(format, header, options, problems),
    headerLines: header.lines,
    part: {
      kind: 'header',
      format: format.name,
      title: format.title,
      declaredQuantity: header.quantity?.count,
      reference: header.reference,
      expires: header.expiry?.day ?? options.expires,
      validFrom: header.validFrom?.day,
    },
  }
}

/** What the days of the whole file stand in the way of. */
function dayProblems(
  format: BatchFormat,
  header: BatchHeader,
  options: BatchOptions,
): BatchProblem[] {
  const { validFrom } = header
  const early = options.release === true && validFrom !== undefined && validFrom.day > options.today
  if (!early) return expiryProblems(format, header, options)
  const message = `the vouchers work from ${dateText(validFrom.day)} on`
  const hint = 'import it without --release, and release the batch on that day'
  return [{ line: validFrom.line, message, hint }]
}

/** The date of the whole file: from its header, or from `--expires` where it carries none. */
function expiryProblems(
  format: BatchFormat,
  header: BatchHeader,
  options: BatchOptions,
): BatchProblem[] {
  const { expires, today } = options
  if (format.needsExpiry && expires === undefined) {
    const hint = 'give the date with --expires YYYY-MM-DD'
    return [{ line: 1, message: `${format.title} files carry no date of expiry`, hint }]
  }
  if (!format.needsExpiry && expires !== undefined) {
    const hint = 'leave out --expires'
    return [{ line: 1, message: `${format.title} files carry their own date of expiry`, hint }]
  }
  if (expires !== undefined && !isRealDay(expires)) {
    return [{ line: 1, message: '--expires: there is no such day', hint: 'use YYYY-MM-DD' }]
  }
  const day = header.expiry?.day ?? expires
  if (day === undefined || day >= today) return []
  return [{ line: header.expiry?.line ?? 1, message: `expired on ${dateText(day)}` }]
}
