// The product as `npm run build` makes it, and the processes of the benchmark beside it, in a
// folder of their own. Types are not checked here: `npm run check` does that, and it would take
// most of the time of a quick run.

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

export interface Built {
  /** The path of a built module, named by its source. */
  path(source: string): string
  remove(): void
}

export function build(): Built {
  const folder = mkdtempSync(join(tmpdir(), 'evs-bench-built-'))
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const options = ['-p', join(ROOT, 'bench', 'tsconfig.json'), '--noCheck', '--outDir', folder]
  execFileSync(process.execPath, [compiler, ...options], { cwd: ROOT, stdio: 'inherit' })
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return {
    path: (source) => join(folder, source.replace(/\.ts$/, '.js')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
