// The list of all settings, made by walking the schema: for the manual, for `evs config print` and
// for the names of environment variables. EVS_CARD_HOSTS_0_ACQUIRER_ID is cardHosts.0.acquirerId.

import { schema } from './schema.ts'
import { type Leaf, type Shape, shapeOf } from './shape.ts'

export const ENV_PREFIX = 'EVS_'

export interface ConfigKey {
  /** `listeners.<n>.port`: `<n>` is a number from 0, `<code>` a key of the map. */
  readonly path: string
  readonly env: string
  readonly type: string
  /** The default as text; undefined when the setting is required. */
  readonly default: string | undefined
  readonly description: string
}

/** The schema's tree, walked once. */
export const ROOT: Shape = shapeOf(schema)

/** Every leaf setting in the order of the schema. */
export function configKeys(): ConfigKey[] {
  const keys: ConfigKey[] = []
  collect(ROOT, [], '', keys)
  return keys
}

/** The setting that an environment variable names: its path, or what stands in the way. */
export function pathOfVariable(variable: string): string[] | 'group' | undefined {
  return match(ROOT, variable.slice(ENV_PREFIX.length))
}

/** cardHosts becomes CARD_HOSTS. */
export function upperSnake(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()
}

function collect(shape: Shape, path: string[], description: string, keys: ConfigKey[]): void {
  if (shape.kind === 'leaf') keys.push(keyOf(shape, path, description))
  else if (shape.kind === 'items') collect(shape.item, [...path, '<n>'], '', keys)
  else if (shape.kind === 'entries') {
    collect(shape.value, [...path, '<code>'], shape.description, keys)
  } else for (const [key, field] of shape.fields) collect(field, [...path, key], '', keys)
}

function keyOf(leaf: Leaf, path: string[], description: string): ConfigKey {
  const type = leaf.type === 'choice' ? `one of ${leaf.choices.join(', ')}` : leaf.type
  const names = path.map((step) => (step.startsWith('<') ? step : upperSnake(step)))
  const inMap = path.at(-1) === '<code>'
  return {
    path: path.join('.'),
    env: ENV_PREFIX + names.join('_'),
    type: leaf.list ? `list of ${type}` : type,
    default: inMap ? '' : leaf.fallback,
    description: leaf.description === '' ? description : leaf.description,
  }
}

/** Reads a name from left to right; a key may be the beginning of another, so it tries them all. */
function match(shape: Shape, rest: string): string[] | 'group' | undefined {
  if (shape.kind === 'leaf') return rest === '' ? [] : undefined
  if (rest === '') return 'group'
  let found: string[] | 'group' | undefined
  for (const [step, part, inner] of steps(shape, rest)) {
    if (rest !== part && !rest.startsWith(`${part}_`)) continue
    const deeper = match(inner, rest.slice(part.length + 1))
    if (Array.isArray(deeper)) return [step, ...deeper]
    found ??= deeper
  }
  return found
}

function steps(shape: Exclude<Shape, Leaf>, rest: string): [string, string, Shape][] {
  if (shape.kind === 'group') {
    return [...shape.fields].map(([key, field]) => [key, upperSnake(key), field])
  }
  if (shape.kind === 'entries') return [[rest, rest, shape.value]]
  const index = /^(0|[1-9]\d{0,3})(?=_|$)/.exec(rest)?.[0]
  return index === undefined ? [] : [[index, index, shape.item]]
}
