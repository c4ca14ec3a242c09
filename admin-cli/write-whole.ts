// Bytes into a file, all of them or an error: the system may take a part, and a full disk does
// before it says that it is full.

import { writeSync } from 'node:fs'

/** As `writeSync` of the system: how many bytes it took. `at` null: where the file stands. */
export type WriteSome = (
  ...given: [file: number, bytes: Uint8Array, from: number, most: number, at: number | null]
) => number

/** `start`: where in the file it begins; null: where the file stands. */
export function writeWhole(
  file: number,
  bytes: Uint8Array,
  start: number | null,
  writeSome: WriteSome = writeSync,
): void {
  for (let from = 0; from < bytes.length; ) {
    const at = start === null ? null : start + from
    const taken = writeSome(file, bytes, from, bytes.length - from, at)
    if (taken <= 0) throw new Error('it took nothing')
    from += taken
  }
}
