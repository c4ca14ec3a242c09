// Registers a list of merchants or terminals while sales go on: read as it comes, checked row by
// row, written in chunks of some 20 ms of the writer's time. A row with a mistake is refused alone
// and told with its line; a row that is there with the same values changes nothing, so a file that
// was cut off or corrected is simply sent again.
//
// Work on this thread is sliced: after some 10 ms it lets everything else run.

import type Database from 'better-sqlite3'
import { readTitle } from '../../protocol/values/list-title.ts'
import type { Clock } from '../../switch/core/clock.ts'
import { type StoreJournal, writeChange } from '../admin/admin-write.ts'
import { readLines } from '../batch-formats/line-reader.ts'
import { Slices } from '../import/slices.ts'
import type { How } from '../store-record.ts'
import { cellsOf } from './csv-line.ts'
import { Problems, type RegistrationProblem } from './problems.ts'
import {
  type Cells,
  isProblem,
  problem,
  type RegistrationKind,
  type RowProblem,
} from './registration-kind.ts'

export type RegistrationProgress =
  | { readonly kind: 'progress'; readonly rows: number; readonly bytes: number }
  /** Not a list of that kind: nothing was registered. */
  | { readonly kind: 'refused'; readonly problem: RegistrationProblem }
  | RegistrationDone

interface RegistrationDone {
  readonly kind: 'done'
  readonly dryRun: boolean
  readonly rows: number
  readonly added: number
  readonly unchanged: number
  readonly refused: number
  readonly problems: RegistrationProblem[]
  readonly moreProblems: number
  readonly seconds: number
}

export interface RegistrationPorts {
  readonly journal: StoreJournal
  /** A read-only connection of this thread. */
  readonly database: Database.Database
  readonly clock: Clock
}

export interface RegistrationOrder {
  readonly fileName: string
  readonly by: string
  readonly how?: How | undefined
  readonly today: number
  readonly dryRun: boolean
}

const LINE_BYTES_MOST = 4_096
const PROGRESS_EVERY_MS = 200
/** Some ten milliseconds of the writer's time with two indexes. */
const CHUNK_ROWS = 800

interface ListedRow<Row> {
  readonly line: number
  readonly row: Row
}

interface Running<Row> {
  readonly kind: RegistrationKind<Row>
  readonly ports: RegistrationPorts
  readonly order: RegistrationOrder
  readonly slices: Slices
  readonly problems: Problems
  readonly find: ReturnType<RegistrationKind<Row>['finder']>
  added: number
  unchanged: number
}

export async function* register<Row>(
  kind: RegistrationKind<Row>,
  ports: RegistrationPorts,
  order: RegistrationOrder,
  file: AsyncIterable<Uint8Array>,
): AsyncGenerator<RegistrationProgress, void, undefined> {
  const { clock, database } = ports
  const startedMs = clock.monotonicMs()
  const counted = { bytes: 0 }
  const running: Running<Row> = {
    ...{ kind, ports, order, slices: new Slices(clock), problems: new Problems() },
    ...{ find: kind.finder(database), added: 0, unchanged: 0 },
  }
  let toldMs = startedMs
  let line = 0
  let rows = 0
  let title: readonly string[] | undefined
  let chunk: ListedRow<Row>[] = []
  for await (const block of readLines(counting(file, counted), LINE_BYTES_MOST)) {
    if (block.kind === 'fault') {
      const { hint = 'correct the file', ...fault } = block.problem
      const found = { column: '', ...fault, hint }
      if (title === undefined) return yield { kind: 'refused', problem: found }
      running.problems.add({ ...found, hint: `${hint}; nothing from this line on was read` })
      break
    }
    for (const text of block.lines) {
      line++
      if (text.trim() === '') continue
      if (title === undefined) {
        const read = titleOf(kind, text)
        if (isProblem(read)) return yield { kind: 'refused', problem: { line, ...told(read) } }
        title = read
        continue
      }
      rows++
      if (running.slices.due) await running.slices.pause()
      const row = rowOf(running, title, text)
      if (typeof row === 'object' && row !== null && isProblem(row)) {
        running.problems.add({ line, ...told(row) })
      } else chunk.push({ line, row: row as Row })
      if (chunk.length >= CHUNK_ROWS) {
        await take(running, chunk)
        chunk = []
      }
      if (clock.monotonicMs() - toldMs < PROGRESS_EVERY_MS) continue
      toldMs = clock.monotonicMs()
      yield { kind: 'progress', rows, bytes: counted.bytes }
    }
  }
  if (title === undefined) return yield { kind: 'refused', problem: { line: 1, ...told(EMPTY) } }
  await take(running, chunk)
  yield doneWith(running, rows, (clock.monotonicMs() - startedMs) / 1_000)
}

const EMPTY = problem('', 'the file is empty', 'its first line names the columns')

function told({ column, message, hint }: Omit<RegistrationProblem, 'line'>) {
  return { column, message, hint }
}

async function* counting(
  file: AsyncIterable<Uint8Array>,
  counted: { bytes: number },
): AsyncIterable<Uint8Array> {
  for await (const chunk of file) {
    counted.bytes += chunk.length
    yield chunk
  }
}

function titleOf<Row>(kind: RegistrationKind<Row>, text: string): string[] | RowProblem {
  const title = readTitle(cellsOf(text) ?? [], kind.columns)
  return 'kind' in title ? problem(title.column, title.message, title.hint) : title
}

function rowOf<Row>({ kind }: Running<Row>, title: readonly string[], text: string) {
  const cells = cellsOf(text)
  if (cells === undefined) {
    return problem('', 'the quotes of the line do not fit', 'write "" for a quote inside quotes')
  }
  if (cells.length !== title.length) {
    const message = `${title.length} columns expected, ${cells.length} found`
    return problem('', message, 'put a text that holds a comma into quotes')
  }
  const named: Record<string, string> = {}
  for (const [at, name] of title.entries()) named[name] = cells[at] ?? ''
  return kind.read(named as Cells)
}

const TRIES = 3

async function take<Row>(running: Running<Row>, chunk: readonly ListedRow<Row>[]): Promise<void> {
  // Somebody may register one of these between the look and the write: then it is looked at again.
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { fresh, unchanged, refusals } = await sorted(running, chunk)
    const result = await written(running, fresh)
    if (result === 'taken') continue
    running.unchanged += unchanged
    for (const refusal of refusals) running.problems.add(refusal)
    if (result === 'written') running.added += fresh.length
    else
      for (const { line } of fresh) running.problems.add({ line, ...NOT_WRITTEN, message: result })
    return
  }
  for (const { line } of chunk) {
    running.problems.add({ line, ...NOT_WRITTEN, message: 'it changes all the time' })
  }
}

const NOT_WRITTEN = { column: '', hint: 'send the file again: what is there is left alone' }

async function sorted<Row>(
  { kind, find, slices }: Running<Row>,
  chunk: readonly ListedRow<Row>[],
): Promise<{ fresh: ListedRow<Row>[]; unchanged: number; refusals: RegistrationProblem[] }> {
  const fresh: ListedRow<Row>[] = []
  const refusals: RegistrationProblem[] = []
  const lines = new Map<string, number>()
  let unchanged = 0
  for (const { line, row: listed } of chunk) {
    const key = kind.keyOf(listed)
    const before = lines.get(key)
    const { standing, row } = find(listed)
    if (before !== undefined) {
      const hint = 'take one of both out'
      const message = `the same ${kind.what} is on line ${before}`
      refusals.push({ line, column: '', message, hint })
    } else if (typeof standing === 'object') refusals.push({ line, ...told(standing) })
    else if (standing === 'same') unchanged++
    else fresh.push({ line, row })
    if (before === undefined) lines.set(key, line)
    if (slices.due) await slices.pause()
  }
  return { fresh, unchanged, refusals }
}

/** `taken`, `written`, or why the store did not take it. */
async function written<Row>(
  { kind, ports, order }: Running<Row>,
  fresh: readonly ListedRow<Row>[],
): Promise<string> {
  const [first] = fresh
  if (first === undefined || order.dryRun) return 'written'
  const result = await writeChange(ports.journal, {
    action: `${kind.what} import`,
    detail: { fileName: order.fileName, firstLine: first.line, rows: fresh.length },
    statements: kind.statements(
      fresh.map(({ row }) => row),
      order.today,
    ),
    by: order.by,
    how: order.how,
    atMs: ports.clock.wallMs(),
  })
  if (result.kind === 'written' || result.kind === 'taken') return result.kind
  return `the store did not take it: ${result.detail}`
}

function doneWith<Row>(running: Running<Row>, rows: number, seconds: number): RegistrationDone {
  const { order, added, unchanged, problems } = running
  return {
    kind: 'done',
    dryRun: order.dryRun,
    ...{ rows, added, unchanged, refused: problems.count },
    problems: problems.first,
    moreProblems: problems.count - problems.first.length,
    seconds: Math.round(seconds * 1_000) / 1_000,
  }
}
