// Parameters of a terminal's software: what is one, and that their sum fits a message, in bytes.

import { describe, expect, it } from 'vitest'
import {
  readSettings,
  settingsProblem,
} from '../../../voucher-store/registration/terminal-settings.ts'

describe('settings of a terminal', () => {
  it('are names and values, without the spaces around them, and the value may hold =', () => {
    expect(readSettings([' volume = 3 ', 'url=a=b', 'empty='])).toEqual({
      ...{ volume: '3', url: 'a=b', empty: '' },
    })
    expect(readSettings([])).toEqual({})
  })

  it.each([
    ['volume', 'expected before ='],
    ['=3', 'expected before ='],
    ['Volume=3', 'expected before ='],
    ['merchant=x', 'what the switch itself says'],
    ['limit-rial=9', 'what the switch itself says'],
    [`a=${'x'.repeat(101)}`, 'a shorter text'],
    ['a=x\ty', 'a shorter text'],
  ])('%j is none', (pair, why) => {
    expect(readSettings([pair])).toContain(why)
  })

  it.each([
    [{ merchant: 'x' }, 'what the switch itself says'],
    [{ 'limit-count': '9' }, 'what the switch itself says'],
    [{ 'limit-rial': '9' }, 'what the switch itself says'],
    [{ a: '1', b: 'x\nmerchant=y' }, 'a shorter text'],
    [{ a: 'x'.repeat(101) }, 'a shorter text'],
    [{ a: 'half of a character \ud83d' }, 'a shorter text'],
    [{ 'a=b': '1' }, 'expected before ='],
    [{ ['a'.repeat(33)]: '1' }, 'expected before ='],
  ])('%j are none, wherever they come from', (settings, why) => {
    expect(settingsProblem(settings)).toContain(why)
  })

  it('may be as long as they are told to be at most', () => {
    expect(settingsProblem({ ['a'.repeat(32)]: 'x'.repeat(100) })).toBeUndefined()
  })

  it('are given once each', () => {
    expect(readSettings(['a=1', 'a=2'])).toBe('a is given twice')
  })

  it('have 400 bytes at most with names and ends, however few characters that are', () => {
    // `a=` and a line feed: three bytes more each; a Persian letter has two.
    const settings = { a: 'آ'.repeat(98), b: 'آ'.repeat(99) }
    expect(settingsProblem(settings)).toBeUndefined()
    expect(settingsProblem({ ...settings, b: 'آ'.repeat(100) })).toBe('more than 400 bytes in all')
  })
})
