// docs/configuration.md lists the settings that the schema has, in its words and with its defaults.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { configKeys } from '../../switch/config/keys.ts'

it('docs/configuration.md lists every setting with type, default and meaning, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('| `'))
  const expected = configKeys().map(
    (key) =>
      `| \`${key.path}\` | ${key.type} | ${key.default ?? '**required**'} | ${key.description} |`,
  )
  expect(rows).toEqual(expected)
})
