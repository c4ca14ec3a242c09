// The repository's own files, read once for the tidiness rules: text, lines and syntax tree.
// What is tidy is decided in ../tidy.test.ts.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

export const ROOT = join(import.meta.dirname, '../..')
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.evs'])

export interface Source {
  /** Path from the root of the repository, with slashes. */
  readonly path: string
  readonly lines: readonly string[]
  readonly tree: ts.SourceFile
  /** Shipped code, not tests, scripts, the benchmark or settings of tools. */
  readonly product: boolean
}

/** Every file of the repository with one of the endings, as paths from its root. */
export function filesEndingIn(pattern: RegExp, folder = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesEndingIn(pattern, path)
    return pattern.test(entry.name) ? [relative(ROOT, path)] : []
  })
}

export function readSources(): Source[] {
  return filesEndingIn(/\.(ts|mjs|cjs)$/).map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    return {
      path,
      lines: text.split('\n'),
      tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true),
      product: path.includes('/') ? !/^(test|scripts|bench)\//.test(path) : path === 'evs.ts',
    }
  })
}

/** Calls `visit` with every node of the file. */
export function walk(source: Source, visit: (node: ts.Node) => void): void {
  const into = (node: ts.Node): void => {
    visit(node)
    ts.forEachChild(node, into)
  }
  into(source.tree)
}

/** `path:line` of a node. */
export function placeOf(source: Source, node: ts.Node): string {
  const { line } = source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree))
  return `${source.path}:${line + 1}`
}
