// The memory of a running process as /proc shows it: every mapping that it may write, objects that
// live and memory that was given back alike. Read as root or as the process's parent; undefined
// where the system does not let it. Tells secrets by name and number, never where they lie.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import type { Matcher } from './matcher.ts'

const PIECE = 1 << 22

export interface ProcessImage {
  readonly megabytes: number
  /** How often each secret was found, in any form. */
  readonly found: ReadonlyMap<string, number>
}

export function searchProcess(pid: number, matcher: Matcher): ProcessImage | undefined {
  const found = new Map<string, number>()
  let bytes = 0
  let memory: number
  try {
    memory = openSync(`/proc/${pid}/mem`, 'r')
  } catch {
    return undefined
  }
  try {
    const piece = Buffer.alloc(PIECE + matcher.longest)
    for (const [from, to] of writableMaps(pid)) {
      for (let at = from; at < to; at += PIECE) {
        const read = readAt(memory, piece, at, Math.min(piece.length, to - at))
        bytes += Math.min(read, PIECE)
        matcher.find(piece.subarray(0, read), ({ canary, at: place }) => {
          // What lies in the overlap alone is the next piece's.
          if (place < PIECE) found.set(canary, (found.get(canary) ?? 0) + 1)
        })
      }
    }
  } finally {
    closeSync(memory)
  }
  return { megabytes: Math.round(bytes / 1e6), found }
}

function writableMaps(pid: number): (readonly [number, number])[] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
      return from === undefined || to === undefined
        ? []
        : [[Number.parseInt(from, 16), Number.parseInt(to, 16)] as const]
    })
}

/** A page that is gone by now, or is none, reads as nothing. */
function readAt(memory: number, into: Buffer, at: number, length: number): number {
  try {
    return readSync(memory, into, 0, length, at)
  } catch {
    return 0
  }
}
