// "Did you mean": near names are found, far ones are not guessed.

import { describe, expect, it } from 'vitest'
import { editDistance, nearest, suggestion } from '../../../switch/config/suggest.ts'

describe('the nearest known name', () => {
  it.each([
    ['prot', 'port'],
    ['PORT', 'port'],
    ['acquirerld', 'acquirerId'],
    ['iso87bin', 'iso87binary'],
  ])('to %s is %s', (name, found) => {
    expect(nearest(name, ['host', 'port', 'acquirerId', 'iso87ascii', 'iso87binary'])).toBe(found)
  })

  it('is none when nothing is near; then the known names are listed', () => {
    expect(nearest('zzzzzz', ['host', 'port'])).toBeUndefined()
    expect(suggestion('zzzzzz', ['host', 'port'])).toBe('known here: host, port')
  })

  it('is measured in insertions, deletions and replacements', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3)
    expect(editDistance('', 'abc')).toBe(3)
    expect(editDistance('abc', 'abc')).toBe(0)
  })
})
