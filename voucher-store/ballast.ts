// Space kept back for bad times: a file of zeros beside the database, given up when the disk is
// full so that reversals and outcomes still find room, and filled again when space is back. What
// is refused meanwhile is decided elsewhere. [nothing-lost, row 32]

import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { freeBytes } from './room.ts'

const FILE = 'ballast'
const STEP = 1 << 16

export class Ballast {
  readonly #file: string
  readonly #directory: string
  readonly #bytes: number
  readonly #freeOf: (directory: string) => number

  constructor(directory: string, bytes: number, free = freeBytes) {
    this.#freeOf = free
    this.#directory = directory
    this.#file = join(directory, FILE)
    this.#bytes = bytes
  }

  release(): void {
    rmSync(this.#file, { force: true })
  }

  /**
   * True once it is there in full. It is not begun before there is room for it twice: what it takes
   * must not be the last that a reversal could have had.
   */
  fill(): boolean {
    if (this.#size() === this.#bytes) return true
    this.release()
    if (this.#freeOf(this.#directory) < 2 * this.#bytes) return false
    try {
      this.#write()
      return true
    } catch {
      this.release()
      return false
    }
  }

  #size(): number {
    return statSync(this.#file, { throwIfNoEntry: false })?.size ?? -1
  }

  #write(): void {
    const file = openSync(this.#file, 'w', 0o600)
    try {
      const zeros = Buffer.alloc(STEP)
      for (let left = this.#bytes; left > 0; left -= STEP) {
        const length = Math.min(left, STEP)
        if (writeSync(file, zeros, 0, length) < length) throw new Error('no room')
      }
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  }
}
