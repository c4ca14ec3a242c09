// The software module: what it does with keys is what every module does; its own are the acceptance
// that production needs, and its randomness.

import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  SOFTWARE_ACCEPTANCE,
  SoftwareModule,
  SoftwareRefusedError,
} from '../../../protocol/security/software-module.ts'
import { conformance } from './module-conformance.ts'
import { newModule, STORAGE_KEYS, TESTING } from './test-module.ts'

conformance({ newModule, manyKeys: 4_100 })

describe('the software module', () => {
  const inProduction = (acceptance: string | undefined) => () =>
    new SoftwareModule({ production: true, acceptance }, STORAGE_KEYS, randomBytes)

  it('does not start in production unless the configuration accepts it in so many words', () => {
    for (const said of [undefined, '', 'true', 'yes', SOFTWARE_ACCEPTANCE.toLowerCase()])
      expect(inProduction(said)).toThrow(SoftwareRefusedError)
    expect(inProduction(SOFTWARE_ACCEPTANCE)).not.toThrow()
  })

  it('gives up when its randomness gives weak keys only', () => {
    const module = new SoftwareModule(TESTING, STORAGE_KEYS, (count) => Buffer.alloc(count, 5))
    for (const scheme of ['tdes', 'aes'] as const) {
      expect(() => module.generate('mac', scheme)).toThrow('source of randomness')
      expect(() => module.generateComponents('mac', scheme, 3)).toThrow('source of randomness')
    }
  })
})
