// Reads files of traffic as they come, plain or compressed, and never as a whole. Files of one
// recording follow one another and their times go on; a line that is wrong ends the reading with
// its number.

import { createReadStream } from 'node:fs'
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

/** Records that stood together in the file, from that time on. */
export async function* readTraffic(
  files: readonly string[],
  fromMs = 0,
): AsyncGenerator<readonly TrafficRecord[]> {
  const reading: Reading = { lastAt: 0, from: undefined }
  for (const file of files) {
    let number = 0
    for await (const lines of linesOf(file)) {
      const records: TrafficRecord[] = []
      let fault: Reason | undefined
      for (const line of lines) {
        number += 1
        const read = number === 1 || isHeaderLine(line) ? header(line, reading) : undefined
        const record = read ?? (isBefore(line, fromMs) ? undefined : ordered(line, reading))
        if (record === undefined || record === 'header') continue
        if (isReason(record)) {
          fault = record
          break
        }
        records.push(record)
      }
      // What stands before a fault is played too; a piece that is passed over is empty.
      yield records
      if (fault !== undefined) throw new TrafficError(`${file}, line ${number}`, fault.reason)
    }
    if (number === 0) throw new TrafficError(file, 'it is empty')
  }
}

interface Reading {
  lastAt: number
  /** Of the first file; the others are parts of the same recording. */
  from: string | undefined
}

function header(line: string, reading: Reading): 'header' | Reason {
  const read = parseHeader(line)
  if (isReason(read)) return read
  reading.from ??= read.from
  return reading.from === read.from ? 'header' : reason('it belongs to another recording')
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

async function* linesOf(file: string): AsyncGenerator<string[]> {
  let rest = ''
  for await (const text of textOf(file)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > TRAFFIC_LINE_MOST) throw new TrafficError(file, 'a line is too long')
    yield lines
  }
  // The last line of a recording that was cut off may be half a line, and says nothing.
  if (rest.endsWith('}')) yield [rest]
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
