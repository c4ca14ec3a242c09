// Every form of a secret is found where it was written, also across the pieces of a large file, and
// nothing is found where it was not.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formsOfBytes, formsOfDigits } from './forms.ts'
import { scanFolder } from './scan.ts'

const DIGITS = '8996936603294417'
const KEY = Buffer.from('00ff10ee20dd30cc40bb50aa60997088', 'hex')
const around = (bytes: Buffer, before = 0) =>
  Buffer.concat([Buffer.from('xyz'.slice(0, before)), bytes])

/** As somebody else would write it, not as `forms.ts` does. */
const WRITTEN: readonly (readonly [string, Buffer])[] = [
  ['plain', Buffer.from(`x${DIGITS}y`)],
  ['on a receipt', Buffer.from('8996 9366 0329 4417')],
  ['with dashes', Buffer.from('8996-9366-0329-4417')],
  ['in fives', Buffer.from('89969 36603 29441 7')],
  ['in fives with dashes', Buffer.from('89969-36603-29441-7')],
  ['in groups, in UTF-16', Buffer.from('8996 9366 0329 4417', 'utf16le')],
  ['in Persian groups', Buffer.from('۸۹۹۶ ۹۳۶۶ ۰۳۲۹ ۴۴۱۷')],
  ['in Arabic', Buffer.from('٨٩٩٦٩٣٦٦٠٣٢٩٤٤١٧')],
  ['packed, in base64', Buffer.from(Buffer.from(DIGITS, 'hex').toString('base64'))],
  ['packed, low nibble first', Buffer.from('9869396630924471', 'hex')],
  ['as a list of numbers', Buffer.from(JSON.stringify([...Buffer.from(DIGITS)]))],
  ['in Persian', Buffer.from('۸۹۹۶۹۳۶۶۰۳۲۹۴۴۱۷')],
  ['packed', Buffer.from('8996936603294417ff', 'hex')],
  ['packed from the second nibble', Buffer.from('f8996936603294417f', 'hex')],
  ['in hexadecimal', Buffer.from(Buffer.from(DIGITS).toString('hex'))],
  ...[0, 1, 2].map(
    (before) =>
      [
        `in base64 after ${before}`,
        Buffer.from(around(Buffer.from(DIGITS), before).toString('base64')),
      ] as const,
  ),
  ['in UTF-16', Buffer.from(DIGITS, 'utf16le')],
  ['in a URL', Buffer.from([...DIGITS].map((d) => `%3${d}`).join(''))],
]

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-forms-'))
  mkdirSync(join(folder, 'data'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const canaries = [
  { name: 'PIN', forms: formsOfDigits(DIGITS) },
  { name: 'key', forms: formsOfBytes(KEY) },
]

describe('a secret is found', () => {
  it.each(WRITTEN)('%s', (_, bytes) => {
    writeFileSync(join(folder, 'data', 'file'), bytes)
    const { hits } = scanFolder(folder, canaries)
    expect(hits.map(({ canary, file }) => [canary, file])).toContainEqual(['PIN', 'data/file'])
  })

  it.each([
    ['raw', KEY],
    ['hex', Buffer.from(KEY.toString('hex').toUpperCase())],
    ['hex in UTF-16', Buffer.from(KEY.toString('hex'), 'utf16le')],
    ['hex with colons', Buffer.from('00:ff:10:ee:20:dd:30:cc:40:bb:50:aa:60:99:70:88')],
    ['as the file of a key part', Buffer.from('part 00FF-10EE-20DD-30CC-40BB-50AA-6099-7088')],
    ['hex in base64', Buffer.from(Buffer.from(KEY.toString('hex')).toString('base64'))],
    ['as JSON has a buffer', Buffer.from(JSON.stringify(KEY))],
    ['in a URL', Buffer.from('%00%FF%10%EE%20%DD%30%CC%40%BB%50%AA%60%99%70%88')],
    ['base64', Buffer.from(around(KEY, 2).toString('base64'))],
    ['base64url', Buffer.from(around(KEY, 1).toString('base64url'))],
  ])('as a key, %s', (_, bytes) => {
    writeFileSync(join(folder, 'file'), bytes)
    expect(scanFolder(folder, canaries).hits.map(({ canary }) => canary)).toContain('key')
  })

  it('where a piece of a large file ends', () => {
    const bytes = Buffer.alloc((1 << 20) + 8, '.')
    bytes.write(DIGITS, (1 << 20) - 8)
    writeFileSync(join(folder, 'large'), bytes)
    expect(scanFolder(folder, canaries).hits).toHaveLength(1)
  })
})

it('nothing is found in other digits, in masked ones, and in what is skipped', () => {
  writeFileSync(join(folder, 'evs.log'), 'card 899693******4417 8996936603294418')
  writeFileSync(join(folder, 'batch.csv'), DIGITS)
  const result = scanFolder(folder, canaries, (path) => path === 'batch.csv')
  expect(result).toMatchObject({ files: 1, hits: [] })
})
