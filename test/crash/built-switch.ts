// The switch built once into a folder of its own, so that it starts as a released one does, and
// fast: a kill matrix starts it many hundred times.

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface BuiltSwitch {
  readonly folder: string
  /** What Node runs. */
  readonly program: readonly string[]
  /** The same with the crash points in front of it. */
  readonly withPoints: readonly string[]
  remove(): void
}

export function buildSwitch(): BuiltSwitch {
  const folder = mkdtempSync(join(tmpdir(), 'evs-built-'))
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const options = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', folder]
  execFileSync(process.execPath, [compiler, ...options], { cwd: ROOT, stdio: 'inherit' })
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const program = [join(folder, 'evs.js')]
  const points = fileURLToPath(new URL('crash-points.mjs', import.meta.url))
  return {
    ...{ folder, program },
    withPoints: ['--import', points, ...program],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
