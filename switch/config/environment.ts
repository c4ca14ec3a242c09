// Settings from the environment and from overrides (flags of a command). Each names one leaf; a
// name that is no setting is refused with the nearest one. It never reads `process.env` itself.

import { configKeys, pathOfVariable, type Settings, SWITCH_SETTINGS } from './keys.ts'
import type { Problem } from './problem.ts'
import { shapeAt } from './shape.ts'
import { nearest, suggestion } from './suggest.ts'

export interface Assignment {
  readonly path: readonly string[]
  readonly text: string
  readonly where: string
}

export function fromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  problems: Problem[],
  settings: Settings = SWITCH_SETTINGS,
): Assignment[] {
  const found: Assignment[] = []
  const names = Object.keys(env).filter((name) => name.startsWith(settings.prefix))
  for (const name of names.sort(byNumber)) {
    const text = env[name]
    if (settings.others(name)) continue
    const path = pathOfVariable(name, settings)
    if (Array.isArray(path)) {
      // An empty variable is one that a compose file or a unit left open: as if it were not there.
      if (text !== undefined && text !== '') found.push({ path, text, where: name })
    } else problems.push(notASetting(name, path, settings))
  }
  return found
}

export function fromOverrides(
  overrides: Readonly<Record<string, string | number | boolean>>,
  problems: Problem[],
  settings: Settings = SWITCH_SETTINGS,
): Assignment[] {
  const found: Assignment[] = []
  for (const [path, value] of Object.entries(overrides)) {
    const steps = path.split('.')
    const shape = shapeAt(settings.root, steps)
    if (shape?.kind === 'leaf') found.push({ path: steps, text: String(value), where: 'override' })
    else {
      const known = numbered(
        configKeys(settings).map((key) => key.path),
        path,
      )
      const hint = suggestion(path, known)
      problems.push({ path, message: 'is no setting', hint, where: 'override' })
    }
  }
  return found
}

function notASetting(name: string, path: 'group' | undefined, settings: Settings): Problem {
  const where = name
  if (path === 'group') {
    const example = configKeys(settings).find((key) =>
      numbered([key.env], name)[0]?.startsWith(`${name}_`),
    )
    const hint =
      example === undefined ? '' : `one of its settings is ${numbered([example.env], name)[0]}`
    return { path: '', message: 'names a group of settings, not one of them', hint, where }
  }
  const near = nearest(
    name,
    numbered(
      configKeys(settings).map((key) => key.env),
      name,
    ),
  )
  const hint =
    near === undefined ? `\`${settings.listedBy}\` lists all variables` : `did you mean ${near}?`
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
