// Whether a file lies in a folder, by the words of their paths.

import { expect, it } from 'vitest'
import { contains } from '../../../switch/config/paths.ts'

it.each([
  ['/shop/data', '/shop/data/kek', true],
  ['/shop/data', '/shop/data/deep/kek', true],
  ['/shop/data', '/shop/data/..kek', true],
  ['/shop/data', '/shop/data', false],
  ['/shop/data', '/shop/keys/kek', false],
  ['/shop/data', '/shop/data-keys/kek', false],
  ['/shop/data', '/shop', false],
])('%s has %s in it: %s', (directory, file, isInside) => {
  expect(contains(directory, file)).toBe(isInside)
})
