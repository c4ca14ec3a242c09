// One process owns a data directory, for as long as it lives and not longer.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDataDirectory } from '../../voucher-store/owner-lock.ts'

let directory: string
const children: ChildProcess[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evs-lock-'))
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

async function otherProcess(): Promise<{ said: string; child: ChildProcess }> {
  const script = fileURLToPath(new URL('./lock-holder.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [said] = await once(child.stdout, 'data')
  return { said: String(said).trim(), child }
}

describe('a data directory', () => {
  it('has one owner, and another after it was released', () => {
    const first = lockDataDirectory(directory)
    expect(first).toBeDefined()
    expect(lockDataDirectory(directory)).toBeUndefined()
    first?.release()
    const second = lockDataDirectory(directory)
    expect(second).toBeDefined()
    second?.release()
  })

  it('of another process is refused until that process is killed, however it ends', async () => {
    const { said, child } = await otherProcess()
    expect(said).toBe('locked')
    expect(lockDataDirectory(directory)).toBeUndefined()
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    const lock = lockDataDirectory(directory)
    expect(lock).toBeDefined()
    lock?.release()
  })

  it('of this process is refused to another', async () => {
    const lock = lockDataDirectory(directory)
    expect((await otherProcess()).said).toBe('refused')
    lock?.release()
  })

  it('that is not there is an error, not a lock', () => {
    expect(() => lockDataDirectory(join(directory, 'nowhere'))).toThrow()
  })
})
