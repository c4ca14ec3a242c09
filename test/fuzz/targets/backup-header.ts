// The front of a backup file: any bytes give a header of this format or undefined.

import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { frontOf, readFront } from '../../../voucher-store/backup/backup-format.ts'
import { type FuzzTarget, Mismatch, type OpenTarget, type Outcome } from '../target.ts'

export const BACKUP_TARGET: FuzzTarget = {
  name: 'backup-header',
  weight: 0.1,
  sliceRuns: 10_000,
  mostBytes: 512,
  // A header may announce 65,536 bytes before they are missed.
  slowMs: 50,
  floorBytes: 131_072,
  words: [
    'EVSBAK01',
    '"format":1',
    '"format":2',
    'null',
    '[]',
    '{}',
    '\x00\x00\x00\x02',
    '\x00\x00\x00\x04',
  ],
  open: openBackup,
}

function openBackup(): OpenTarget {
  const folder = mkdtempSync(join(tmpdir(), 'evs-fuzz-'))
  const path = join(folder, 'backup')
  const header = {
    format: 1,
    epoch: 3,
    jseq: 77,
    hash: 'ab',
    createdMs: 1,
    bytes: 9,
    key: 'cd',
  } as const
  return {
    seeds: [
      { bytes: frontOf(header) },
      { bytes: Buffer.concat([frontOf(header), Buffer.alloc(40)]) },
    ],
    run: (input): Outcome => {
      writeFileSync(path, input)
      const file = openSync(path, 'r')
      try {
        const read = readFront(file)
        if (read === undefined) return 'none'
        if (!input.subarray(0, read.front.length).equals(read.front)) throw new Mismatch('a front')
        return `front ${Object.keys(read.header).length}`
      } finally {
        closeSync(file)
      }
    },
    close: () => rmSync(folder, { recursive: true }),
  }
}
