// The import check fails on a forbidden import, and on not having looked. Each case is a small tree
// of files in a folder of its own, checked by the real script with the real rules.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const REPOSITORY = join(import.meta.dirname, '../..')
const SCRIPT = join(REPOSITORY, 'scripts/check-imports.mjs')

function check(files: Record<string, string>): { code: number | null; said: string } {
  const root = mkdtempSync(join(tmpdir(), 'evs-imports-'))
  symlinkSync(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'))
  for (const [file, text] of Object.entries(files)) {
    const path = join(root, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, root], {
    encoding: 'utf8',
  })
  return { code: status, said: stderr + stdout }
}

const GOOD = {
  'protocol/values/rial.ts': 'export const rial = 1\n',
  'switch/core/sale.ts':
    "import { rial } from '../../protocol/values/rial.ts'\nexport const sale = rial\n",
  'switch/serve.ts': "import { sale } from './core/sale.ts'\nexport const serve = sale\n",
  'evs.ts': "import { serve } from './switch/serve.ts'\nserve\n",
}

describe('the import check', () => {
  it('counts what it looked at when everything is allowed', () => {
    expect(check(GOOD)).toEqual({ code: 0, said: '4 modules, 3 dependencies cruised\n' })
  })

  it.each([
    ['a room outside the table', 'switch/core/x.ts', "import '../serve.ts'\n", 'switch-core-rooms'],
    [
      'a type of such a room',
      'switch/core/x.ts',
      "import type {} from '../serve.ts'\n",
      'switch-core-rooms',
    ],
    [
      'a node: module in the core',
      'switch/core/x.ts',
      "import 'node:fs'\n",
      'switch-core-builtins',
    ],
    [
      'a node: module in the codec',
      'protocol/message/x.ts',
      "import 'node:buffer'\n",
      'protocol-message-builtins',
    ],
    [
      'another builtin than a socket',
      'protocol/link/x.ts',
      "import 'node:fs'\n",
      'protocol-link-builtins',
    ],
    ['a package in the core', 'switch/core/x.ts', "import 'zod'\n", 'switch-core-packages'],
    [
      'the switch from a room',
      'card-host/x.ts',
      "import '../switch/serve.ts'\n",
      'switch-is-not-imported',
    ],
    [
      'the switch, dynamically',
      'admin-cli/x.ts',
      "await import('../switch/serve.ts')\n",
      'switch-is-not-imported',
    ],
    [
      'the core from a terminal',
      'pos-terminal/x.ts',
      "import '../switch/core/sale.ts'\n",
      'pos-terminal-rooms',
    ],
    ['the composition root', 'switch/x.ts', "import '../evs.ts'\n", 'evs-is-not-imported'],
    ['a database outside its owner', 'switch/x.ts', "import 'knex'\n", 'one-owner-of-the-database'],
    ['a test', 'switch/x.ts', "import '../test/y.ts'\n", 'tests-are-not-imported'],
    ['nothing that exists', 'switch/x.ts', "import './none.ts'\n", 'resolvable'],
  ])('refuses to import %s', (_what, file, text, rule) => {
    const { code, said } = check({ ...GOOD, 'test/y.ts': 'export {}\n', [file]: text })
    expect(said).toContain(`${rule}: `)
    expect(code).toBe(1)
  })

  it('refuses two modules that import each other, and shows the circle', () => {
    const { code, said } = check({
      ...GOOD,
      'switch/a.ts': "import './b.ts'\n",
      'switch/b.ts': "import './a.ts'\n",
    })
    expect(said).toMatch(/switch\/a\.ts -> switch\/b\.ts -> switch\/a\.ts\n {2}no-circular: /)
    expect(code).toBe(1)
  })

  it('lets tests import everything', () => {
    const test = "import '../evs.ts'\nimport '../switch/serve.ts'\nimport 'node:fs'\n"
    expect(check({ ...GOOD, 'test/x.test.ts': test }).code).toBe(0)
  })

  it('fails when it looked at nothing', () => {
    expect(check({})).toMatchObject({ code: 1, said: expect.stringContaining('no source file') })
  })

  it('fails when files are there but no import of theirs was read', () => {
    const files = Object.fromEntries([1, 2, 3].map((n) => [`switch/core/${n}.ts`, 'export {}\n']))
    expect(check(files)).toMatchObject({ code: 1, said: expect.stringContaining('are they read') })
  })
})
