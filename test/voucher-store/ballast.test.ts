// The ballast takes real space, gives it up, and is not begun where there is no room for it twice.

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
