// The table of formats: each sample is recognised by its own row and by no other.
// The page that describes the formats names all of them.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isRefusal } from '../../../voucher-store/batch-formats/fields.ts'
import { BATCH_FORMATS, recogniseFormat } from '../../../voucher-store/batch-formats/formats.ts'
import { SAMPLES, sample } from './batch-samples.ts'

const page = readFileSync(new URL('../../../docs/batch-files.md', import.meta.url), 'utf8')

describe('the table of formats', () => {
  it.each(SAMPLES)('recognises %s by one row only', (name) => {
    const lines = sample(name).split('\n').slice(0, 3)
    const matching = BATCH_FORMATS.filter((format) => format.recognise(lines))
    expect(matching.map((format) => format.name)).toEqual([name.replace(/\..*/, '')])
  })

  it('recognises a header format whose first line is lost', () => {
    for (const name of ['mci-old.txt', 'mci-new.txt', 'rightel.txt'] as const) {
      const format = recogniseFormat(sample(name).split('\n').slice(1, 4))
      expect(isRefusal(format) ? format.message : format.name).toBe(name.replace('.txt', ''))
    }
  })

  it('recognises nothing in an empty list of lines', () => {
    expect(isRefusal(recogniseFormat([]))).toBe(true)
  })

  it('is described in docs/batch-files.md, row for row', () => {
    const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \|.*\| (.*) \| (one|several) \|$/gm)]
    expect(
      rows.map(([, name, expiry, products]) => ({
        name,
        needsExpiry: expiry === '**`--expires`**',
        mixed: products === 'several',
      })),
    ).toEqual(
      expect.arrayContaining(
        BATCH_FORMATS.map(({ name, needsExpiry, mixed }) => ({ name, needsExpiry, mixed })),
      ),
    )
    expect(rows).toHaveLength(BATCH_FORMATS.length)
  })
})
