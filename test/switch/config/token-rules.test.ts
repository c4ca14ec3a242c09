// Rules about keys in a token: each broken one names the setting to change. The PIN of the token's
// user is no setting, so that nobody can write it down here.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SOFTWARE_ACCEPTANCE } from '../../../protocol/security/software-module.ts'
import { loadConfig } from '../../../switch/config/load.ts'
import { starterYaml } from '../../../switch/config/starter.ts'

const token = { library: '/lib/p11.so', tokenLabel: 'evs', userPinFile: '/keys/user-pin' }

function problemsWith(yaml: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'evs-token-rules-'))
  const file = join(folder, 'evs.yaml')
  writeFileSync(file, yaml)
  const loaded = loadConfig({ file, env: {} })
  rmSync(folder, { recursive: true })
  if (loaded.kind === 'config') return []
  return loaded.problems.map(({ path, message }) => `${path}: ${message}`)
}

const starter = starterYaml({ token })
const without = (text: string) => starter.replace(text, '')

it('the starter of a token is in order', () => {
  expect(problemsWith(starter)).toEqual([])
})

it.each([
  ['two labels that are one', starter.replace('evs-kek', 'evs-storage'), 'vault.kekLabel'],
  [
    'the label of binding keys',
    starter.replace('evs-kek', 'evs-storage-binding'),
    'vault.kekLabel',
  ],
  [
    'a token for nothing',
    without('  kekLabel: evs-kek').replace('keyLabel: evs-storage', '{}'),
    'pkcs11',
  ],
  ['no user PIN', without('  userPinFile: "/keys/user-pin"   # mode 0600\n'), 'pkcs11.userPinFile'],
  [
    'two places of one user PIN',
    starter.replace('  userPinFile:', '  userPinCommand: [pin]\n  userPinFile:'),
    'pkcs11.userPinFile',
  ],
  [
    'a user PIN within the data',
    starter.replace('/keys/user-pin', 'data/pin'),
    'pkcs11.userPinFile',
  ],
  [
    'a user PIN written down',
    starter.replace('userPinFile:', 'userPin: 1234\n  userPinFile:'),
    'pkcs11',
  ],
  [
    'keys in the process as well',
    starter.replace('keyLabel:', `software: ${SOFTWARE_ACCEPTANCE}\n  keyLabel:`),
    'securityModule.software',
  ],
])('%s is a problem', (_what, yaml, path) => {
  const problems = problemsWith(yaml)
  expect(problems.join('\n')).toContain(path)
})

it('labels without a token are problems', () => {
  const start = starter.indexOf('pkcs11:')
  const bare = starter.slice(0, start) + starter.slice(starter.indexOf('vault:'))
  expect(problemsWith(bare).map((text) => text.split(':')[0])).toEqual([
    'securityModule.keyLabel',
    'vault.kekLabel',
  ])
})
