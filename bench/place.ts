// Where the benchmark writes: which file system that is, and how long it takes to make a write
// durable. A file system in memory is refused, because a sale costs nothing there that it costs in
// earnest.

import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quantile } from './load/percentiles.ts'

const IN_MEMORY = new Set(['tmpfs', 'ramfs', 'devtmpfs', 'hugetlbfs'])
const PAGE = Buffer.alloc(4_096, 1)

/** Where nobody says where: the first of these that is on a disk. */
const USUAL = [tmpdir(), '/var/tmp', process.cwd()]

export interface DiskPlace {
  readonly folder: string
  readonly fileSystem: string
}

/** `folder`, or a usual one. Throws when it is in memory, and when all of those are. */
export function diskPlace(
  folder: string | undefined,
  mounts = readFileSync('/proc/mounts', 'utf8'),
  usual: readonly string[] = USUAL,
): DiskPlace {
  const places = folder === undefined ? usual.filter((one) => existsSync(one)) : [folder]
  for (const place of places) {
    const fileSystem = fileSystemOf(realpathSync(place), mounts)
    if (!IN_MEMORY.has(fileSystem)) return { folder: place, fileSystem }
  }
  throw new Error(`in memory nothing is durable, as in ${places.join(', ')}: choose --dir`)
}

function fileSystemOf(path: string, mounts: string): string {
  let found = { at: '', type: 'unknown' }
  for (const line of mounts.split('\n')) {
    const [, at = '', type = ''] = line.split(' ')
    const holds = path === at || path.startsWith(at.endsWith('/') ? at : `${at}/`)
    // The later of two mounts at one place hides the earlier.
    if (at !== '' && holds && at.length >= found.at.length) found = { at, type }
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
