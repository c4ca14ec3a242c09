// Whether the disk has room for copies of the store, before one is begun: what a backup or a check
// took of the last of it would be missing to sales, and to the ballast that stands for reversals.
// Both may go on at once: what one was promised and has not written yet is not free for the other.

import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { freeBytes, storeBytes } from '../../voucher-store/room.ts'
import type { OperationTools } from './operation-ports.ts'

/** The ballast is not filled again with less than that: then new sales are refused. */
const BALLASTS = 2

/** A file that is being written, and how large it may become. Its disk may be gone meanwhile. */
interface Copy {
  readonly file: string
  readonly disk: number
  readonly bytes: number
}

export class RoomForCopies {
  readonly #tools: Pick<OperationTools, 'store' | 'config' | 'freeOf'>
  readonly #promised = new Set<Copy>()

  constructor(tools: Pick<OperationTools, 'store' | 'config' | 'freeOf'>) {
    this.#tools = tools
  }

  /** What is missing to these copies, all at once, in words. Some may be on one disk. */
  lack(files: readonly string[]): string | undefined {
    const { store, config, freeOf = freeBytes } = this.#tools
    const needed = new Map<number, number>()
    const need = (disk: number, bytes: number) => {
      needed.set(disk, (needed.get(disk) ?? 0) + bytes)
    }
    for (const file of files) need(diskOf(file), storeBytes(store.database))
    need(diskOf(store.file), BALLASTS * config.limits.ballastBytes)
    for (const { file, disk, bytes } of this.#promised) {
      // One that hangs is not asked for what nobody wants to know.
      if (needed.has(disk)) need(disk, Math.max(0, bytes - writtenOf(file)))
    }
    for (const file of files) {
      const [free, least] = [freeOf(dirname(file)), needed.get(diskOf(file)) ?? 0]
      if (free >= least) continue
      return `${dirname(file)} has ${mebibytes(free)} free, and ${mebibytes(least)} are needed`
    }
    return undefined
  }

  /** While they are made, what they have not written yet is theirs. */
  async keep<Result>(files: readonly string[], make: () => Promise<Result>): Promise<Result> {
    const bytes = storeBytes(this.#tools.store.database)
    const copies = files.map((file) => ({ file, disk: diskOf(file), bytes }))
    for (const copy of copies) this.#promised.add(copy)
    try {
      return await make()
    } finally {
      for (const copy of copies) this.#promised.delete(copy)
    }
  }
}

function diskOf(file: string): number {
  return statSync(dirname(file)).dev
}

function writtenOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / (1 << 20))} MiB`
}
