// The file of the key-encryption key: its form, and who may read it.

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesKek } from '../../../voucher-store/vault/kek.ts'
import {
  makeFirstKekFile,
  makeKekFile,
  readKekFile,
} from '../../../voucher-store/vault/kek-file.ts'
import { asAnotherUser } from '../../another-user.ts'
import { isSameKek } from '../temporary-store.ts'

let directory: string
let file: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evs-kek-'))
  file = join(directory, 'kek')
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('the key file', () => {
  it('that was made holds 32 bytes for its owner alone, and is another each time', () => {
    makeKekFile(file)
    makeKekFile(`${file}2`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const [one, other] = [readKekFile(file), readKekFile(`${file}2`)]
    if (one.kind !== 'kek' || other.kind !== 'kek') throw new Error('the file is not read')
    const hex = readFileSync(file, 'utf8').trim()
    expect(hex).toHaveLength(64)
    const wrapped = bytesKek(Buffer.from(hex, 'hex')).wrap(Buffer.alloc(32), 'here')
    expect(one.kek.unwrap(wrapped, 'here')).toEqual(Buffer.alloc(32))
    expect(other.kek.unwrap(wrapped, 'here')).toBeUndefined()
  })

  it('is never written over', () => {
    makeKekFile(file)
    const before = readFileSync(file, 'utf8')
    expect(() => makeKekFile(file)).toThrow('EEXIST')
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  it('is gone again when it cannot be written whole', () => {
    const full = (handle: number) => {
      writeFileSync(handle, 'ab')
      throw new Error('ENOSPC: no space left on device')
    }
    expect(() => makeKekFile(file, full)).toThrow('ENOSPC')
    expect(readdirSync(directory)).toEqual([])
    makeKekFile(file)
    expect(readKekFile(file).kind).toBe('kek')
  })

  it('of a new store is made whole, whatever a cut left, and never in the place of one', () => {
    writeFileSync(`${file}.making`, '')
    makeFirstKekFile(file)
    const text = readFileSync(file, 'utf8')
    expect([readKekFile(file).kind, readdirSync(directory)]).toEqual(['kek', ['kek']])
    // Cut off between its two names.
    linkSync(file, `${file}.making`)
    makeFirstKekFile(file)
    expect([readFileSync(file, 'utf8'), readdirSync(directory)]).toEqual([text, ['kek']])
  })

  it.each([0o400, 0o600, 0o700])('of mode %o is read', (mode) => {
    makeKekFile(file)
    chmodSync(file, mode)
    expect(readKekFile(file).kind).toBe('kek')
  })

  it.each([0o640, 0o604, 0o644, 0o620, 0o602, 0o610, 0o601, 0o666])(
    'of mode %o is refused, and the mode is told',
    (mode) => {
      makeKekFile(file)
      chmodSync(file, mode)
      const message = `mode 0${mode.toString(8)}; 0600 is needed`
      expect(readKekFile(file)).toMatchObject({
        ...{ kind: 'problem', message: expect.stringContaining(message) },
      })
    },
  )

  it('of another user is refused, whatever its mode', () => {
    makeKekFile(file)
    expect(asAnotherUser(() => readKekFile(file))).toEqual({
      ...{ kind: 'problem', message: `${file} belongs to another user`, exposed: true },
    })
    expect(readKekFile(file).kind).toBe('kek')
  })

  it.each([
    ['nothing', ''],
    ['63 characters', 'a'.repeat(63)],
    ['65 characters', 'a'.repeat(65)],
    ['other letters', 'g'.repeat(64)],
    ['two lines', `${'a'.repeat(32)}\n${'a'.repeat(32)}`],
  ])('with %s is refused, and what it holds is not told', (_what, text) => {
    writeFileSync(file, text, { mode: 0o600 })
    const result = readKekFile(file)
    expect(result.kind).toBe('problem')
    if (result.kind === 'problem' && text !== '') expect(result.message).not.toContain(text)
  })

  it('in upper case and with a line end is the same key', () => {
    writeFileSync(file, `${'AB'.repeat(32)}\r\n`, { mode: 0o600 })
    const read = readKekFile(file)
    expect(read.kind === 'kek' && isSameKek(read.kek, bytesKek(Buffer.alloc(32, 0xab)))).toBe(true)
  })

  it.each([
    ['a pipe into which nobody writes', () => void spawnSync('mkfifo', ['-m', '600', file])],
    ['a folder', () => mkdirSync(file, 0o700)],
  ])('that is %s is refused at once', (_what, make) => {
    make()
    expect(readKekFile(file)).toMatchObject({ kind: 'problem' })
  })

  it('that is not there is a problem, not an error', () => {
    expect(readKekFile(file)).toMatchObject({ kind: 'problem' })
  })
})
