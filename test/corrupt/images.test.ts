// What a killed seller leaves is cut at its commits: each of them is a store of its own, the last
// one is the whole, and the mark is not before what was told.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readMark } from '../../voucher-store/outside-mark.ts'
import { filledStore } from './filled-store.ts'
import { takeImages } from './images.ts'

it('a killed seller leaves its last sales in the log, and every commit can be gone back to', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'evs-images-'))
  const store = await filledStore()
  try {
    const [killed, behind] = await takeImages(store, scratch)
    if (killed === undefined || behind === undefined) throw new Error('two images were wanted')
    const numbers = killed.states.map(({ jseq }) => jseq)
    expect(numbers.length).toBeGreaterThan(10)
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    const mark = readMark(killed.folder)
    expect(killed.states.some(({ jseq, hash }) => jseq === mark?.jseq && hash === mark.hash)).toBe(
      true,
    )
    expect(readMark(behind.folder)?.jseq).toBeLessThan(mark?.jseq ?? 0)
    expect(behind.truths.length).toBe(killed.truths.length + 1)
    expect(behind.truths[0]).toEqual(killed.truths[0])
    expect(behind.truths.at(-1)?.answers).not.toEqual(killed.truths[0]?.answers)
  } finally {
    rmSync(store.directory, { recursive: true, force: true })
    rmSync(scratch, { recursive: true, force: true })
  }
}, 60_000)
