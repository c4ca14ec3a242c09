// The command as a process: closed and slow pipes, a full disk, completion in a shell, and help
// without the rooms.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const EVS = fileURLToPath(new URL('../../evs.ts', import.meta.url))
const NODE = ['--import', import.meta.resolve('tsx'), EVS]

async function evs(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [...NODE, ...words])
  return stdout
}

it('a reader that goes away is no error', async () => {
  const child = spawn(process.execPath, [...NODE, 'config', 'keys', '--csv'])
  child.stdout.destroy()
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  const [exitCode] = await once(child, 'close')
  expect([exitCode, told]).toEqual([0, ''])
})

it('a reader that is slow gets all of it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'evs-command-'))
  const config = join(folder, 'evs.yaml')
  const unknown = Array.from({ length: 2_000 }, (_, n) => `unknown${n}: 1\n`)
  writeFileSync(config, unknown.join(''))
  const words = ['config', 'check', '--config', config, '--json']
  const child = spawn(process.execPath, [...NODE, ...words])
  child.stderr.resume()
  const closed = once(child, 'close')
  // More than a pipe holds; it is read when the command has long said it.
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const [exitCode] = await closed
  expect(text.length).toBeGreaterThan(200_000)
  expect(JSON.stringify(JSON.parse(text))).toContain('unknown1999')
  expect(exitCode).toBe(2)
  rmSync(folder, { recursive: true })
})

it('output that a full disk does not take is told as lost', async () => {
  const full = openSync('/dev/full', 'w')
  const stdio = ['ignore', full, 'pipe'] as ['ignore', number, 'pipe']
  const child = spawn(process.execPath, [...NODE, 'config', 'keys', '--json'], { stdio })
  let told = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  const [exitCode] = await once(child, 'close')
  expect(told).toMatch(/^evs: OUTPUT_LOST: the output could not be written: ENOSPC/)
  expect(exitCode).toBe(1)
})

it.each(['bash', 'zsh', 'fish'])('makes a completion script for %s', async (shell) => {
  expect(await evs('completion', shell)).toContain(`${shell} completion for evs`)
})

it('completes verbs and flags', async () => {
  expect(await evs('complete', '--', 'batch', 'im')).toMatch(/^import\tImport a batch file/)
  const states = await evs('complete', '--', 'batch', 'list', '--state', '')
  expect(states).toContain('held')
})

it('a configuration that is not there is told with exit code 2', async () => {
  const nowhere = join(tmpdir(), 'no-such-folder')
  await expect(evs('stock', '--dir', nowhere)).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('CONFIG_INVALID'),
  })
})
