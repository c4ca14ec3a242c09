// Settings from their sources: override (a flag) before environment before file before default.
// What is wrong is told as a list, each with the line or the variable that said so. Which settings
// there are, and what must hold between them, is given. Nothing is read at import.

import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { z } from 'zod'
import { type Assignment, fromEnvironment, fromOverrides } from './environment.ts'
import { type FileContent, readYaml } from './file.ts'
import { problemsOf } from './issues.ts'
import type { Settings } from './keys.ts'
import type { Problem } from './problem.ts'
import type { Shape } from './shape.ts'
import { assign, type Tree, typed } from './tree.ts'

export interface Sources {
  /** The YAML file; without one there are only environment and defaults. */
  readonly file?: string | undefined
  /** What is going to stand in that file: it is not read. */
  readonly text?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** Setting by path, as `{ 'listeners.0.port': 5000 }`. */
  readonly overrides?: Readonly<Record<string, string | number | boolean>> | undefined
}

export type Loaded<Config> =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'problems'; readonly problems: Problem[] }

/** What makes a configuration of one program. */
export interface ConfigKind<Schema extends z.ZodType, Config> {
  readonly settings: Settings
  readonly schema: Schema
  /** Fills in what depends on other settings, and makes paths absolute. */
  readonly resolved: (parsed: z.output<Schema>, folder: string) => Config
  readonly brokenRules: (config: Config) => Problem[]
}

export function readSettings<Schema extends z.ZodType, Config>(
  sources: Sources,
  { settings, schema, resolved, brokenRules }: ConfigKind<Schema, Config>,
): Loaded<Config> {
  const content = readSource(sources, settings.madeBy)
  if (content.kind === 'problems') return content
  const name = sources.file === undefined ? undefined : basename(sources.file)
  const problems: Problem[] = []
  const assignments = [
    ...fromEnvironment(sources.env, problems, settings),
    ...fromOverrides(sources.overrides ?? {}, problems, settings),
  ]
  const said = apply(content.tree, assignments, { root: settings.root, problems })
  const located = (found: Problem): Problem => locate(found, said, content, name)
  const input = typed(content.tree, settings.root)
  const parsed = schema.safeParse(input)
  if (!parsed.success) {
    problems.push(...problemsOf(parsed.error.issues, input, settings.root).map(located))
    return { kind: 'problems', problems }
  }
  const folder = sources.file === undefined ? resolve() : dirname(resolve(sources.file))
  const config = resolved(parsed.data, folder)
  problems.push(...brokenRules(config).map(located))
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'config', config }
}

function readSource({ file, text: given }: Sources, hint: string): FileContent {
  if (file === undefined) return { kind: 'tree', tree: {}, lineOf: () => 0 }
  let text: string
  try {
    text = given ?? readFileSync(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given'
    const problem = { path: '', message: `cannot be read (${why})`, hint, where: file }
    return { kind: 'problems', problems: [problem] }
  }
  return readYaml(text, basename(file))
}

/** Puts the assignments into the tree; gives who said what, the last one winning. */
function apply(
  tree: Tree,
  assignments: readonly Assignment[],
  { root, problems }: { root: Shape; problems: Problem[] },
): ReadonlyMap<string, string> {
  const said = new Map<string, string>()
  for (const { path, text, where } of assignments) {
    const problem = assign(tree, root, path, text)
    if (problem === undefined) said.set(path.join('.'), where)
    else problems.push({ ...problem, where })
  }
  return said
}

function locate(
  problem: Problem,
  said: ReadonlyMap<string, string>,
  content: FileContent,
  name: string | undefined,
): Problem {
  const path = problem.path.split(' + ')[0]?.split('.') ?? []
  for (let length = path.length; length > 0; length--) {
    const where = said.get(path.slice(0, length).join('.'))
    if (where !== undefined) return { ...problem, where }
  }
  if (name === undefined || content.kind !== 'tree') return problem
  return { ...problem, where: `${name}:${content.lineOf(path)}` }
}

/** The paths of a group of TLS settings. */
export function absolute<Tls extends object | undefined>(tls: Tls, folder: string): Tls {
  if (tls === undefined) return tls
  const entries = Object.entries(tls).map(([key, value]) => {
    return [key, TLS_FILES.has(key) ? resolve(folder, String(value)) : value]
  })
  return Object.fromEntries(entries) as Tls
}

const TLS_FILES: ReadonlySet<string> = new Set(['certificate', 'key', 'ca', 'clientCa', 'crl'])
