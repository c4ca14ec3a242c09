// Writes of a recorded process are searched: a secret in a file that is gone by now is found, whole
// or over two writes, and a file without one is not named.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formsOfDigits } from './forms.ts'
import { type RecordedWrites, Recordings } from './recorded-writes.ts'

const WHOLE = '7313370000111166'
const SPLIT = '7313370000222277'
const ABSENT = '7313370000333388'

const SCRIPT = `
  const fs = require('node:fs')
  const [whole, split, folder] = process.argv.slice(1)
  const file = (name) => folder + '/' + name
  fs.writeFileSync(file('whole'), 'a ' + whole + ' b')
  const handle = fs.openSync(file('split'), 'w')
  fs.writeSync(handle, split.slice(0, 7))
  fs.writeSync(handle, split.slice(7))
  fs.closeSync(handle)
  fs.writeFileSync(file('clean'), 'nothing of the kind')
  for (const name of ['whole', 'split']) fs.rmSync(file(name))
`

const hasCompiler = spawnSync('gcc', ['--version']).status === 0

describe.skipIf(!hasCompiler || process.platform !== 'linux')('recorded writes', () => {
  let root: string
  let result: RecordedWrites

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'evs-recorded-'))
    const folder = join(root, 'recordings')
    for (const each of [folder, join(root, 'tmp')]) mkdirSync(each)
    const recordings = new Recordings(folder)
    const env = { ...process.env, ...recordings.of('writer') }
    execFileSync(process.execPath, ['-e', SCRIPT, WHOLE, SPLIT, root], { env })
    const canaries = Object.entries({ WHOLE, SPLIT, ABSENT }).map(([name, digits]) => ({
      name,
      forms: formsOfDigits(digits).filter((form) => form.name === 'text'),
    }))
    result = recordings.search(root, canaries)
  }, 60_000)
  afterAll(() => rmSync(root, { recursive: true }))

  it('hold what was in files that are gone', () => {
    expect(result.hits).toEqual([
      { file: 'whole', canary: 'WHOLE', form: 'text' },
      { file: 'split', canary: 'SPLIT', form: 'text' },
    ])
  })

  it('are counted, and the control of the search was found', () => {
    expect(result.planted).toBe(true)
    // Two of the script, one of the control.
    expect(result.removedFiles).toBe(3)
    expect(result.writes).toBeGreaterThanOrEqual(5)
  })
})
