// Reads the YAML of a configuration into a tree of text, and remembers on which line each setting
// stands. It refuses what is not YAML; what the settings mean is not its business.

import { type Document, isCollection, isMap, isNode, LineCounter, parseDocument } from 'yaml'
import type { Problem } from './problem.ts'
import type { Tree } from './tree.ts'

export type FileContent =
  | {
      readonly kind: 'tree'
      readonly tree: { [key: string]: Tree }
      /** The line of a setting, or of the nearest group around it. */
      readonly lineOf: (path: readonly PropertyKey[]) => number
    }
  | { readonly kind: 'problems'; readonly problems: Problem[] }

export function readYaml(text: string, name: string): FileContent {
  const lines = new LineCounter()
  // `failsafe` leaves every scalar text: 000123 keeps its zeros and `no` is not a boolean.
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'failsafe',
    prettyErrors: false,
    // Its own words on standard error would show what stands in the file.
    logLevel: 'error',
  })
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) {
    const problems = faults.map(({ message, pos }) => {
      return notYaml(message, `${name}:${lines.linePos(pos[0]).line}`)
    })
    return { kind: 'problems', problems }
  }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    // Aliases are resolved only now, and the parser throws where it cannot.
    if (!(error instanceof ReferenceError)) throw error
    return { kind: 'problems', problems: [notYaml(error.message, `${name}:1`)] }
  }
  const { contents } = document
  if (contents !== null && !isMap(contents) && value !== '') {
    const hint = 'the file starts with a line such as `listeners:`'
    const where = `${name}:1`
    return {
      kind: 'problems',
      problems: [{ path: '', message: 'not a list of settings', hint, where }],
    }
  }
  const tree = isMap(contents) ? (value as { [key: string]: Tree }) : {}
  return { kind: 'tree', tree, lineOf: (path) => lineOf(document, lines, path) }
}

function notYaml(message: string, where: string): Problem {
  const hint = 'see the lines around it: indentation with spaces, one space after a colon'
  return { path: '', message: `not YAML: ${message}`, hint, where }
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  let line = 1
  let node: unknown = document.contents
  for (const step of path) {
    if (!isCollection(node)) break
    const pair = isMap(node) ? node.items.find((item) => String(item.key) === step) : undefined
    const key: unknown = pair?.key
    node = pair === undefined ? node.get(Number(step), true) : pair.value
    const anchor = isNode(key) ? key : node
    if (!isNode(anchor) || !anchor.range) break
    line = lines.linePos(anchor.range[0]).line
  }
  return line
}
