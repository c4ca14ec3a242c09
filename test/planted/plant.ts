// Plants one defect after another into a copy of the source and runs the simulation there until it
// finds a violation. The copy is made once; only the files of a defect are changed and put back.

import { spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Defect } from './defects/defect.ts'

export interface Caught {
  readonly name: string
  /** Seeds run until the first violation; undefined: it was not found. */
  readonly seeds: number | undefined
  /** The first violation, without secrets as all of them are. */
  readonly how: string
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const COPIED = [
  ...['protocol', 'switch', 'terminal-gateway', 'card-gateway', 'voucher-store', 'admin-api'],
  ...[
    'test/simulation',
    'test/trial-summary.ts',
    'test/trial-options.ts',
    'package.json',
    'tsconfig.json',
  ],
]

/** A defect may make a simulation that never ends, or fill the memory. */
const TOO_LONG_MS = 900_000
const HEAP = '--max-old-space-size=3072'

export class Nursery {
  readonly #folder: string

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'evs-planted-'))
    for (const name of COPIED) {
      mkdirSync(dirname(join(this.#folder, name)), { recursive: true })
      cpSync(join(ROOT, name), join(this.#folder, name), { recursive: true })
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.#folder, 'node_modules'))
  }

  /** Plants it, runs at most so many seeds, and pulls it out again. */
  async try(defect: Defect, seeds: number): Promise<Caught> {
    const before = defect.edits.map(({ file }) => [file, this.#read(file)] as const)
    try {
      for (const { file, find, put } of defect.edits) {
        writeFileSync(join(this.#folder, file), planted(defect.name, this.#read(file), find, put))
      }
      return { name: defect.name, ...(await this.#simulate(seeds)) }
    } finally {
      for (const [file, text] of before) writeFileSync(join(this.#folder, file), text)
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #read(file: string): string {
    return readFileSync(join(this.#folder, file), 'utf8')
  }

  #simulate(seeds: number): Promise<Omit<Caught, 'name'>> {
    const script = join(this.#folder, 'test/simulation/simulate.ts')
    const options = ['--seeds', String(seeds), '--replay-every', '0', '--until-violation']
    const child = spawn(process.execPath, [HEAP, '--import', 'tsx', script, ...options], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const tooLong = setTimeout(() => {
      child.kill('SIGKILL')
      // Its own child may hold them for a while.
      for (const stream of [child.stdout, child.stderr]) stream.destroy()
    }, TOO_LONG_MS)
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
    })
    return new Promise((resolve) => {
      child.on('close', (code) => {
        clearTimeout(tooLong)
        resolve(verdict(code, out, err))
      })
    })
  }
}

/** Throws when the place is not there exactly once. */
export function planted(name: string, text: string, find: string, put: string): string {
  const found = text.split(find).length - 1
  if (found !== 1) throw new Error(`defect '${name}': its place is there ${found} times`)
  return text.replace(find, () => put)
}

/** Only a violation counts: a copy that does not even start proves nothing. */
function verdict(code: number | null, out: string, err: string): Omit<Caught, 'name'> {
  const line = out.trim().split('\n').at(-1) ?? ''
  if (code === 0) return { seeds: undefined, how: 'no violation' }
  try {
    const { violations, seeds } = JSON.parse(line) as { violations: number; seeds: number }
    if (violations > 0) return { seeds, how: err.trim().split('\n').at(-1)?.slice(0, 160) ?? '' }
  } catch {
    // Its own words are told instead.
  }
  const what = code === null ? 'it did not end' : 'it did not run'
  return { seeds: undefined, how: `${what}: ${err.trim().slice(-300)}` }
}
