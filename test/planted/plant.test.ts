// Every defect has its place in the source, exactly once, and a copy changes nothing here.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { DEFECTS } from './defects.ts'
import { planted } from './plant.ts'

const source = (file: string) =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8')

describe('planted defects', () => {
  it('are at least 25, each with a name of its own', () => {
    expect(DEFECTS.length).toBeGreaterThanOrEqual(25)
    expect(new Set(DEFECTS.map(({ name }) => name)).size).toBe(DEFECTS.length)
  })

  it.each(DEFECTS.map((defect) => [defect.name, defect] as const))(
    'has a place: %s',
    (_, defect) => {
      for (const { file, find, put } of defect.edits) {
        const changed = planted(defect.name, source(file), find, put)
        expect(changed).not.toBe(source(file))
        expect(changed).toContain(put)
      }
    },
  )

  it('are refused where their place is not there exactly once', () => {
    expect(() => planted('x', 'aa', 'a', 'b')).toThrow('2 times')
    expect(() => planted('x', 'aa', 'c', 'b')).toThrow('0 times')
  })
})
