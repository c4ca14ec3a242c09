// Whether the disk has room for copies of the store, before one is begun: what a backup or a check
// took of the last of it would be missing to sales, and to the ballast that stands for reversals.

import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { EvsError } from '../../admin-api/errors.ts'
import { freeBytes, storeBytes } from '../../voucher-store/room.ts'
import type { OperationTools } from './operation-ports.ts'

/** The ballast is not filled again with less than that: then new sales are refused. */
const BALLASTS = 2

/** In each of the folders one copy, all at once. Some may be on one disk. */
export function mustHaveRoom(
  { store, config, freeOf = freeBytes }: Pick<OperationTools, 'store' | 'config' | 'freeOf'>,
  folders: readonly string[],
): void {
  const size = storeBytes(store.database)
  const spared = BALLASTS * config.limits.ballastBytes
  const needed = new Map([[diskOf(dirname(store.file)), spared]])
  for (const folder of folders) needed.set(diskOf(folder), (needed.get(diskOf(folder)) ?? 0) + size)
  for (const folder of folders) {
    const [free, least] = [freeOf(folder), needed.get(diskOf(folder)) ?? 0]
    if (free >= least) continue
    throw new EvsError('NOT_READY', {
      message: `${folder} has ${mebibytes(free)} free, and ${mebibytes(least)} are needed`,
      hint: 'make room, or take another disk; what is left is for sales and reversals',
    })
  }
}

function diskOf(folder: string): number {
  return statSync(folder).dev
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / (1 << 20))} MiB`
}
