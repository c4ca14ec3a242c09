// Checks the import rules of .dependency-cruiser.cjs, and that the check itself looked: a parser
// that cannot read TypeScript cruises nothing and reports success, so modules are counted against
// the files on disk, and every room that exists must have been visited.
// `node scripts/check-imports.mjs [folder]`; the folder is the repository unless a test says else.

import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'

const repository = dirname(dirname(fileURLToPath(import.meta.url)))
const root = resolve(process.argv[2] ?? repository)
const { roomNames, options, ...ruleSet } = createRequire(import.meta.url)(
  join(repository, '.dependency-cruiser.cjs'),
)
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.evs'])

const files = sourceFiles(root)
const { enhancedResolveOptions, tsConfig, ...cruiseOptions } = options
const { output } = await cruise(
  files,
  { ...cruiseOptions, baseDir: root, ruleSet, validate: true },
  enhancedResolveOptions,
  { tsConfig: extractTSConfig(join(repository, tsConfig.fileName)) },
)
const cruised = output.modules.map((module) => module.source)
const { totalDependenciesCruised, violations } = output.summary

const failures = [...blindSpots(cruised), ...violations.map(describe)]
for (const failure of failures) console.error(failure)
console.log(`${cruised.length} modules, ${totalDependenciesCruised} dependencies cruised`)
process.exitCode = failures.length === 0 ? 0 : 1

/** What the check did not see although it is there. */
function blindSpots(modules) {
  const seen = new Set(modules)
  const spots = files.filter((file) => !seen.has(file)).map((file) => `not cruised: ${file}`)
  if (files.length === 0) spots.push('no source file found')
  for (const room of roomNames) {
    const exists = files.some((file) => file.startsWith(`${room}/`))
    const visited = modules.some((module) => module.startsWith(`${room}/`))
    if (exists && !visited) spots.push(`no module of ${room} was cruised`)
  }
  const importing = output.modules.filter((module) => module.dependencies.length > 0)
  if (importing.length * 4 < files.length) {
    spots.push(
      `only ${importing.length} of ${files.length} modules import anything: are they read?`,
    )
  }
  return spots
}

function describe({ from, to, rule, cycle }) {
  const comment = ruleSet.forbidden.find(({ name }) => name === rule.name)?.comment ?? ''
  const way = cycle === undefined ? to : cycle.map((step) => step.name ?? step).join(' -> ')
  return `${from} -> ${way}\n  ${rule.name}: ${comment}`
}

function sourceFiles(folder) {
  const found = []
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) found.push(...sourceFiles(path))
    } else if (/\.(ts|mjs)$/.test(entry.name)) found.push(relative(root, path))
  }
  return found
}
