// The table of batch file formats: one row a format. A new format is a new row here and nothing
// else; the readers of lines, rows and duplicates do not know any of them.

import type { BatchFormat, Refusal } from './batch-format.ts'
import { aggregator, generic } from './comma-separated.ts'
import { isDigits, keyOf, refuse } from './fields.ts'
import { irancell } from './irancell.ts'
import { mciNew, mciOld } from './mci.ts'
import { mciTenK } from './mci-ten-k.ts'
import { rightel } from './rightel.ts'

/** In the order in which they are tried. */
export const BATCH_FORMATS: readonly BatchFormat[] = [
  mciOld,
  mciNew,
  rightel,
  irancell,
  aggregator,
  generic,
  mciTenK,
]

/** The longest header (MCI new: 38 keys and [BEGIN]) fits into this many lines. */
export const HEADER_LINES_MAX = 48

/** Finds the format of a file by its first three lines. */
export function recogniseFormat(lines: readonly string[]): BatchFormat | Refusal {
  const first = lines.slice(0, 3)
  const format = BATCH_FORMATS.find((candidate) => candidate.recognise(first))
  if (format !== undefined) return format
  const [line = ''] = first
  if (keyOf(line).startsWith('-----begin') || (line.length > 60 && !isDigits(line, 1, 99))) {
    return refuse('the format is not recognised', 'if the file is encrypted, decrypt it first')
  }
  return refuse('the format is not recognised', 'docs/batch-files.md shows how each format begins')
}
