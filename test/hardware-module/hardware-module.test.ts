// The module over a real token of SoftHSM: it does what every module does, byte for byte. The empty
// message is left out: SoftHSM refuses it, and none has no message type.

import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { HardwareModule } from '../../hardware-module/hardware-module.ts'
import { goldenMessages } from '../protocol/security/golden-messages.ts'
import { conformance } from '../protocol/security/module-conformance.ts'
import {
  keyIn,
  newModule as newSoftwareModule,
  STORAGE_KEYS,
} from '../protocol/security/test-module.ts'
import { closeTokens, newToken, SOFTHSM } from './soft-token.ts'

afterAll(closeTokens)

const LABEL = 'evs-storage'

describe.skipIf(SOFTHSM === undefined)('the module over PKCS#11', async () => {
  if (SOFTHSM === undefined) return
  const token = await newToken()
  const newModule = (keysLoaded = 20): HardwareModule =>
    new HardwareModule(token, { keyLabel: LABEL, storage: STORAGE_KEYS, keysLoaded })
  newModule().makeStorageKey(STORAGE_KEYS.newest().id)

  describe('does what every module does', () => {
    conformance({ newModule: () => newModule(), manyKeys: 60 })
  })

  describe('makes and reads', () => {
    goldenMessages(() => newModule())
  })

  it('says what the software module says, for messages of any length', () => {
    const hardware = newModule()
    const software = newSoftwareModule()
    for (const scheme of ['tdes', 'aes'] as const) {
      const hex = randomBytes(16).toString('hex')
      const [inside, outside] = [hardware, software].map((one) => keyIn(one, 'mac', scheme, hex))
      if (inside === undefined || outside === undefined) throw new Error('two')
      for (let length = 1; length < 70; length++) {
        const input = randomBytes(length)
        const macs = [hardware.mac(inside, input), software.mac(outside, input)]
        expect(Buffer.from(macs[0] ?? [])).toEqual(Buffer.from(macs[1] ?? []))
      }
    }
  })

  it('seals under the newest storage key what was born under an older one', () => {
    let { id } = STORAGE_KEYS.newest()
    const newest = () => ({ ...STORAGE_KEYS.newest(), id })
    const storage = { byId: (wanted: number) => STORAGE_KEYS.byId(wanted), newest }
    const module = new HardwareModule(token, { keyLabel: LABEL, storage })
    const key = module.generate('mac', 'tdes')
    const mac = module.mac(key, Buffer.from('a message'))
    id++
    module.makeStorageKey(id)
    const sealed = module.seal(key, 'here')
    expect(Buffer.from(sealed).readUInt32BE()).toBe(id)
    const again = newModule().unseal('mac', 'tdes', sealed, 'here')
    if (again === undefined) throw new Error('it opens')
    expect(module.mac(key, Buffer.from('a message'))).toEqual(mac)
    expect(newModule().unseal('mac', 'tdes', sealed, 'there')).toBeUndefined()
  })

  it('takes over what the software module sealed, and seals it in the token', () => {
    const software = newSoftwareModule()
    const key = software.generate('mac', 'tdes')
    const input = randomBytes(50)
    const moved = newModule().unseal('mac', 'tdes', software.seal(key, 'here'), 'here')
    if (moved === undefined) throw new Error('it opens')
    const module = newModule()
    const again = module.unseal('mac', 'tdes', software.seal(key, 'here'), 'here')
    if (again === undefined) throw new Error('it opens')
    const sealed = module.seal(again, 'here')
    expect(software.unseal('mac', 'tdes', sealed, 'here')).toBeUndefined()
    const own = module.unseal('mac', 'tdes', sealed, 'here')
    if (own === undefined) throw new Error('it opens')
    expect(Buffer.from(module.mac(own, input))).toEqual(Buffer.from(software.mac(key, input)))
  })
})
