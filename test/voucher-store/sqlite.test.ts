// Where SQLite keeps what it sorts beyond its memory.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evs-spill-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function spilled(env: Record<string, string>): string {
  const script = fileURLToPath(new URL('./spilling-sort.ts', import.meta.url))
  const { SQLITE_TMPDIR: _, ...rest } = process.env
  const options = { env: { ...rest, ...env }, encoding: 'utf8' } as const
  return spawnSync(process.execPath, ['--import', 'tsx', script, directory], options).stdout
}

it.runIf(process.platform === 'linux')('is beside the data, and gone with who sorted', () => {
  expect(spilled({ TMPDIR: '/nowhere' })).toContain(join(directory, 'etilqs_'))
  expect(readdirSync(directory)).toEqual([])
})

it.runIf(process.platform === 'linux')('is where the environment says, if it does', () => {
  const said = spilled({ SQLITE_TMPDIR: tmpdir() })
  expect(said).toContain('etilqs_')
  expect(said).not.toContain(directory)
})
