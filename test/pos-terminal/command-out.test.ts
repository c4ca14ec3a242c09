// Writing of the command: a slow reader is waited for, a reader that is gone is told.
// What is written is tried in command.test.ts.

import { PassThrough, Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { streamOut } from '../../pos-terminal/command-out.ts'

it('does not take a full buffer for a failure', async () => {
  const slow = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => setImmediate(done),
  })
  expect(await streamOut(slow, new PassThrough()).stdout('a long receipt')).toBe(true)
})

it('tells that nobody reads any more, and lives on', async () => {
  const gone = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
  const out = streamOut(gone, new PassThrough())
  expect(await out.stdout('a receipt')).toBe(false)
  expect(await out.stdout('another')).toBe(false)
})
