// Writing of the command: a slow reader is waited for; what was cut off, or nobody reads, is told.
// What is written is tried in command.test.ts, the process in integration/pos-command.test.ts.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fileOut, type WriteSome } from '../../pos-terminal/command-out.ts'
import { VirtualTimers } from './scripted-switch.ts'

const RECEIPT = 'رسید a long receipt\n'
const BYTES = Buffer.byteLength(RECEIPT)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pos-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function failing(code: string): never {
  throw Object.assign(new Error(code), { code })
}

/** Takes what each entry says, an error by its code; then all. */
function system(...turns: (number | string)[]) {
  const timers = new VirtualTimers()
  const taken = { 1: '', 2: '' }
  const writeSome: WriteSome = (file, bytes, from) => {
    const turn = turns.shift() ?? bytes.length - from
    if (typeof turn === 'string') failing(turn)
    const some = Buffer.from(bytes.subarray(from, from + turn))
    taken[file === 1 ? 1 : 2] += some.toString('latin1')
    return some.length
  }
  const out = fileOut({ stdout: 1, stderr: 2 }, timers, writeSome)
  const text = (file: 1 | 2): string => Buffer.from(taken[file], 'latin1').toString()
  return { timers, out, text }
}

it('writes on after a part of it was taken, to the last byte', async () => {
  const { timers, out, text } = system(1, 2, 3)
  expect(await timers.finish(out.stdout(RECEIPT))).toBe('out')
  expect(text(1)).toBe(RECEIPT)
})

it('does not take a full pipe for a failure, and keeps the order of what waits', async () => {
  const { timers, out, text } = system(3, 'EAGAIN', 'EAGAIN')
  const both = Promise.all([out.stderr(RECEIPT), out.stderr('and more')])
  expect(await timers.finish(both)).toEqual(['out', 'out'])
  expect(timers.monotonicMs()).toBe(20)
  expect(text(2)).toBe(`${RECEIPT}and more`)
})

it.each(['EPIPE', 'ENOSPC', 'EFBIG', 'EIO', 'EBADF'])(
  'tells that a part only came out before %s, and lives on',
  async (code) => {
    const { timers, out } = system(BYTES - 1, code, code)
    expect(await timers.finish(out.stdout(RECEIPT))).toBe('partly')
    expect(await timers.finish(out.stdout('another'))).toBe('none')
  },
)

it('tells that nothing is taken any more, before the first byte or after it', async () => {
  const { timers, out } = system(0, 1, 0)
  expect(await timers.finish(out.stdout(RECEIPT))).toBe('none')
  expect(await timers.finish(out.stdout(RECEIPT))).toBe('partly')
})

it('writes to files, and tells of a disk that is full', async () => {
  const path = join(folder, 'receipt.txt')
  const [stdout, stderr] = [openSync(path, 'w'), openSync('/dev/full', 'w')]
  const out = fileOut({ stdout, stderr }, new VirtualTimers())
  expect([await out.stdout(RECEIPT), await out.stderr(RECEIPT)]).toEqual(['out', 'none'])
  closeSync(stdout)
  closeSync(stderr)
  expect(readFileSync(path, 'utf8')).toBe(RECEIPT)
})
