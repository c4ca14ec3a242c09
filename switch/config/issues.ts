// What zod says about a configuration, in the words of this project: the setting, what stands
// there, what is expected. Zod's own English is not shown.

import type { z } from 'zod'
import { SWITCH_SETTINGS } from './keys.ts'
import type { Problem } from './problem.ts'
import { type Leaf, type Shape, shapeAt } from './shape.ts'
import { suggestion } from './suggest.ts'
import { valueAt } from './tree.ts'

export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  root: Shape = SWITCH_SETTINGS.root,
): Problem[] {
  return issues.flatMap((issue) => problemOf(issue, input, root))
}

function problemOf(issue: z.core.$ZodIssue, input: unknown, root: Shape): Problem[] {
  const path = issue.path.map(String).join('.')
  const value = valueAt(input, issue.path)
  const shape = shapeAt(root, issue.path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(issue.path, key, shape))
    case 'invalid_type':
      return [{ path, ...wrongType(value, shape) }]
    case 'invalid_value':
      return [{ path, ...notAChoice(value, issue.values.map(String)) }]
    case 'too_small':
    case 'too_big':
      return [{ path, ...outside(issue, value) }]
    case 'invalid_key':
      return [
        { path, message: `the code ${show(issue.path.at(-1))} ${firstOf(issue.issues)}`, hint: '' },
      ]
    default:
      return [{ path, message: `${show(value)} ${issue.message}`, hint: '' }]
  }
}

function unknownKey(
  parent: readonly PropertyKey[],
  key: string,
  shape: Shape | undefined,
): Problem {
  const known = shape?.kind === 'group' ? [...shape.fields.keys()] : []
  const path = [...parent.map(String), key].join('.')
  return { path, message: 'is no setting', hint: suggestion(key, known) }
}

function wrongType(value: unknown, shape: Shape | undefined): { message: string; hint: string } {
  if (value === undefined) return { message: 'is missing', hint: shape?.description ?? '' }
  if (value === '') return { message: 'is empty', hint: shape?.description ?? '' }
  return { message: `${show(value)} is not ${expected(shape)}`, hint: '' }
}

function expected(shape: Shape | undefined): string {
  if (shape === undefined) return 'expected here'
  if (shape.kind === 'items') return 'a list of groups, each with a hyphen in front'
  if (shape.kind !== 'leaf') return 'a group of settings'
  return shape.list ? `a list of ${shape.type}` : NOUNS[shape.type]
}

const NOUNS = {
  text: 'a text',
  'whole number': 'a whole number',
  'true or false': 'true or false',
  choice: 'one of the choices',
} as const satisfies Record<Leaf['type'], string>

function notAChoice(value: unknown, choices: string[]): { message: string; hint: string } {
  if (value === undefined) return { message: 'is missing', hint: `one of ${choices.join(', ')}` }
  if (value === '') return { message: 'is empty', hint: `one of ${choices.join(', ')}` }
  const message = `${show(value)} is not one of ${choices.join(', ')}`
  const hint = typeof value === 'string' ? suggestion(value, choices) : ''
  return { message, hint: hint.startsWith('did') ? hint : '' }
}

function outside(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  value: unknown,
): { message: string; hint: string } {
  const bound =
    issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`
  if (issue.origin === 'array')
    return { message: `has ${lengthOf(value)} entries, ${bound} needed`, hint: '' }
  if (issue.origin === 'string')
    return { message: `has ${lengthOf(value)} characters, ${bound} allowed`, hint: '' }
  return { message: `${show(value)} is out of range: ${bound}`, hint: '' }
}

function firstOf(issues: readonly z.core.$ZodIssue[]): string {
  return issues[0]?.message ?? 'is not allowed'
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' || Array.isArray(value) ? value.length : 0
}

/** A value as it may stand in a message: short, on one line. */
function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a group'
  const text = JSON.stringify(String(value))
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text.replaceAll('"', "'")
}
