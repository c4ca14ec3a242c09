// The ballast takes real space, gives it up, and is not begun where there is no room for it twice.
// What of it a full disk took is given up again.

import { lstatSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Ballast } from '../../voucher-store/ballast.ts'

const BYTES = 150_000
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'evs-ballast-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const file = () => statSync(join(directory, 'ballast'), { throwIfNoEntry: false })

it('is a file of its size that is not sparse', () => {
  expect(new Ballast(directory, BYTES).fill()).toBe(true)
  expect(file()?.size).toBe(BYTES)
  expect((file()?.blocks ?? 0) * 512).toBeGreaterThanOrEqual(BYTES)
})

it('goes when it is released, also twice', () => {
  const ballast = new Ballast(directory, BYTES)
  ballast.fill()
  ballast.release()
  ballast.release()
  expect(file()).toBeUndefined()
})

it('is made anew where a crash left half of it', () => {
  writeFileSync(join(directory, 'ballast'), 'half')
  expect(new Ballast(directory, BYTES).fill()).toBe(true)
  expect(file()?.size).toBe(BYTES)
})

it('is not begun where there is no room for it twice', () => {
  expect(new Ballast(directory, 2 ** 50).fill()).toBe(false)
  expect(file()).toBeUndefined()
})

it('is begun with room for it twice, and with not one byte less', () => {
  expect(new Ballast(directory, BYTES, () => 2 * BYTES - 1).fill()).toBe(false)
  expect(file()).toBeUndefined()
  expect(new Ballast(directory, BYTES, () => 2 * BYTES).fill()).toBe(true)
  expect(file()?.size).toBe(BYTES)
})

it('that a full disk does not take whole is none, and leaves nothing', () => {
  const place = join(directory, 'ballast')
  const freeUntilWritten = () => {
    symlinkSync('/dev/full', place)
    return 2 * BYTES
  }
  expect(new Ballast(directory, BYTES, freeUntilWritten).fill()).toBe(false)
  expect(lstatSync(place, { throwIfNoEntry: false })).toBeUndefined()
})
