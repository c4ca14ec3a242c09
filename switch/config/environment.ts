// Settings from the environment and from overrides (flags of a command). Each names one leaf; a
// name that is no setting is refused with the nearest one. It never reads `process.env` itself.

import { configKeys, ENV_PREFIX, pathOfVariable, ROOT } from './keys.ts'
import type { Problem } from './problem.ts'
import { shapeAt } from './shape.ts'
import { nearest, suggestion } from './suggest.ts'

export interface Assignment {
  readonly path: readonly string[]
  readonly text: string
  readonly where: string
}

/** EVS_ variables that are no settings: the command reads them itself. */
const OTHER_VARIABLES: readonly string[] = ['EVS_CONFIG', 'EVS_SESSION', 'EVS_SESSION_FILE']

/** Kubernetes and container links make these for a service that is called `evs`. */
const MADE_BY_PLATFORM = /^EVS_(SERVICE_(HOST|PORT)|PORT$|PORT_\d|NAME$|ENV_)/

export function fromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
): Assignment[] {
  const found: Assignment[] = []
  const names = Object.keys(env).filter((name) => name.startsWith(ENV_PREFIX))
  for (const name of names.sort(byNumber)) {
    const text = env[name]
    if (OTHER_VARIABLES.includes(name) || MADE_BY_PLATFORM.test(name)) continue
    const path = pathOfVariable(name)
    if (Array.isArray(path)) {
      // An empty variable is one that a compose file or a unit left open: as if it were not there.
      if (text !== undefined && text !== '') found.push({ path, text, where: name })
    } else problems.push(notASetting(name, path))
  }
  return found
}

export function fromOverrides(
  overrides: Readonly<Record<string, string | number | boolean>>,
  problems: Problem[],
): Assignment[] {
  const found: Assignment[] = []
  for (const [path, value] of Object.entries(overrides)) {
    const steps = path.split('.')
    const shape = shapeAt(ROOT, steps)
    if (shape?.kind === 'leaf') found.push({ path: steps, text: String(value), where: 'override' })
    else {
      const known = numbered(
        configKeys().map((key) => key.path),
        path,
      )
      const hint = suggestion(path, known)
      problems.push({ path, message: 'is no setting', hint, where: 'override' })
    }
  }
  return found
}

function notASetting(name: string, path: 'group' | undefined): Problem {
  const where = name
  if (path === 'group') {
    const example = configKeys().find((key) => numbered([key.env], name)[0]?.startsWith(`${name}_`))
    const hint =
      example === undefined ? '' : `one of its settings is ${numbered([example.env], name)[0]}`
    return { path: '', message: 'names a group of settings, not one of them', hint, where }
  }
  const near = nearest(
    name,
    numbered(
      configKeys().map((key) => key.env),
      name,
    ),
  )
  const hint =
    near === undefined ? '`evs config keys` lists all variables' : `did you mean ${near}?`
  return { path: '', message: 'is no setting', hint, where }
}

/** The known names with the numbers of a given one in place of `<n>`, so that they compare. */
function numbered(known: readonly string[], given: string): string[] {
  const numbers = given.match(/(?<=[_.])\d+(?=[_.]|$)/g) ?? []
  return known.map((name) => {
    let at = 0
    return name.replace(/<\w+>/g, () => numbers[at++] ?? '0')
  })
}

/** LISTENERS_2 before LISTENERS_10, so that list entries are made in order. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
