// Where nothing is durable, nothing is measured.

import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { diskPlace, probeSync } from '../../bench/place.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'evs-place-')))
const inner = (name: string) => join(root, name)
for (const name of ['data', 'fast', 'faster']) mkdirSync(inner(name))
afterAll(() => rmSync(root, { recursive: true }))

const MOUNTS = `/dev/vda / ext4 rw 0 0
/dev/vdb ${root} xfs rw 0 0
tmpfs ${inner('fast')} tmpfs rw 0 0
`

const typeOf = (folder: string) => diskPlace(folder, MOUNTS).fileSystem

it('knows the file system of a folder by the mount that is nearest to it', () => {
  expect(typeOf('/var/tmp')).toBe('ext4')
  expect(typeOf(inner('data'))).toBe('xfs')
  expect(typeOf(inner('faster'))).toBe('xfs')
})

it('refuses what is in memory, through a link too', () => {
  expect(() => typeOf(inner('fast'))).toThrow('choose --dir')
  symlinkSync(inner('fast'), inner('link'))
  expect(() => typeOf(inner('link'))).toThrow('choose --dir')
})

it('takes the first usual place that is on a disk, and passes over what is not there', () => {
  const usual = [inner('none'), inner('fast'), inner('data')]
  expect(diskPlace(undefined, MOUNTS, usual).folder).toBe(inner('data'))
  expect(() => diskPlace(undefined, MOUNTS, usual.slice(0, 2))).toThrow(inner('fast'))
})

it('times a sync and leaves nothing behind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evs-place-'))
  const { fsyncP50Ms, fsyncP99Ms } = probeSync(folder, 5)
  expect(fsyncP50Ms).toBeGreaterThan(0)
  expect(fsyncP99Ms).toBeGreaterThanOrEqual(fsyncP50Ms)
  expect(readdirSync(folder)).toEqual([])
  rmSync(folder, { recursive: true })
})
