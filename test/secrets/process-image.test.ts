// The memory of another process is searched: what it holds is found by name, what it does not hold
// is not, and a process that cannot be looked into is no process without secrets.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formsOfDigits } from './forms.ts'
import { Matcher } from './matcher.ts'
import { searchProcess } from './process-image.ts'

const PLANTED = '7313370000111155'
const ABSENT = '7313370000999944'

// Halves come by the arguments, so that the whole is nowhere but where the process puts it.
const SCRIPT = `
  globalThis.kept = Buffer.alloc(64)
  kept.write(process.argv[1] + process.argv[2])
  console.log('ready')
  setInterval(() => kept, 1_000)
`

// The system shows memory in /proc on Linux only.
describe.skipIf(!existsSync('/proc/self/mem'))('the image of a process', () => {
  let child: ChildProcess
  const canaries = Object.entries({ PLANTED, ABSENT }).map(([name, digits]) => ({
    name,
    forms: formsOfDigits(digits).filter((form) => form.name === 'text'),
  }))

  beforeAll(async () => {
    const halves = [PLANTED.slice(0, 8), PLANTED.slice(8)]
    child = spawn(process.execPath, ['-e', SCRIPT, ...halves], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (child.stdout !== null) await once(child.stdout, 'data')
  })
  afterAll(() => child.kill('SIGKILL'))

  it('shows what it holds, and nothing that it does not', () => {
    const image = searchProcess(child.pid ?? 0, new Matcher(canaries))
    expect(image?.megabytes).toBeGreaterThan(0)
    expect([...(image?.found.keys() ?? [])]).toEqual(['PLANTED'])
  })

  it('that is not there is undefined, not empty', async () => {
    const gone = spawn(process.execPath, ['-e', ''])
    await once(gone, 'exit')
    expect(searchProcess(gone.pid ?? 0, new Matcher(canaries))).toBeUndefined()
  })
})
