// Generates the reference parts of docs/outside.md: every command with its flags from the program,
// every setting from the schema of the configuration, every JSON shape from the schemas of the
// admin API. `npx tsx scripts/outside-doc.ts --write` puts them between the markers of the page; a
// test compares. The text around them, and the console blocks that a test runs, are written by
// hand.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command, Option } from 'commander'
import { z } from 'zod'
import { buildProgram, VERBS } from '../admin-cli/program.ts'
import type { VerbWorld } from '../admin-cli/world.ts'
import { type ConfigKey, configKeys } from '../switch/config/keys.ts'
import { GATEWAY_SETTINGS } from '../switch/gateway/settings.ts'
import { PRINTS, SHAPES } from './outside-shapes.ts'

/** Flags of every verb, told once. */
const COMMON = ['--json', '--no-color', '--version', '--config', '--dir', '--csv', '--bom']

/** Every command that does something, by its words. */
export async function leavesOf(): Promise<Map<string, Command>> {
  const never = () => Promise.reject(new Error('a document runs nothing'))
  const output = { write: () => undefined, isTTY: false }
  const world = {
    version: '',
    env: {},
    cwd: '/',
    stdout: output,
    stderr: output,
    monotonicMs: () => 0,
    openAdmin: never,
    ended: () => undefined,
  }
  // Building a command asks nothing of the rooms.
  const program = await buildProgram(world as unknown as VerbWorld, Object.keys(VERBS))
  const leaves = new Map<string, Command>()
  const collect = (command: Command, words: string[]): void => {
    for (const member of command.commands) {
      const path = [...words, member.name()]
      if (member.commands.length > 0) collect(member, path)
      else if (member.name() !== 'complete') leaves.set(path.join(' '), member)
    }
  }
  collect(program, [])
  return leaves
}

export async function withReference(page: string): Promise<string> {
  const parts = {
    commands: commandsText(await leavesOf()),
    settings: settingsText(),
    shapes: shapesText(),
  }
  let text = page
  for (const [name, part] of Object.entries(parts)) text = between(text, name, part)
  return text
}

function between(page: string, name: string, part: string): string {
  const begin = `<!-- ${name}:begin -->`
  const end = `<!-- ${name}:end -->`
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`the page has no ${begin} and ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${part}\n\n${page.slice(to)}`
}

function commandsText(leaves: ReadonlyMap<string, Command>): string {
  const sections = [...leaves].map(([path, command]) => {
    const values = command.registeredArguments.map((one) => argumentText(one.name(), one.variadic))
    const own = command.options.filter((option) => !COMMON.includes(option.long ?? ''))
    const rows = own.map((option) => `| \`${cell(option.flags)}\` | ${cell(optionText(option))} |`)
    const table = rows.length === 0 ? [] : ['', '| flag | meaning |', '|---|---|', ...rows]
    const shape = PRINTS[path]
    const prints = shape === null || shape === undefined ? '' : ` Prints ${shapeLink(shape)}.`
    const usage = ['evs', path, ...values].join(' ')
    return [`### evs ${path}`, '', `\`${usage}\`: ${command.summary()}.${prints}`, ...table].join(
      '\n',
    )
  })
  return sections.join('\n\n')
}

function argumentText(name: string, variadic: boolean): string {
  return `<${name}${variadic ? '...' : ''}>`
}

function optionText(option: Option): string {
  const choices = option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`
  const fallback = typeof option.defaultValue === 'string' ? `; default ${option.defaultValue}` : ''
  const needed = option.helpGroupHeading === undefined ? '' : '**required**: '
  return `${needed}${option.description}${choices}${fallback}`
}

function shapeLink(shape: string): string {
  const name = shape.replace('[]', '')
  return `${shape.endsWith('[]') ? 'a list of ' : ''}[${name}](#${name.toLowerCase()})`
}

function settingsText(): string {
  const gateway = settingsTable(configKeys(GATEWAY_SETTINGS))
  return `${settingsTable(configKeys())}\n\n### Settings of a gateway\n\n${gateway}`
}

function settingsTable(keys: readonly ConfigKey[]): string {
  const rows = keys.map((key) => {
    const fallback = key.default ?? '**required**'
    return `| \`${key.path}\` | \`${key.env}\` | ${cell(fallback)} | ${cell(key.description)} |`
  })
  return ['| setting | variable | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

type JsonSchema = z.core.JSONSchema.BaseSchema

function shapesText(): string {
  const sections = Object.entries(SHAPES).map(([name, { schema, example }]) => {
    const rows = membersOf('', z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }))
    const table = rows.map(([path, type]) => `| \`${path}\` | ${cell(type)} |`)
    const head = ['| member | value |', '|---|---|']
    const shown = ['```json', JSON.stringify(example), '```']
    return [`### ${name}`, '', ...head, ...table, '', ...shown].join('\n')
  })
  return sections.join('\n\n')
}

function membersOf(path: string, schema: JsonSchema): [string, string][] {
  const here: [string, string][] = path === '' ? [] : [[path, typeText(schema)]]
  const solid = solidOf(schema)
  if (solid.type === 'array' && typeof solid.items === 'object' && !Array.isArray(solid.items)) {
    const inner = membersOf(`${path}[]`, solid.items as JsonSchema)
    return inner.length > 1 ? [...here, ...inner.slice(1)] : here
  }
  const required = solid.required ?? []
  const inner = Object.entries(solid.properties ?? {}).flatMap(([key, member]) => {
    const optional = required.includes(key) ? '' : '?'
    return membersOf(`${path === '' ? '' : `${path}.`}${key}${optional}`, member as JsonSchema)
  })
  return [...here, ...inner]
}

/** The type beside null: written as a choice, or as a list of types. */
function solidOf(schema: JsonSchema): JsonSchema {
  if (Array.isArray(schema.type)) {
    const type = schema.type.find((one) => one !== 'null')
    return { ...schema, type } as JsonSchema
  }
  return ((schema.anyOf ?? []).find((one) => typeOf(one) !== 'null') ?? schema) as JsonSchema
}

function typeOf(schema: unknown): unknown {
  return (schema as { type?: unknown }).type
}

function typeText(schema: JsonSchema): string {
  const solid = solidOf(schema)
  const nullable = solid === schema ? '' : ' or null'
  if (solid.const !== undefined) return JSON.stringify(solid.const) + nullable
  if (solid.enum !== undefined) return solid.enum.join(', ') + nullable
  if (solid.type === 'array') return `list of ${plural(solid.items as JsonSchema)}${nullable}`
  if (solid.format === 'date-time') return `moment, ISO 8601 in UTC${nullable}`
  return (NOUNS[String(solid.type)] ?? 'any value') + nullable
}

function plural(schema: JsonSchema): string {
  return solidOf(schema).type === 'object' ? 'objects' : `${typeText(schema)}s`
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'object',
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = fileURLToPath(new URL('../docs/outside.md', import.meta.url))
  const page = await withReference(readFileSync(path, 'utf8'))
  if (process.argv.includes('--write')) writeFileSync(path, page)
  else process.stdout.write(page)
}
