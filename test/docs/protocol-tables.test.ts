// docs/protocol.md shows the field tables that the code has.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { protocolTables, withTables } from '../../scripts/protocol-tables.ts'

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8')

it('docs/protocol.md has the tables that the codec works by', () => {
  expect(withTables(page), 'run `npx tsx scripts/protocol-tables.ts --write`').toBe(page)
  expect(page).toContain(protocolTables())
})

it('a page without markers is refused', () => {
  expect(() => withTables('# Protocol')).toThrow('fields:begin')
})
