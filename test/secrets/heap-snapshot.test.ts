// A heap snapshot of another process is searched: what one of its objects holds is found, whole or
// in two halves, with the way to it; what nothing holds any more is not.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formsOfDigits } from './forms.ts'
import { kindOf, searchHeapSnapshot } from './heap-snapshot.ts'
import { Matcher } from './matcher.ts'

const HELD = '7313370000111122'
const HALVED = '7313370000333344'
const NUMBER = '7313370000556'
const DROPPED = '7313370000777788'

const SCRIPT = `
  const read = (text) => Buffer.from(text, 'hex').toString('latin1')
  globalThis.shelf = { whole: read(process.argv[2]), number: Number(read(process.argv[4])) + 0.5 }
  const halved = read(process.argv[3])
  globalThis.shelf.halved = halved.slice(0, 9).concat(halved.slice(9), 'and more')
  let dropped = read(process.argv[5])
  dropped = undefined
  require('node:v8').writeHeapSnapshot(process.argv[1], { exposeNumericValues: true })
`

let folder: string
let hits: readonly { canary: string; heldBy: string }[]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-heap-'))
  const file = join(folder, 'a.heapsnapshot')
  const words = [HELD, HALVED, NUMBER, DROPPED].map((text) => Buffer.from(text).toString('hex'))
  execFileSync(process.execPath, ['-e', SCRIPT, file, ...words])
  const canaries = Object.entries({ HELD, HALVED, NUMBER, DROPPED }).map(([name, digits]) => ({
    name,
    forms: formsOfDigits(digits).filter((form) => form.name === 'text'),
  }))
  hits = searchHeapSnapshot(file, new Matcher(canaries)).hits
}, 30_000)

afterAll(() => rmSync(folder, { recursive: true }))

describe('a secret in memory is found', () => {
  it.each([
    ['as a string', 'HELD', 'whole of'],
    ['in two halves', 'HALVED', 'halved of'],
    ['as a number', 'NUMBER', 'number of'],
  ])('%s, with what holds it', (_, canary, way) => {
    const ways = hits.filter((hit) => hit.canary === canary).map(({ heldBy }) => heldBy)
    expect(ways.some((one) => one.includes(way))).toBe(true)
  })

  it('only while something holds it', () => {
    expect(hits.filter(({ canary }) => canary === 'DROPPED')).toEqual([])
  })

  it('and is not part of how it is told', () => {
    expect(JSON.stringify(hits)).not.toMatch(/731337/)
  })
})

it('kinds of secrets are told without their numbers and owners', () => {
  expect(kindOf('voucher PIN 3 of mci-old.txt')).toBe('voucher PIN')
  expect(kindOf('tdes mac key of terminal/2, 5')).toBe('tdes mac key')
  expect(kindOf('key part 12')).toBe('key part')
})
