// Two sets of zone keys are the same when both their keys are, whether those lie in this process or
// in a token.

import { afterAll, describe, expect, it } from 'vitest'
import { areSameKeys } from '../../card-gateway/zone-set.ts'
import { HardwareModule } from '../../hardware-module/hardware-module.ts'
import type { KeyScheme, SecurityModule } from '../../protocol/security/security-module.ts'
import { closeTokens, newToken, SOFTHSM } from '../hardware-module/soft-token.ts'
import { keyIn, newModule, STORAGE_KEYS } from '../protocol/security/test-module.ts'

afterAll(closeTokens)

const [ONE, OTHER] = ['3d419e1cb7079443aa37474c2efbf8b9', '0123456789abcdeffedcba9876543210']
const SCHEMES = ['tdes', 'aes'] as const

describe('keys of a link', () => {
  it.each(SCHEMES)('are told apart in this process (%s)', (scheme) => {
    expectToldApart(newModule(), scheme)
  })

  it.skipIf(SOFTHSM === undefined).each(SCHEMES)(
    'are told apart in a token (%s)',
    async (scheme) => {
      const options = { keyLabel: 'storage', storage: STORAGE_KEYS }
      const module = new HardwareModule(await newToken(), options)
      module.makeStorageKey(STORAGE_KEYS.newest().id)
      expectToldApart(module, scheme)
    },
  )
})

function expectToldApart(module: SecurityModule, scheme: KeyScheme): void {
  const set = (mac: string, pinKey: string) => ({
    macKey: keyIn(module, 'mac', scheme, mac),
    pinKey: keyIn(module, 'pin', scheme, pinKey),
  })
  const one = set(ONE, OTHER)
  expect(areSameKeys(module, one, set(ONE, OTHER))).toBe(true)
  expect(areSameKeys(module, one, set(ONE, ONE))).toBe(false)
  expect(areSameKeys(module, one, set(OTHER, OTHER))).toBe(false)
}
