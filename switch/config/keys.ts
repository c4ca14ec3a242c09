// The list of all settings, made by walking the schema: for the manual, for `evs config print` and
// for the names of environment variables. EVS_CARD_HOSTS_0_ACQUIRER_ID is cardHosts.0.acquirerId.

import { schema } from './schema.ts'
import { type Leaf, type Shape, shapeOf } from './shape.ts'

export interface ConfigKey {
  /** `listeners.<n>.port`: `<n>` is a number from 0, `<code>` a key of the map. */
  readonly path: string
  readonly env: string
  readonly type: string
  /** The default as text; undefined when the setting is required. */
  readonly default: string | undefined
  readonly description: string
}

/** The settings of one program: what there is, and how its variables begin. */
export interface Settings {
  readonly root: Shape
  readonly prefix: string
  /** Variables that begin so and are no settings. */
  readonly others: (variable: string) => boolean
  /** The command that lists them. */
  readonly listedBy: string
  /** What to do when there is no file. */
  readonly madeBy: string
}

/** EVS_ variables that are no settings: the command reads them itself. */
const OTHER_VARIABLES: readonly string[] = ['EVS_CONFIG', 'EVS_SESSION', 'EVS_SESSION_FILE']

/** Kubernetes and container links make these for a service that is called `evs`. */
const MADE_BY_PLATFORM = /^EVS_(SERVICE_(HOST|PORT)|PORT$|PORT_\d|NAME$|ENV_)/

/** Of `evs gateway`, which may be started from the same environment. */
export const GATEWAY_PREFIX = 'EVS_GATEWAY_'

/** The schema's tree, walked once. */
export const SWITCH_SETTINGS: Settings = {
  root: shapeOf(schema),
  prefix: 'EVS_',
  others: (variable) =>
    OTHER_VARIABLES.includes(variable) ||
    MADE_BY_PLATFORM.test(variable) ||
    variable.startsWith(GATEWAY_PREFIX),
  listedBy: 'evs config keys',
  madeBy: '`evs init` writes a configuration; EVS_CONFIG or --config names another file',
}

/** Every leaf setting in the order of the schema. */
export function configKeys({ root, prefix } = SWITCH_SETTINGS): ConfigKey[] {
  const keys: ConfigKey[] = []
  collect(root, [], '', keys)
  return keys.map((key) => ({ ...key, env: prefix + key.env }))
}

/** The setting that an environment variable names: its path, or what stands in the way. */
export function pathOfVariable(
  variable: string,
  { root, prefix } = SWITCH_SETTINGS,
): string[] | 'group' | undefined {
  return match(root, variable.slice(prefix.length))
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
    env: names.join('_'),
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
