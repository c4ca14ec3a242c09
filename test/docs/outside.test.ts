// docs/outside.md lists the commands, settings and shapes that there are.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { leavesOf, withReference } from '../../scripts/outside-doc.ts'
import { PRINTS, SHAPES } from '../../scripts/outside-shapes.ts'

const page = readFileSync(new URL('../../docs/outside.md', import.meta.url), 'utf8')

it('docs/outside.md has the commands, settings and shapes of the code', async () => {
  expect(await withReference(page), 'run `npx tsx scripts/outside-doc.ts --write`').toBe(page)
})

it('says of every command what it prints', async () => {
  expect(Object.keys(PRINTS).sort()).toEqual([...(await leavesOf()).keys()].sort())
})

it.each(Object.entries(SHAPES))('the example of %s is of its shape', (_name, shape) => {
  expect(shape.schema.parse(shape.example)).toEqual(shape.example)
})

it('a page without markers is refused', async () => {
  await expect(withReference('# Outside')).rejects.toThrow('commands:begin')
})
