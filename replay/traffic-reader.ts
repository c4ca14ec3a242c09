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
import type { TrafficHeader, TrafficRecord } from '../protocol/traffic/traffic-record.ts'
import { isReason } from '../protocol/values/reason.ts'

/** What is wrong with a file; told to whoever gave it. */
export class TrafficError extends Error {
  constructor(where: string, what: string) {
    super(`${where}: ${what}`)
    this.name = 'TrafficError'
  }
}

/** Records that stood together in the file, from that time on; at least one in each piece. */
export async function* readTraffic(
  files: readonly string[],
  fromMs = 0,
): AsyncGenerator<readonly TrafficRecord[]> {
  let lastAt = 0
  let first: TrafficHeader | undefined
  for (const file of files) {
    let number = 0
    for await (const lines of linesOf(file)) {
      const records: TrafficRecord[] = []
      for (const line of lines) {
        number += 1
        const where = `${file}, line ${number}`
        if (number === 1 || isHeaderLine(line)) {
          const header = parseHeader(line)
          if (isReason(header)) throw new TrafficError(where, header.reason)
          if (first !== undefined && first.from !== header.from) {
            throw new TrafficError(where, 'it belongs to another recording')
          }
          first = header
          continue
        }
        if (isBefore(line, fromMs)) continue
        const record = parseRecord(line)
        if (isReason(record)) throw new TrafficError(where, record.reason)
        if (record.at < lastAt) throw new TrafficError(where, 'at: it goes back')
        lastAt = record.at
        records.push(record)
      }
      if (records.length > 0) yield records
    }
    if (number === 0) throw new TrafficError(file, 'it is empty')
  }
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
