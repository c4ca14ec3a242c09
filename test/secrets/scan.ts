// Searches every file below a folder for secrets in all their forms, in pieces, however large the
// files are. A find is told by the name of the secret, its form and the file, never by itself.

import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Canary } from './forms.ts'
import { Matcher } from './matcher.ts'

export interface ScanResult {
  readonly files: number
  readonly bytes: number
  readonly hits: readonly {
    readonly file: string
    readonly canary: string
    readonly form: string
  }[]
}

const PIECE = 1 << 20

export function scanFolder(
  folder: string,
  canaries: readonly Canary[],
  skip: (path: string) => boolean = () => false,
): ScanResult {
  const matcher = new Matcher(canaries)
  const hits: { file: string; canary: string; form: string }[] = []
  let files = 0
  let bytes = 0
  for (const path of filesBelow(folder)) {
    const file = relative(folder, path)
    if (skip(file)) continue
    files++
    const found = new Set<string>()
    for (const piece of piecesOf(path, matcher.longest)) {
      bytes += Math.min(piece.length, PIECE)
      matcher.find(piece, ({ canary, form }) => {
        const key = `${canary}|${form}`
        if (found.has(key)) return
        found.add(key)
        hits.push({ file, canary, form })
      })
    }
  }
  return { files, bytes, hits }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Each begins with the end of the one before, so that nothing is cut in two. */
function* piecesOf(path: string, overlap: number): Generator<Buffer> {
  const handle = openSync(path, 'r')
  try {
    for (let at = 0; ; at += PIECE) {
      const piece = Buffer.alloc(PIECE + overlap)
      const read = readSync(handle, piece, 0, piece.length, at)
      if (read > 0) yield piece.subarray(0, read)
      if (read < PIECE) return
    }
  } finally {
    closeSync(handle)
  }
}
