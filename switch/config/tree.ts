// Settings before the schema has seen them: a tree of text, built from the file, the environment
// and the overrides, in that order. All scalars are text here, so that
// `port: 12abc`, `merchants: [007]` and EVS_..._PORT=12abc are read by one and the same rule.

import type { Problem } from './problem.ts'
import { type Leaf, type Shape, shapeAt } from './shape.ts'

export type Tree = string | Tree[] | { [key: string]: Tree }

/** Puts a text at the path of a leaf, making the groups and list entries on the way. */
export function assign(
  root: Tree,
  shape: Shape,
  path: readonly string[],
  text: string,
): Problem | undefined {
  let node: Tree = root
  for (const [index, step] of path.entries()) {
    if (typeof node === 'string') return collision(path, index)
    if (Array.isArray(node) && Number(step) > node.length) return gap(path, index, node.length)
    const inner = shapeAt(shape, path.slice(0, index + 1))
    if (inner === undefined || inner.kind === 'leaf') put(node, step, text)
    else {
      const there = get(node, step)
      const next: Tree = there === undefined || there === '' ? empty(inner) : there
      put(node, step, next)
      node = next
    }
  }
  return undefined
}

/** The tree with every text turned into what the schema expects there; what cannot stays text. */
export function typed(tree: Tree, shape: Shape | undefined): unknown {
  if (shape === undefined) return tree
  if (shape.kind === 'leaf') return leafValue(tree, shape)
  // A section whose lines are all commented out: the same as no section.
  if (tree === '') return undefined
  if (shape.kind === 'items') {
    return Array.isArray(tree) ? tree.map((entry) => typed(entry, shape.item)) : tree
  }
  if (typeof tree === 'string' || Array.isArray(tree)) return tree
  const entries = Object.entries(tree).map(([key, value]) => {
    const inner = shape.kind === 'group' ? shape.fields.get(key) : shape.value
    return [key, typed(value, inner)] as const
  })
  return Object.fromEntries(entries)
}

/** The value that stands at a path, as far as the path leads. */
export function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let node = tree
  for (const step of path) {
    if (typeof node !== 'object' || node === null) return undefined
    node = (node as Record<PropertyKey, unknown>)[step]
  }
  return node
}

function leafValue(tree: Tree, leaf: Leaf): unknown {
  if (!leaf.list) return typeof tree === 'string' ? scalar(tree, leaf) : tree
  if (typeof tree === 'string') {
    const parts = tree.trim() === '' ? [] : tree.split(',')
    return parts.map((part) => scalar(part.trim(), leaf))
  }
  return Array.isArray(tree)
    ? tree.map((part) => (typeof part === 'string' ? scalar(part, leaf) : part))
    : tree
}

function scalar(text: string, leaf: Leaf): unknown {
  if (leaf.type === 'whole number') return /^-?\d{1,15}$/.test(text) ? Number(text) : text
  if (leaf.type !== 'true or false') return text
  if (text === 'true') return true
  return text === 'false' ? false : text
}

function empty(shape: Shape): Tree {
  return shape.kind === 'items' ? [] : {}
}

function get(node: Exclude<Tree, string>, step: string): Tree | undefined {
  if (Array.isArray(node)) return node[Number(step)]
  return Object.hasOwn(node, step) ? node[step] : undefined
}

function put(node: Exclude<Tree, string>, step: string, value: Tree): void {
  if (Array.isArray(node)) node[Number(step)] = value
  else node[step] = value
}

function collision(path: readonly string[], index: number): Problem {
  const parent = path.slice(0, index).join('.')
  return { path: path.join('.'), message: `${parent} is a text in the file`, hint: '' }
}

function gap(path: readonly string[], index: number, length: number): Problem {
  const list = path.slice(0, index).join('.')
  return {
    path: path.join('.'),
    message: `there is no entry ${length} of ${list} yet`,
    hint: 'entries are numbered from 0 without gaps',
  }
}
