// The tidiness rules see what they forbid, each in a file made for it.

import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { anchorOf } from './docs.ts'
import {
  anyTypes,
  bannedCalls,
  bannedNames,
  defaultExports,
  hastyJudges,
  longFunctions,
  waiting,
} from './rules.ts'
import type { Source } from './source.ts'

function source(text: string, path = 'switch/x.ts'): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  return { path, lines: text.split('\n'), tree, product: true }
}

describe('the tidiness rules', () => {
  it.each([
    ['Date.now()', 'Date.now'],
    ['const t = new Date()', 'new Date()'],
    ['setTimeout(run, 5)', 'setTimeout'],
    ['globalThis.setInterval(run)', 'setInterval'],
    ['crypto.randomBytes(8)', 'randomBytes'],
    ['Math.random()', 'Math.random'],
  ])('see the call in %s', (text, call) => {
    expect(bannedCalls(source(text))).toEqual([`switch/x.ts:1: ${call} outside an adapter`])
  })

  it('allow a date that is made of data, a comment, and an adapter its own calls', () => {
    expect(bannedCalls(source('new Date(5) // Date.now()'))).toEqual([])
    expect(bannedCalls(source('Date.now()', 'protocol/link/timers.ts'))).toEqual([])
    expect(bannedCalls(source('Math.random()', 'protocol/link/timers.ts'))).toHaveLength(1)
  })

  it('see who compares a MAC by its first difference, and who is not known to judge one', () => {
    const steady = source('const isRight = timingSafeEqual(is, should)')
    expect(hastyJudges([steady], [steady.path])).toEqual([])
    expect(hastyJudges([steady], [])).toEqual([`${steady.path} is not listed`])
    const hasty = source('const isRight = is.equals(should) // timingSafeEqual(is, should)')
    expect(hastyJudges([hasty], [hasty.path])).toEqual([`${hasty.path} is hasty`])
  })

  it('see a bare pin, but neither a voucherPin nor the word in a text', () => {
    expect(bannedNames(source('\nconst pin = 1'))).toEqual(['switch/x.ts:2: the name pin'])
    expect(bannedNames(source("const voucherPin = 'pin'"))).toEqual([])
  })

  it('leave the transaction of a database to the store', () => {
    expect(bannedNames(source('db.transaction(run)'))).toHaveLength(1)
    expect(bannedNames(source('db.transaction(run)', 'voucher-store/writer.ts'))).toEqual([])
  })

  it('see any, a default export, a long function and a wait', () => {
    expect(anyTypes(source('let x: any'))).toHaveLength(1)
    expect(defaultExports(source('export default 5'))).toHaveLength(1)
    expect(defaultExports(source('export default function f() {}'))).toHaveLength(1)
    expect(longFunctions(source(`function f() {${'\n'.repeat(70)}}`))).toHaveLength(1)
    expect(waiting(source('async function f() { await 1 }'))).toHaveLength(2)
    expect(waiting(source('function f(): Promise<void> {}'))).toHaveLength(1)
  })

  it('find a heading by the anchor that it gets on the web', () => {
    expect(anchorOf('`evs init`: what it does?')).toBe('evs-init-what-it-does')
    expect(anchorOf('2. Framing')).toBe('2-framing')
  })
})
