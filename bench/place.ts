// Where the benchmark writes: which file system that is, and how long it takes to make a write
// durable. A file system in memory is refused, because a sale costs nothing there that it costs in
// earnest.

import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { quantile } from './load/percentiles.ts'

const IN_MEMORY = new Set(['tmpfs', 'ramfs', 'devtmpfs', 'hugetlbfs'])
const PAGE = Buffer.alloc(4_096, 1)

/** Throws when it is one in memory. */
export function fileSystemOf(
  folder: string,
  mounts = readFileSync('/proc/mounts', 'utf8'),
): string {
  const path = resolve(folder)
  let found = { at: '', type: 'unknown' }
  for (const line of mounts.split('\n')) {
    const [, at = '', type = ''] = line.split(' ')
    const holds = path === at || path.startsWith(at.endsWith('/') ? at : `${at}/`)
    // The later of two mounts at one place hides the earlier.
    if (at !== '' && holds && at.length >= found.at.length) found = { at, type }
  }
  if (IN_MEMORY.has(found.type)) {
    throw new Error(`${folder} is on ${found.type}: nothing is durable there; choose --dir`)
  }
  return found.type
}

export interface SyncTimes {
  readonly fsyncP50Ms: number
  readonly fsyncP99Ms: number
}

/** Appends a page and syncs it, so many times. */
export function probeSync(folder: string, times: number): SyncTimes {
  const file = join(folder, 'sync-probe')
  const handle = openSync(file, 'w', 0o600)
  const took: number[] = []
  for (let n = 0; n < times; n++) {
    const beganMs = performance.now()
    writeSync(handle, PAGE)
    fdatasyncSync(handle)
    took.push(performance.now() - beganMs)
  }
  closeSync(handle)
  rmSync(file)
  const sorted = Float64Array.from(took).sort()
  return { fsyncP50Ms: quantile(sorted, 0.5), fsyncP99Ms: quantile(sorted, 0.99) }
}
