// A rotation of the key-encryption key that a power cut ends at any moment leaves the key that the
// store is under, and as long as that may be either, both. The cuts are those of the disk model.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { Seeded } from '../simulation/seeded.ts'
import { KEK_BYTES } from '../voucher-store/temporary-store.ts'
import { Disk } from './disk.ts'
import { type Operation, readRecording } from './recording.ts'
import { compileShim, shimEnvironment } from './shim.ts'

const PROGRAM = fileURLToPath(new URL('./rotating-process.ts', import.meta.url))
const SEEDS = 20
const BEFORE = `${KEK_BYTES.toString('hex')}\n`

function recorded(): { readonly operations: readonly Operation[]; readonly next: string } {
  const folder = mkdtempSync(join(tmpdir(), 'evs-rotated-'))
  try {
    const directory = join(folder, 'files')
    const log = join(folder, 'recording')
    mkdirSync(directory)
    const kekFile = join(directory, 'kek')
    writeFileSync(kekFile, BEFORE, { mode: 0o600 })
    const shim = shimEnvironment({ library: compileShim(folder), directory, log })
    const words = ['--import', import.meta.resolve('tsx'), PROGRAM, directory]
    const ran = spawnSync(process.execPath, words, { env: { ...process.env, ...shim } })
    expect([ran.status, ran.stderr.toString()]).toEqual([0, ''])
    return { operations: readRecording(log), next: readFileSync(kekFile, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What was said up to each operation, and the disk after it. */
function* cuts(operations: readonly Operation[]) {
  const disk = new Disk(new Map([['kek', Buffer.from(BEFORE)]]))
  const said: string[] = []
  let mouth: number | undefined
  for (const operation of operations) {
    disk.apply(operation)
    if (operation.kind === 'open' && operation.name === 'said') mouth = operation.fd
    if (operation.kind === 'write' && operation.fd === mouth) {
      said.push(operation.data.toString().trim())
    }
    yield { disk, said }
  }
}

it('is never without the key that opens the store', { timeout: 60_000 }, () => {
  const { operations, next } = recorded()
  expect(next).not.toBe(BEFORE)
  const problems = new Set<string>()
  let words: readonly string[] = []
  for (const { disk, said } of cuts(operations)) {
    words = said
    for (let seed = 0; seed < SEEDS; seed++) {
      const survival = (['nothing', 'all', 'some'] as const)[Math.min(seed, 2)] ?? 'some'
      const image = disk.image(survival, new Seeded(seed))
      const keys = ['kek', 'kek.new'].map((name) => image.get(name)?.toString())
      const when = said.at(-1) ?? 'the beginning'
      if (!said.includes('wrapped') && !keys.includes(BEFORE)) {
        problems.add(`the old key is gone after ${when}`)
      }
      if (said.includes('wrapping') && !keys.includes(next)) {
        problems.add(`the new key is gone after ${when}`)
      }
      if (said.includes('rotated') && keys[0] !== next) problems.add('the new key has no place')
    }
  }
  expect(words).toEqual(['wrapping', 'wrapped', 'rotated'])
  expect([...problems]).toEqual([])
})
