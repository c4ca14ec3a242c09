// What a command says comes out whole, or the command says that it did not.

import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { standardOutput } from '../../admin-cli/standard-output.ts'
import type { WriteSome } from '../../admin-cli/write-whole.ts'

const FILE = join(tmpdir(), `evs-output-${process.pid}`)
let file: number
beforeEach(() => {
  file = openSync(FILE, 'w')
})
afterEach(() => {
  closeSync(file)
  rmSync(FILE)
})

const stream = new PassThrough() as unknown as NodeJS.WriteStream

function fault(code: string): WriteSome {
  return () => {
    throw Object.assign(new Error(`${code}: no`), { code })
  }
}

describe('output to a file', () => {
  it('is written when it is said, past the stream', async () => {
    const output = standardOutput({ stream, file, isMissed: true })
    output.write('نیلوفر\n')
    output.write('')
    output.write('done\n')
    expect(readFileSync(FILE, 'utf8')).toBe('نیلوفر\ndone\n')
    await output.taken()
    expect([output.isTTY, stream.readableLength]).toEqual([false, 0])
  })

  it('is written whole by a system that takes a part at a time', () => {
    const pieces: Uint8Array[] = []
    const some: WriteSome = (_file, bytes, from) => {
      pieces.push(bytes.subarray(from, from + 3))
      return Math.min(3, bytes.length - from)
    }
    standardOutput({ stream, file, isMissed: true }, some).write('one, two, three')
    expect(Buffer.concat(pieces).toString()).toBe('one, two, three')
  })

  it.each<[string, WriteSome, string]>([
    ['full disk', fault('ENOSPC'), 'the output could not be written: ENOSPC: no'],
    ['disk that takes nothing', () => 0, 'the output could not be written: it took nothing'],
  ])('on a %s is told as lost, where somebody misses it', (_what, some, message) => {
    const lost = () => standardOutput({ stream, file, isMissed: true }, some).write('x')
    expect(lost).toThrow(expect.objectContaining({ code: 'OUTPUT_LOST', message }))
    standardOutput({ stream, file, isMissed: false }, some).write('x')
  })
})
