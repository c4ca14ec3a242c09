// Where nothing is durable, nothing is measured.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fileSystemOf, probeSync } from '../../bench/place.ts'

const MOUNTS = `/dev/vda / ext4 rw 0 0
tmpfs /dev/shm tmpfs rw 0 0
/dev/vdb /srv xfs rw 0 0
tmpfs /srv/fast tmpfs rw 0 0
`

it('knows the file system of a folder by the mount that is nearest to it', () => {
  expect(fileSystemOf('/var/tmp', MOUNTS)).toBe('ext4')
  expect(fileSystemOf('/srv/data', MOUNTS)).toBe('xfs')
  expect(fileSystemOf('/srv/faster', MOUNTS)).toBe('xfs')
})

it.each(['/dev/shm', '/srv/fast/data'])('refuses %s, which is in memory', (folder) => {
  expect(() => fileSystemOf(folder, MOUNTS)).toThrow('nothing is durable')
})

it('times a sync and leaves nothing behind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evs-place-'))
  const { fsyncP50Ms, fsyncP99Ms } = probeSync(folder, 5)
  expect(fsyncP50Ms).toBeGreaterThan(0)
  expect(fsyncP99Ms).toBeGreaterThanOrEqual(fsyncP50Ms)
  expect(readdirSync(folder)).toEqual([])
  rmSync(folder, { recursive: true })
})
