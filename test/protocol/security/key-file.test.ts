// Master keys from lines of text: which are read, and what a reason tells of those that are not.

import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { masterKeyOf } from '../../../protocol/security/key-file.ts'
import { isReason } from '../../../protocol/values/reason.ts'
import { good, keyIn, newModule } from './test-module.ts'

const HEX = { tdes: 'B0D02CE325768F75F7D007A29E108CCE', aes: '463708B982D0FC4FD840749EA0068018' }

function read(text: string) {
  const module = newModule()
  const key = masterKeyOf(module, text, randomBytes)
  return isReason(key) ? key.reason : `${key.use} ${key.scheme} ${module.checkValue(key)}`
}

function checkOf(scheme: 'tdes' | 'aes', hex: string): string {
  const module = newModule()
  return module.checkValue(keyIn(module, 'master', scheme, hex))
}

describe.each(['tdes', 'aes'] as const)('a key file of scheme %s', (scheme) => {
  const hex = HEX[scheme]
  const check = checkOf(scheme, hex)

  it('holds one key', () => {
    expect(read(`scheme ${scheme}\nkey ${hex}\n`)).toBe(`master ${scheme} ${check}`)
    const grouped = hex.toLowerCase().replaceAll(/(.{4})(?=.)/g, '$1-')
    const spread = `# a terminal\r\n\r\n  key ${grouped} ${check}\r\nscheme ${scheme}`
    expect(read(spread)).toBe(`master ${scheme} ${check}`)
  })

  it('holds a key that unwraps what the same key wrapped', () => {
    const module = newModule()
    const known = keyIn(module, 'master', scheme, hex)
    const mac = module.generate('mac', scheme)
    const key = good(masterKeyOf(module, `scheme ${scheme}\nkey ${hex}`, randomBytes))
    const taken = good(module.importUnder(key, module.exportUnder(known, mac), 'mac'))
    expect(module.checkValue(taken)).toBe(module.checkValue(mac))
  })

  it.each([2, 3])('holds %i parts', (count) => {
    const module = newModule()
    const { key, components } = module.generateComponents('master', scheme, count)
    const parts = components.map(({ component, checkValue }) => {
      return `part ${component.reveal()} ${checkValue.toLowerCase()}`
    })
    const text = [`scheme ${scheme}`, ...parts].join('\n')
    expect(read(text)).toBe(`master ${scheme} ${module.checkValue(key)}`)
  })
})

it.each([
  ['', 'key file: a line `scheme tdes` or `scheme aes` expected'],
  ['scheme none', 'key file: line 1 is not understood'],
  ['scheme aes\nscheme aes', 'key file: line 2 is not understood'],
  ['scheme aes', 'key file: 2 or 3 lines `part`, or one line `key`, expected'],
  [`scheme aes\nkey ${HEX.aes}\nkey ${HEX.aes}`, 'key file: line 3 is not understood'],
  ['scheme aes\nkey 12', 'key file: line 2 is not understood'],
  [`scheme aes\nkey ${HEX.aes} 000000 1`, 'key file: line 2 is not understood'],
  [`scheme aes\nkey ${HEX.aes} 00`, 'key file: line 2 is not understood'],
  [`scheme aes\nkey ${HEX.aes} 000000`, 'key file: the check value differs'],
  [`scheme aes\npart ${HEX.aes}`, 'key file: line 2 is not understood'],
  [
    `scheme aes\nkey ${HEX.aes}\npart ${HEX.aes} 000000`,
    'key file: 2 or 3 lines `part`, or one line `key`, expected',
  ],
  [
    `scheme aes${`\npart ${HEX.aes} 000000`.repeat(4)}`,
    'key file: 2 or 3 lines `part`, or one line `key`, expected',
  ],
  [`scheme aes\npart ${HEX.aes} 000000\npart ${HEX.aes} 000000`, 'key part 1: check value differs'],
  [`scheme aes\nkey ${'00'.repeat(16)}`, 'key: is weak'],
])('refuses %j', (text, why) => {
  expect(read(text)).toBe(why)
})
