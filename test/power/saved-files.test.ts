// Small files that are said to be saved are there after a power cut at any later moment: the state
// of a terminal, the mark of a switch and what it signed of its journal, the ledger of a card host
// that syncs it, a backup. The cuts are those of the disk model.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { Seeded } from '../simulation/seeded.ts'
import { Disk } from './disk.ts'
import { type Operation, readRecording } from './recording.ts'
import { BACKUP, problemsOf, SAID, STANS } from './saved-files.ts'
import { compileShim, shimEnvironment } from './shim.ts'

const PROGRAM = fileURLToPath(new URL('./saving-process.ts', import.meta.url))
const SEEDS = 20

interface Recorded {
  readonly operations: readonly Operation[]
  readonly backup: Buffer
}

function recorded(): Recorded {
  const folder = mkdtempSync(join(tmpdir(), 'evs-saved-'))
  try {
    const directory = join(folder, 'files')
    const log = join(folder, 'recording')
    mkdirSync(directory)
    const shim = shimEnvironment({ library: compileShim(folder), directory, log })
    const words = ['--import', import.meta.resolve('tsx'), PROGRAM, directory]
    const ran = spawnSync(process.execPath, words, { env: { ...process.env, ...shim } })
    expect([ran.status, ran.stderr.toString()]).toEqual([0, ''])
    return { operations: readRecording(log), backup: readFileSync(join(directory, BACKUP)) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What was said up to each operation, and the disk after it. */
function* cuts(operations: readonly Operation[]) {
  const disk = new Disk(new Map())
  const said: string[] = []
  let mouth: number | undefined
  for (const operation of operations) {
    disk.apply(operation)
    if (operation.kind === 'open' && operation.name === SAID) mouth = operation.fd
    if (operation.kind === 'write' && operation.fd === mouth) {
      said.push(operation.data.toString().trim())
    }
    yield { disk, said }
  }
}

it('is whole, and never older than what was said', { timeout: 60_000 }, () => {
  const { operations, backup } = recorded()
  const problems = new Set<string>()
  let words: readonly string[] = []
  for (const { disk, said } of cuts(operations)) {
    words = said
    for (let seed = 0; seed < SEEDS; seed++) {
      const survival = (['nothing', 'all', 'some'] as const)[Math.min(seed, 2)] ?? 'some'
      const image = disk.image(survival, new Seeded(seed))
      for (const problem of problemsOf(image, said, backup)) problems.add(problem)
    }
  }
  const [stans, debits] = ['stan', 'debit'].map((what) => STANS.map((stan) => `${what} ${stan}`))
  expect(words).toEqual([
    ...(stans ?? []),
    ...['mark', 'running', 'checkpoint'],
    ...(debits ?? []),
    'backup',
  ])
  expect([...problems]).toEqual([])
})
