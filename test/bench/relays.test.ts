// A yardstick that nobody can read in a minute is none.

import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const FOLDER = new URL('../../bench/relays/', import.meta.url)
const MOST = 60

it.each(readdirSync(FOLDER))('the source of %s is short', (name) => {
  const lines = readFileSync(new URL(name, FOLDER), 'utf8').trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(MOST)
})
