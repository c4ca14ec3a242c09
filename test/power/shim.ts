// Compiles the recorder that is preloaded into the switch, and tells the environment that turns it
// on. What it records is read by `recording.ts`; it needs a C compiler and the GNU C library.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface ShimSettings {
  readonly library: string
  /** The files below it are recorded. */
  readonly directory: string
  readonly log: string
}

export function compileShim(folder: string): string {
  const library = join(folder, 'shim.so')
  const source = fileURLToPath(new URL('./shim.c', import.meta.url))
  execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl', '-lpthread'])
  return library
}

export function shimEnvironment({ library, directory, log }: ShimSettings): Record<string, string> {
  return { LD_PRELOAD: library, SHIM_DIR: directory, SHIM_LOG: log }
}

/** Makes SQLite sync as it would with `synchronous=NORMAL`, and lie about it to the product. */
export function normalEnvironment(): Record<string, string> {
  const preload = fileURLToPath(new URL('./normal-preload.cjs', import.meta.url))
  return { NODE_OPTIONS: `--require ${preload}` }
}
