// The command as a process: closed pipes, completion in a shell, and help without the rooms.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
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
