// A slice whose input never ends is ended, and the input is known.

import { expect, it } from 'vitest'
import { runInThread } from './run-slice.ts'

const options = { thread: new URL('./endless-thread.ts', import.meta.url), mostBytes: 64 }

it('an input that never ends is a finding, with its bytes', async () => {
  const slice = { target: 'endless', runs: 10, seed: 3 }
  const result = await runInThread(slice, { ...options, patienceMs: 2_000 })
  expect(result).toMatchObject({ target: 'endless', runs: 2, seed: 3, slow: 1, throws: 0 })
  expect(result.findings).toEqual([
    { ...{ target: 'endless', seed: 3, kind: 'hang', hex: 'beef' }, what: expect.any(String) },
  ])
}, 60_000)

it('a thread that dies is a finding', async () => {
  const result = await runInThread({ target: 'dies', runs: 10, seed: 3 }, options)
  expect(result).toMatchObject({ throws: 1, findings: [{ kind: 'throw' }] })
}, 60_000)
