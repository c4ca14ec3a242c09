// Reads files of traffic as they come, plain or compressed, and never as a whole. Files of one
// recording follow one another and their times go on; a line that is wrong ends the reading with
// its number. A part that is missing is told, and what comes after it is read.

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { createGunzip } from 'node:zlib'
import {
  isHeaderLine,
  parseHeader,
  parseRecord,
  TRAFFIC_LINE_MOST,
} from '../protocol/traffic/traffic-line.ts'
import type { TrafficRecord } from '../protocol/traffic/traffic-record.ts'
import { isReason, type Reason, reason } from '../protocol/values/reason.ts'

/** What is wrong with a file; told to whoever gave it. */
export class TrafficError extends Error {
  constructor(where: string, what: string) {
    super(`${where}: ${what}`)
    this.name = 'TrafficError'
  }
}

export interface ReadingOptions {
  /** What was before is passed over. */
  readonly fromMs?: number
  /** Told of parts of the recording that were not given. */
  readonly missing?: (what: string) => void
}

/**
 * Throws when a file is missing, is none of traffic, or does not follow those before it. Of a pipe,
 * which can be read once only, nothing is known before it is played; and of the last of several a
 * recorder that was killed may have left nothing or half a header, which is told when it is read.
 */
export async function checkHeaders(files: readonly string[]): Promise<void> {
  const reading = newReading()
  for (const [index, file] of files.entries()) {
    const mayBeEmpty = index > 0 && index === files.length - 1
    const isPipe = await stat(file).then(
      (found) => found.isFIFO() || found.isSocket() || found.isCharacterDevice(),
      () => false,
    )
    if (isPipe || (await hasHeader(file, reading)) || mayBeEmpty) continue
    throw new TrafficError(file, 'it is empty')
  }
}

/** False: it has no line at all. */
async function hasHeader(file: string, reading: Reading): Promise<boolean> {
  for await (const [first] of linesOf(file, reading)) {
    if (first === undefined) continue
    const read = header(first, reading, file)
    if (isReason(read)) throw new TrafficError(`${file}, line 1`, read.reason)
    return true
  }
  return false
}

/** Records that stood together in the file. */
export async function* readTraffic(
  files: readonly string[],
  { fromMs = 0, missing = () => undefined }: ReadingOptions = {},
): AsyncGenerator<readonly TrafficRecord[]> {
  const reading = newReading()
  for (const file of files) {
    let number = 0
    for await (const lines of linesOf(file, reading)) {
      const records: TrafficRecord[] = []
      let fault: Reason | undefined
      for (const line of lines) {
        number += 1
        const isHeader = number === 1 || isHeaderLine(line)
        const read = isHeader ? header(line, reading, `${file}, line ${number}`) : undefined
        const record = read ?? (isBefore(line, fromMs) ? 'before' : ordered(line, reading))
        if (isReason(record)) {
          fault = record
          break
        }
        if (record === 'header') continue
        // What is missing before a time that is passed over was not wanted either.
        if (record !== 'before' && reading.gap !== undefined) missing(reading.gap)
        reading.gap = undefined
        if (record !== 'before') records.push(record)
      }
      // What stands before a fault is played too; a piece that is passed over is empty.
      yield records
      if (fault !== undefined) throw new TrafficError(`${file}, line ${number}`, fault.reason)
    }
    if (number === 0) throw new TrafficError(file, 'it is empty')
  }
  if (reading.gap !== undefined) missing(reading.gap)
}

interface Reading {
  lastAt: number
  /** Of the first file; the others are parts of the same recording. */
  from: string | undefined
  part: number
  /** What is missing before the next record. */
  gap: string | undefined
  /** A file that ended in half a line. */
  cut: string | undefined
}

function newReading(): Reading {
  return { lastAt: 0, from: undefined, part: 0, gap: undefined, cut: undefined }
}

function header(line: string, reading: Reading, where: string): 'header' | Reason {
  const read = parseHeader(line)
  if (isReason(read)) return read
  reading.from ??= read.from
  if (reading.from !== read.from) return reason('it belongs to another recording')
  const { part: last } = reading
  if (read.part <= last) return reason(`part ${read.part} comes after part ${last}`)
  const [first, end] = [last + 1, read.part - 1]
  const which = first === end ? `part ${first} is` : `parts ${first} to ${end} are`
  if (first <= end) reading.gap = `${where}: ${which} missing`
  else if (reading.cut !== undefined) reading.gap = `${reading.cut}: it ends in half a line`
  reading.cut = undefined
  reading.part = read.part
  return 'header'
}

function ordered(line: string, reading: Reading): TrafficRecord | Reason {
  const record = parseRecord(line)
  if (isReason(record)) return record
  if (record.at < reading.lastAt) return reason('at: it goes back')
  reading.lastAt = record.at
  return record
}

/** What is not played is not read: whoever wants the evening of a day does not want to wait. */
function isBefore(line: string, fromMs: number): boolean {
  if (fromMs === 0 || !line.startsWith(BEGINNING)) return false
  const at = Number(line.slice(BEGINNING.length, line.indexOf(',')))
  return at < fromMs
}

const BEGINNING = '{"at":'

async function* linesOf(file: string, reading: Reading): AsyncGenerator<string[]> {
  let rest = ''
  for await (const text of textOf(file)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > TRAFFIC_LINE_MOST) throw new TrafficError(file, 'a line is too long')
    yield lines
  }
  // The last line of a recording that was cut off may be half a line, and says nothing; where the
  // recording goes on in another file, more than that line may be missing.
  if (rest.endsWith('}')) yield [rest]
  else if (rest !== '') reading.cut = file
}

async function* textOf(file: string): AsyncGenerator<string> {
  const source = createReadStream(file, { highWaterMark: 1 << 16 })
  const isCompressed = extname(file) === '.gz'
  const plain = isCompressed ? source.pipe(createGunzip()) : source
  // A pipe does not hand on errors.
  if (plain !== source) source.on('error', (error) => plain.destroy(error))
  try {
    // ASCII, so that no character is cut in two.
    for await (const chunk of plain) yield (chunk as Buffer).toString('latin1')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new TrafficError(file, `it cannot be read (${code ?? message})`)
  } finally {
    source.destroy()
  }
}
