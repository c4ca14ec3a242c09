// JSON that a terminal may show: no control character in it, and the same value when it is read.

import { expect, it } from 'vitest'
import { jsonText } from '../../../protocol/values/json-text.ts'

it('escapes every control character, and is the same value', () => {
  const codes = Array.from({ length: 0xa2 }, (_, code) => String.fromCharCode(code))
  const value = { [`key ${codes.join('')}`]: [codes.join(''), 'همراه', 1, null] }
  const text = jsonText(value)
  expect(text).not.toMatch(/\p{Cc}/u)
  expect(text).toContain('\\u007f\\u0080')
  expect(JSON.parse(text)).toEqual(value)
})

it('is indented where it is asked', () => {
  expect(jsonText({ a: '\u009b' }, 2)).toBe('{\n  "a": "\\u009b"\n}')
})
