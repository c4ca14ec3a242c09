// `evs replay generate`: writes the traffic of a made-up fleet into a file, piece by piece, and
// counts what it wrote. Nothing is sent.

import { createWriteStream } from 'node:fs'
import { extname } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { generate } from './generate.ts'
import { writing } from './writing.ts'

export interface GenerateFileOrder {
  /** `.gz`: compressed. */
  readonly file: string
  readonly terminals: number
  readonly hours: number
  readonly fromHour: number
  readonly seed: number
  readonly salesPerTerminal: number
}

/** Resolves when it is written; bytes are those before compression. */
export async function generateFile(
  order: GenerateFileOrder,
): Promise<{ records: number; bytes: number }> {
  let bytes = 0
  // The header is none.
  let records = -1
  const counted = function* (): Generator<string> {
    for (const piece of generate(order)) {
      bytes += piece.length
      for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', at + 1)) records += 1
      yield piece
    }
  }
  const target = createWriteStream(order.file, { mode: 0o600 })
  const stages: Writable[] = extname(order.file) === '.gz' ? [createGzip({ level: 1 })] : []
  await writing(() => pipeline([Readable.from(counted()), ...stages, target] as never))
  return { records, bytes }
}
