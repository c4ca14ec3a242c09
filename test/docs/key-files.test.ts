// Files of keys that the documentation shows are such that a reader can try them: the card host
// takes the zone master key of docs/card-host.md, and the part in docs/security.md is a right one.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { partIn } from '../../admin-cli/key-parts.ts'
import { openMasterKey } from '../../card-host/key-file.ts'
import { checkValueOf } from '../../protocol/security/check-value.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-docs-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('docs/card-host.md', () => {
  it('shows a zone master key that the card host takes', () => {
    const file = join(folder, 'zone.key')
    writeFileSync(file, shownFile('card-host.md', 'scheme aes'), { mode: 0o600 })
    expect(openMasterKey(file).master.scheme).toBe('aes')
  })
})

describe('docs/security.md', () => {
  it('shows the file of a part with its check value', () => {
    const shown = partIn(shownFile('security.md', 'scheme tdes'), 'part.txt', 'tdes')
    const key = Buffer.from(shown.part.replaceAll('-', ''), 'hex')
    expect(checkValueOf('tdes', key)).toBe(shown.checkValue)
  })
})

/** The block of the page that has this line. */
function shownFile(page: string, line: string): string {
  const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8')
  const blocks = text.split(/^```.*$/m).filter((_, index) => index % 2 === 1)
  return blocks.find((block) => block.split('\n').includes(line)) ?? ''
}
