// The session with a token: what refuses a start, and what happens when one goes and comes back.
// The library is SoftHSM's; faults are put in front of it, as a cable would.

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Driver } from '../../hardware-module/driver.ts'
import { openDriver, TokenError } from '../../hardware-module/driver.ts'
import { HardwareModule } from '../../hardware-module/hardware-module.ts'
import { KekToken } from '../../hardware-module/kek-token.ts'
import { Token } from '../../hardware-module/token.ts'
import { ModuleAwayError } from '../../protocol/security/security-module.ts'
import { STORAGE_KEYS } from '../protocol/security/test-module.ts'
import { closeTokens, newTokenPlace, SOFTHSM, softHsm } from './soft-token.ts'

afterAll(closeTokens)

const INPUT = Buffer.from('a message')

/** The library with a fault in front of the calls that are named, while it is set. */
function faulty({ calls, numbers }: Driver) {
  const state = { fault: undefined as string | undefined, only: /./, calls: [] as string[] }
  const wrapped = new Proxy(calls, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name)
      if (typeof found !== 'function') return found
      return (...given: unknown[]) => {
        state.calls.push(String(name))
        if (state.fault !== undefined && state.only.test(String(name))) throw new Error(state.fault)
        return found.apply(target, given)
      }
    },
  })
  return { driver: { calls: wrapped, numbers }, state }
}

async function rig() {
  const { driver: real, ...place } = await newTokenPlace()
  const { driver, state } = faulty(real)
  const clock = { nowMs: 0 }
  const heard: (string | undefined)[] = []
  const changed = (away: string | undefined) => heard.push(away)
  const token = await Token.open(place, { monotonicMs: () => clock.nowMs, changed, driver })
  const module = new HardwareModule(token, { keyLabel: 'storage', storage: STORAGE_KEYS })
  module.makeStorageKey(STORAGE_KEYS.newest().id)
  const key = module.generate('mac', 'tdes')
  return { place, token, module, key, state, clock, heard, mac: module.mac(key, INPUT) }
}

describe.skipIf(SOFTHSM === undefined)('a token', () => {
  it('is not opened without its library, its label, or its user PIN', async () => {
    await expect(openDriver('/no/such/library.so')).rejects.toThrow('is no PKCS#11 library')
    const { driver, ...place } = await newTokenPlace()
    const open = (other: object) =>
      Token.open({ ...place, ...other }, { monotonicMs: () => 0, driver })
    await expect(open({ tokenLabel: 'other' })).rejects.toThrow('no token is called other; there:')
    await expect(open({ userPin: {} })).rejects.toThrow('userPinFile')
    const wrong = { words: ['printf', '00000000'], limitMs: 5_000 }
    await expect(open({ userPin: { command: wrong } })).rejects.toThrow('CKR_PIN_INCORRECT')
  })

  it.each(['CK-shop', 'CKO_SECRET_KEY'])('takes the label %s for a label', async (label) => {
    const { driver, ...place } = await newTokenPlace()
    const token = await Token.open(place, { monotonicMs: () => 0, driver })
    const module = new HardwareModule(token, { keyLabel: label, storage: STORAGE_KEYS })
    module.makeStorageKey(STORAGE_KEYS.newest().id)
    const key = module.generate('mac', 'tdes')
    expect(module.mac(key, INPUT)).toEqual(module.mac(key, INPUT))
    expect(token.run(() => token.find({ CKA_LABEL: label })).length).toBeGreaterThan(0)
  })

  it('lacks a mechanism: the start names it', async () => {
    const { driver: real, ...place } = await newTokenPlace()
    const { driver, state } = faulty(real)
    const calls = new Proxy(driver.calls, {
      get(target, name) {
        if (name !== 'C_GetMechanismList') return Reflect.get(target, name)
        return (slot: Buffer) => {
          const list = target.C_GetMechanismList(slot)
          const { CKM_AES_CMAC: cmac, CKM_AES_KEY_WRAP: wrap } = real.numbers
          return list.filter((one) => one !== cmac && one !== wrap)
        }
      },
    })
    const opening = Token.open(place, { monotonicMs: () => 0, driver: { ...driver, calls } })
    await expect(opening).rejects.toThrow('lacks CKM_AES_KEY_WRAP, CKM_AES_CMAC')
    await expect(opening).rejects.toBeInstanceOf(TokenError)
    expect(state.calls.at(-1)).toBe('C_CloseSession')
  })

  it('that loses its session is logged in to again, and nobody notices', async () => {
    const { token, module, key, mac, heard, place } = await rig()
    const { calls } = await openDriver(place.library)
    for (const slot of calls.C_GetSlotList(true)) calls.C_CloseAllSessions(slot)
    expect(module.mac(key, INPUT)).toEqual(mac)
    expect(token.sessions).toBe(2)
    calls.C_Finalize()
    expect(module.mac(key, INPUT)).toEqual(mac)
    expect(token.away).toBeUndefined()
    expect(heard).toEqual([])
  })

  it.each([
    'CKR_DEVICE_ERROR:48',
    'CKR_TOKEN_NOT_PRESENT:224',
    'CKR_GENERAL_ERROR:5',
    'CKR_DEVICE_REMOVED:50',
  ])('that answers %s to everything is away until it is back', async (fault) => {
    const { token, module, key, mac, state, clock, heard } = await rig()
    state.fault = fault
    expect(() => module.mac(key, INPUT)).toThrow(ModuleAwayError)
    expect(token.away).toContain(fault.split(':')[0])
    expect(heard).toEqual([token.away])
    // While it is away it is left alone, and then asked once in a while.
    const asked = () => state.calls.length
    const before = asked()
    for (let i = 0; i < 100; i++)
      expect(() => module.generate('mac', 'aes')).toThrow(ModuleAwayError)
    token.check()
    expect(asked()).toBe(before)
    clock.nowMs += 2_500
    expect(() => module.mac(key, INPUT)).toThrow(ModuleAwayError)
    expect(asked()).toBeGreaterThan(before)
    state.fault = undefined
    expect(() => module.mac(key, INPUT)).toThrow(ModuleAwayError)
    clock.nowMs += 2_500
    token.check()
    expect(token.away).toBeUndefined()
    expect(heard).toEqual([expect.stringContaining('CKR_'), undefined])
    expect(module.mac(key, INPUT)).toEqual(mac)
  })

  it('on the network is found again by a library that began anew', async () => {
    const { module, key, mac, state, clock } = await rig()
    const gone = 'CKR_DEVICE_REMOVED:50'
    state.fault = gone
    expect(() => module.mac(key, INPUT)).toThrow(ModuleAwayError)
    const { length } = state.calls
    // Its client goes on to miss it until it is ended.
    Object.defineProperty(state, 'fault', {
      get: () => (state.calls.slice(length).includes('C_Finalize') ? undefined : gone),
    })
    clock.nowMs += 2_500
    expect(module.mac(key, INPUT)).toEqual(mac)
  })

  it('that refuses one call only does not stop the others', async () => {
    const { token, module, key, mac, state, heard } = await rig()
    state.only = /C_Sign/
    state.fault = 'CKR_FUNCTION_FAILED:6'
    expect(() => module.seal(key, 'place')).toThrow(ModuleAwayError)
    expect(token.away).toBeUndefined()
    expect(module.mac(key, INPUT)).toEqual(mac)
    expect(heard).toEqual([])
  })

  it('that does not decipher is away: the key-encryption key is not called a wrong one', async () => {
    const { token, state } = await rig()
    const kek = new KekToken(token, 'kek').make()
    const wrapped = kek.wrap(Buffer.alloc(32, 1), 'here')
    state.only = /^C_(En|De)crypt/
    state.fault = 'CKR_DEVICE_ERROR:48'
    expect(() => kek.unwrap(wrapped, 'here')).toThrow(ModuleAwayError)
    state.fault = undefined
    expect(kek.unwrap(wrapped, 'here')).toEqual(Buffer.alloc(32, 1))
  })

  it('is missed by a check before anybody needs a key', async () => {
    const { token, state } = await rig()
    token.check()
    expect(token.away).toBeUndefined()
    state.fault = 'CKR_DEVICE_REMOVED:50'
    token.check()
    expect(token.away).toContain('CKR_DEVICE_REMOVED')
  })

  it.each(['CKR_PIN_INCORRECT:160', 'CKR_PIN_EXPIRED:163', 'CKR_PIN_LOCKED:164'])(
    'whose user PIN is refused is never tried again: that would lock it (%s)',
    async (fault) => {
      const { token, module, key, state, clock } = await rig()
      state.fault = fault
      state.only = /C_Login|C_Encrypt/
      expect(() => module.mac(key, INPUT)).toThrow(ModuleAwayError)
      const logins = () => state.calls.filter((name) => name === 'C_Login').length
      const before = logins()
      state.fault = undefined
      for (let i = 0; i < 5; i++) {
        clock.nowMs += 10_000
        token.check()
      }
      expect(logins()).toBe(before)
      expect(token.away).toContain(fault.split(':')[0])
    },
  )
})

describe.skipIf(SOFTHSM === undefined)('a user PIN', async () => {
  if (SOFTHSM === undefined) return
  const { driver, ...place } = await newTokenPlace()
  const folder = softHsm()
  const file = join(folder.folder, 'user-pin')
  const open = (userPin: object) =>
    Token.open({ ...place, userPin }, { monotonicMs: () => 0, driver })

  it('is read from a file that nobody else may read', async () => {
    writeFileSync(file, '24681357\n', { mode: 0o600 })
    ;(await open({ file })).close()
    chmodSync(file, 0o640)
    await expect(open({ file })).rejects.toThrow('has mode 0640')
    chmodSync(file, 0o600)
    writeFileSync(file, 'x\n')
    await expect(open({ file })).rejects.toThrow('no 4 to 255 characters')
    await expect(open({ file: join(folder.folder, 'none') })).rejects.toThrow('cannot read')
  })

  it('is printed by a command, which is ended when it takes too long', async () => {
    const by = (words: string[], limitMs = 5_000) => open({ command: { words, limitMs } })
    ;(await by(['printf', '24681357'])).close()
    await expect(by(['sh', '-c', 'echo 24681357 >&2; exit 3'])).rejects.toThrow('exit code was 3')
    await expect(by(['/no/such/program'])).rejects.toThrow('ENOENT')
    await expect(by(['sleep', '5'], 50)).rejects.toThrow('ETIMEDOUT')
    folder.close()
  })
})
