// The key-encryption key from a program: what it prints is taken or refused as a whole, it is ended
// when it takes too long, and nothing of what it says is repeated.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesKek } from '../../../voucher-store/vault/kek.ts'
import { readKekCommand } from '../../../voucher-store/vault/kek-command.ts'
import { wipesOf } from '../../wipes.ts'

const HEX = 'a1'.repeat(32)
const limitMs = 10_000
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-kek-command-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const node = (script: string) => [process.execPath, '-e', script]

describe('a command that prints the key', () => {
  it('gives its bytes, with or without the end of a line', () => {
    for (const end of ['', '\\n', '\\r\\n']) {
      const words = node(`process.stdout.write('${HEX}${end}')`)
      const read = readKekCommand({ words, limitMs })
      const wrapped = bytesKek(Buffer.from(HEX, 'hex')).wrap(Buffer.alloc(32), 'here')
      expect(read.kind === 'kek' && read.kek.unwrap(wrapped, 'here')).toEqual(Buffer.alloc(32))
    }
  })

  it('leaves nothing of what it printed in memory but the key', async () => {
    const words = node(`console.log('${HEX}')`)
    const [, wiped] = await wipesOf(() => readKekCommand({ words, limitMs }))
    expect(wiped).toContain(Buffer.from(`${HEX}\n`).toString('hex'))
  })

  it('gets its arguments as they are: no shell looks at them', () => {
    const file = join(folder, 'key of the $HOME; exit')
    writeFileSync(file, HEX)
    expect(readKekCommand({ words: ['cat', file], limitMs }).kind).toBe('kek')
  })
})

const WRONG: readonly (readonly [string, string[], RegExp])[] = [
  ['is not there', ['/nowhere/kek'], /cannot be run \(ENOENT\)/],
  ['ends with another code', node(`console.log('${HEX}'); process.exit(3)`), /exit code was 3/],
  ['prints too little', node("console.log('abcd')"), /64 hex/],
  ['prints nothing', node(''), /64 hex/],
  ['prints two lines', node(`console.log('${HEX}'); console.log('${HEX}')`), /64 hex/],
  ['prints no hex', node("console.log('x'.repeat(64))"), /64 hex/],
  ['prints without end', node("for (;;) console.log('a'.repeat(64))"), /more than 64/],
]

describe('a command that', () => {
  it.each(WRONG)('%s is a problem that tells why', (_what, words, why) => {
    const found = readKekCommand({ words, limitMs })
    expect(found).toMatchObject({ kind: 'problem', fromCommand: true })
    if (found.kind === 'problem') expect(found.message).toMatch(why)
  })

  it('says something on standard error is not repeated', () => {
    const words = node(`console.error('${HEX}'); console.log('${HEX}'); process.exit(1)`)
    const found = readKekCommand({ words, limitMs })
    expect(JSON.stringify(found)).not.toContain(HEX)
  })

  it('does not end is ended, and so is waiting for what it started', () => {
    const started = Date.now()
    for (const words of [node('setInterval(() => 0, 1000)'), ['sh', '-c', 'sleep 8 & sleep 8']]) {
      const found = readKekCommand({ words, limitMs: 300 })
      expect(found).toMatchObject({ kind: 'problem' })
      if (found.kind === 'problem') expect(found.message).toContain('did not end within 300 ms')
    }
    expect(Date.now() - started).toBeLessThan(6_000)
  })
})
