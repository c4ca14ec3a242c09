// Style is a test: sizes, headers, names and calls of every source file, links of every document,
// and the one Unreleased section of the change log. A rule that needs an exception says so as data.

import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { deadLinks, linkCount } from './tidy/docs.ts'
import {
  anyTypes,
  bannedCalls,
  bannedNames,
  defaultExports,
  hastyJudges,
  idleAdapters,
  longFunctions,
  waiting,
} from './tidy/rules.ts'
import { filesEndingIn, ROOT, readSources } from './tidy/source.ts'

const FILE_LINES = 400
const LINE_COLUMNS = 100
/** Two to eight lines; a table of states may take ten, and the name of a test says the most. */
const HEADER_LINES = { product: 2, test: 1, most: 10 }
const SOURCES_LEAST = 100
const PRODUCT_LEAST = 60
const DOCUMENTS_LEAST = 5
const BANNED_FILES = ['utils', 'util', 'helpers', 'common', 'types', 'interfaces', 'lib', 'misc']
/** Tools that are configured by a default export. */
const TOOL_SETTINGS = new Set(['vitest.config.ts'])

const sources = readSources()
const product = sources.filter((source) => source.product)
const documents = filesEndingIn(/\.md$/)

describe('source files', () => {
  it('were looked at', () => {
    expect(sources.length).toBeGreaterThan(SOURCES_LEAST)
    expect(product.length).toBeGreaterThan(PRODUCT_LEAST)
  })

  it(`have at most ${FILE_LINES} lines`, () => {
    const long = sources.filter(({ lines }) => lines.length - 1 > FILE_LINES)
    expect(long.map(({ path, lines }) => `${path}: ${lines.length - 1} lines`)).toEqual([])
  })

  it(`have lines of at most ${LINE_COLUMNS} columns`, () => {
    const long = sources.flatMap(({ path, lines, product }) =>
      lines.flatMap((line, index) => {
        const columns = [...line].length
        // The title of a test is one sentence, and a string is not broken.
        if (/\('.*', (async )?\(.*\{$/.test(line) && !product) return []
        return columns > LINE_COLUMNS ? [`${path}:${index + 1}: ${columns} columns`] : []
      }),
    )
    expect(long).toEqual([])
  })

  it('open with a few lines that say what they are and what they are not', () => {
    const wrong = sources.flatMap(({ path, lines, product }) => {
      const start = lines[0]?.startsWith('#!') ? 1 : 0
      const end = lines.findIndex((line, index) => index >= start && !/^(\/\/|\/?\*)/.test(line))
      const length = end - start
      const fits =
        length >= (product ? HEADER_LINES.product : HEADER_LINES.test) &&
        length <= HEADER_LINES.most
      return fits || TOOL_SETTINGS.has(path) ? [] : [`${path}: ${length} lines`]
    })
    expect(wrong).toEqual([])
  })

  it('are named by the noun or verb inside, in kebab-case', () => {
    const stems = sources.map(({ path }) => [path, basename(path).replace(/\..*$/, '')] as const)
    const wrong = stems.filter(([, stem]) => {
      return BANNED_FILES.includes(stem) || !/^([a-z0-9]+(-[a-z0-9]+)*)?$/.test(stem)
    })
    expect(wrong.map(([path]) => path)).toEqual([])
  })

  it('stand in folders that are not called utils and the like', () => {
    const wrong = sources.filter(({ path }) =>
      path
        .split('/')
        .slice(0, -1)
        .some((part) => BANNED_FILES.includes(part)),
    )
    expect(wrong.map(({ path }) => path)).toEqual([])
  })
})

describe('code', () => {
  it('has no function of more than 70 lines outside tests', () => {
    expect(product.flatMap(longFunctions)).toEqual([])
  })

  it('uses no any', () => {
    expect(sources.flatMap(anyTypes)).toEqual([])
  })

  it('has no default export', () => {
    const judged = sources.filter(({ path }) => !TOOL_SETTINGS.has(path))
    expect(judged.flatMap(defaultExports)).toEqual([])
  })

  it('asks for time, timers and randomness in its adapters only', () => {
    expect(product.flatMap(bannedCalls)).toEqual([])
    expect(idleAdapters(sources)).toEqual([])
  })

  it('compares MACs of others in constant time', () => {
    expect(hastyJudges(product)).toEqual([])
  })

  it('says neither pin, operator nor transaction where a word of the glossary is meant', () => {
    expect(sources.flatMap(bannedNames)).toEqual([])
  })

  it('moves stock without waiting: in one process that is the lock', () => {
    const inventory = sources.filter(({ path }) => path === 'switch/core/inventory.ts')
    expect(inventory).toHaveLength(1)
    expect(inventory.flatMap(waiting)).toEqual([])
  })
})

describe('documents', () => {
  it('were looked at', () => {
    expect(documents.length).toBeGreaterThan(DOCUMENTS_LEAST)
    expect(documents.reduce((sum, path) => sum + linkCount(path), 0)).toBeGreaterThan(5)
  })

  it('link to files and headings that exist', () => {
    expect(documents.flatMap(deadLinks)).toEqual([])
  })

  it('include a change log with one section for what is not released', () => {
    const text = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
    expect(text.match(/^## .*(unreleased|pending).*$/gim)).toHaveLength(1)
  })
})
