// The file of a key part is there, and has its room, before there is a key.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newFile } from '../../admin-cli/key-parts.ts'
import type { WriteSome } from '../../admin-cli/write-whole.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-part-'))
  file = join(folder, 'part.txt')
})
afterEach(() => rmSync(folder, { recursive: true }))

function full(): never {
  throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
}

it('is refused on a full disk, and leaves nothing behind', () => {
  const refusal = { code: 'USAGE', message: `${file}: it cannot be written (ENOSPC)` }
  expect(() => newFile(file, full)).toThrow(expect.objectContaining(refusal))
  expect(existsSync(file)).toBe(false)
  expect(() => newFile(file, () => 0)).toThrow('it took nothing')
  expect(existsSync(file)).toBe(false)
})

it('holds the room that its part will take, and then the part alone', () => {
  const place = newFile(file)
  expect(statSync(file).size).toBe(4_096)
  place.write('part 0123\n')
  expect(readFileSync(file, 'utf8')).toBe('part 0123\n')
  expect(statSync(file).mode & 0o077).toBe(0)
})

it('is written whole by a system that takes a part at a time', () => {
  const some: WriteSome = (handle, bytes, from, most, at) =>
    writeSync(handle, bytes, from, Math.min(most, 7), at)
  newFile(file, some).write('part 0123-4567-89AB-CDEF\n')
  expect(readFileSync(file, 'utf8')).toBe('part 0123-4567-89AB-CDEF\n')
})

it('that fails later is told with what it means for the key', () => {
  let written = 0
  const once: WriteSome = (...given) => (written++ === 0 ? writeSync(...given) : full())
  const place = newFile(file, once)
  expect(() => place.write('part')).toThrow(
    expect.objectContaining({
      ...{ code: 'PART_LOST', message: `${file}: ENOSPC` },
      hint: expect.stringContaining('remove the files in that folder'),
    }),
  )
})

it('is dropped with its room', () => {
  newFile(file).drop()
  expect(existsSync(file)).toBe(false)
})

it('is never written over another', () => {
  newFile(file).write('first')
  expect(() => newFile(file)).toThrow('it cannot be written (EEXIST)')
  expect(readFileSync(file, 'utf8')).toBe('first')
})
