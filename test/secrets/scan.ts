// Searches every file below a folder for secrets in all their forms, in pieces, however large the
// files are. A find is told by the name of the secret, its form and the file, never by itself.

import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Form } from './forms.ts'

export interface Canary {
  /** What it is, for the report: `voucher PIN 3`. */
  readonly name: string
  readonly forms: readonly Form[]
}

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
  const overlap = Math.max(0, ...canaries.flatMap(({ forms }) => forms.map((f) => f.bytes.length)))
  const hits: { file: string; canary: string; form: string }[] = []
  let files = 0
  let bytes = 0
  for (const path of filesBelow(folder)) {
    const file = relative(folder, path)
    if (skip(file)) continue
    files++
    const found = new Set<string>()
    for (const piece of piecesOf(path, overlap)) {
      bytes += Math.min(piece.length, PIECE)
      for (const { name, forms } of canaries) {
        for (const form of forms) {
          const key = `${name} ${form.name}`
          if (found.has(key) || !piece.includes(form.bytes)) continue
          found.add(key)
          hits.push({ file, canary: name, form: form.name })
        }
      }
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
