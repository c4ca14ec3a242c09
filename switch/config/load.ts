// One configuration from its sources: override (a flag) before environment before file before
// default. It gives the whole configuration with absolute paths, or the list of everything that is
// wrong with it, each with the line or the variable that said so. Nothing is read at import.

import { readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type Assignment, fromEnvironment, fromOverrides } from './environment.ts'
import { type FileContent, readYaml } from './file.ts'
import { problemsOf } from './issues.ts'
import { ROOT } from './keys.ts'
import type { Problem } from './problem.ts'
import { brokenRules } from './rules.ts'
import { type Config, type ParsedConfig, schema } from './schema.ts'
import { assign, type Tree, typed } from './tree.ts'

export interface Sources {
  /** The YAML file; without one there are only environment and defaults. */
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** Setting by path, as `{ 'listeners.0.port': 5000 }`. */
  readonly overrides?: Readonly<Record<string, string | number | boolean>> | undefined
}

export type LoadedConfig =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'problems'; readonly problems: Problem[] }

export function loadConfig(sources: Sources): LoadedConfig {
  const content = readSource(sources.file)
  if (content.kind === 'problems') return content
  const name = sources.file === undefined ? undefined : basename(sources.file)
  const problems: Problem[] = []
  const assignments = [
    ...fromEnvironment(sources.env, problems),
    ...fromOverrides(sources.overrides ?? {}, problems),
  ]
  const said = apply(content.tree, assignments, problems)
  const located = (found: Problem): Problem => locate(found, said, content, name)
  const input = typed(content.tree, ROOT)
  const parsed = schema.safeParse(input)
  if (!parsed.success) {
    problems.push(...problemsOf(parsed.error.issues, input).map(located))
    return { kind: 'problems', problems }
  }
  const folder = sources.file === undefined ? resolve() : dirname(resolve(sources.file))
  const config = resolved(parsed.data, folder)
  problems.push(...brokenRules(config).map(located))
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'config', config }
}

function readSource(file: string | undefined): FileContent {
  if (file === undefined) return { kind: 'tree', tree: {}, lineOf: () => 0 }
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given'
    const hint = '`evs init` writes a configuration; EVS_CONFIG or --config names another file'
    const problem = { path: '', message: `cannot be read (${why})`, hint, where: file }
    return { kind: 'problems', problems: [problem] }
  }
  return readYaml(text, basename(file))
}

/** Puts the assignments into the tree; gives who said what, the last one winning. */
function apply(
  tree: Tree,
  assignments: readonly Assignment[],
  problems: Problem[],
): ReadonlyMap<string, string> {
  const said = new Map<string, string>()
  for (const { path, text, where } of assignments) {
    const problem = assign(tree, ROOT, path, text)
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

/** Fills in what depends on other settings, and makes paths absolute. */
function resolved(parsed: ParsedConfig, folder: string): Config {
  const directory = resolve(folder, parsed.data.directory)
  const socket = parsed.admin.socket
  return {
    ...parsed,
    listeners: parsed.listeners.map((listener) => ({
      ...listener,
      tpdu: listener.tpdu ?? listener.kind === 'terminal',
      institution: listener.institution ?? 0,
      tls: absolute(listener.tls, folder),
    })),
    cardHosts: parsed.cardHosts.map((host) => ({ ...host, tls: absolute(host.tls, folder) })),
    admin: {
      ...parsed.admin,
      socket: socket === undefined ? join(directory, 'admin.sock') : resolve(folder, socket),
    },
    data: { directory },
    vault: resolvedVault(parsed.vault, folder),
    pkcs11: resolvedToken(parsed.pkcs11, folder),
  }
}

/** The paths of a group of TLS settings. */
function absolute<Tls extends object>(tls: Tls | undefined, folder: string): Tls | undefined {
  if (tls === undefined) return undefined
  const entries = Object.entries(tls).map(([key, value]) => {
    return [key, TLS_FILES.has(key) ? resolve(folder, String(value)) : value]
  })
  return Object.fromEntries(entries) as Tls
}

const TLS_FILES: ReadonlySet<string> = new Set(['certificate', 'key', 'ca', 'clientCa'])

function resolvedVault(vault: ParsedConfig['vault'], folder: string): Config['vault'] {
  const { kekCommand, kekLabel } = vault
  const isElsewhere = kekCommand !== undefined || kekLabel !== undefined
  const { kekFile = isElsewhere ? undefined : KEK_FILE } = vault
  return {
    ...(kekFile === undefined ? {} : { kekFile: resolve(folder, kekFile) }),
    ...(kekCommand === undefined ? {} : { kekCommand: program(kekCommand, folder) }),
    ...(kekLabel === undefined ? {} : { kekLabel }),
  }
}

/** A library without a slash in its name is looked for where the system keeps them. */
function resolvedToken(pkcs11: ParsedConfig['pkcs11'], folder: string): ParsedConfig['pkcs11'] {
  if (pkcs11 === undefined) return undefined
  const { library, userPinFile, userPinCommand } = pkcs11
  return {
    ...pkcs11,
    library: library.includes('/') ? resolve(folder, library) : library,
    ...(userPinFile === undefined ? {} : { userPinFile: resolve(folder, userPinFile) }),
    ...(userPinCommand === undefined ? {} : { userPinCommand: program(userPinCommand, folder) }),
  }
}

/** A program without a slash in its name is looked for in PATH. */
function program([name = '', ...given]: readonly string[], folder: string): string[] {
  return [name.includes('/') ? resolve(folder, name) : name, ...given]
}

const KEK_FILE = 'keys/kek'
