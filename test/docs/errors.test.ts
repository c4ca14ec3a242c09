// docs/errors.md and the list in the code say the same, code by code.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERRORS, EXIT } from '../../admin-api/errors.ts'

const text = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8')

describe('docs/errors.md', () => {
  it('lists every code with its status, exit code, message and hint, and no other', () => {
    const rows = text.split('\n').filter((line) => /^\| `[A-Z]/.test(line))
    const expected = Object.entries(ERRORS).map(
      ([code, { status, exitCode, message, hint }]) =>
        `| \`${code}\` | ${status} | ${exitCode} | ${message} | ${hint} |`,
    )
    expect(rows).toEqual(expected)
  })

  it('explains every exit code', () => {
    for (const code of Object.values(EXIT)) expect(text).toContain(`\n| ${code} | `)
  })
})
