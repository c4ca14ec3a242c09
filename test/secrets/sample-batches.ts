// The sample batches, one of each format, with the PINs in them: read here by the place where the
// format's page puts them, not by the product's own readers.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SAMPLES = fileURLToPath(new URL('../../samples/batches', import.meta.url))

/** What a line with a voucher looks like; the first group is the PIN. [batch-files.md] */
const LINES: Readonly<Record<string, RegExp>> = {
  'aggregator.csv': /^\w+,\d+,\d+,\d+,\d+,\d,(\d+)$/,
  'generic.csv': /^\d+,(\d+),\d+,[\d-]+$/,
  'irancell.txt': /^MTN\|(?:[^|]*\|){7}(\d+)\|/,
  'mci-10k.csv': /^\d+,(\d+),\d+,[\d.]+,/,
  'mci-new.txt': /^\d+ (\d+)$/,
  'mci-old.txt': /^\d+ (\d+)$/,
  'rightel.txt': /^\d+;(\d+);/,
}

/** These say nothing of when their vouchers expire. */
const UNDATED = ['aggregator.csv', 'rightel.txt']

export interface SampleBatch {
  readonly file: string
  readonly datesItself: boolean
  readonly pins: readonly string[]
}

/** Throws when there is a sample that this does not know, or one without a PIN. */
export function sampleBatches(): SampleBatch[] {
  return readdirSync(SAMPLES).map((name) => {
    const line = LINES[name]
    if (line === undefined) throw new Error(`no place of PINs is known for ${name}`)
    const file = join(SAMPLES, name)
    const lines = readFileSync(file, 'utf8').split(/\r?\n/)
    const pins = lines.flatMap((text) => line.exec(text.trim())?.[1] ?? [])
    if (pins.length === 0) throw new Error(`no PIN was found in ${name}`)
    return { file, pins, datesItself: !UNDATED.includes(name) }
  })
}
