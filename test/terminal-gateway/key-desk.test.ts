// Which owners' keys stay open: a bounded number, and never without one whose logon is being
// written, or its next set would have the number of that one and be lost. What the store does not
// have is asked for again.

import { expect, it } from 'vitest'
import type { Key } from '../../protocol/values/key.ts'
import type { KeyOwner, SealedKeySet } from '../../switch/core/key-store.ts'
import { KeyDesk } from '../../terminal-gateway/key-desk.ts'
import { newModule } from '../protocol/security/test-module.ts'
import { StoredInMemory } from './stored-keys.ts'

const [FIRST, SECOND] = ['terminal/1', 'terminal/2'] as const satisfies readonly KeyOwner[]

class SlowStore extends StoredInMemory {
  readonly generations: number[] = []
  readonly #writes: (() => void)[] = []

  override async putPending(owner: KeyOwner, set: SealedKeySet): Promise<boolean> {
    this.generations.push(set.generation)
    await new Promise<void>((written) => this.#writes.push(written))
    return super.putPending(owner, set)
  }

  write(): void {
    for (const written of this.#writes.splice(0)) written()
  }
}

it('an owner is not forgotten for another one while a logon of his is being written', async () => {
  const store = new SlowStore()
  const module = newModule()
  const master: Key = module.generate('master', 'aes')
  for (const owner of [FIRST, SECOND]) store.putMaster(module, owner, master)
  const desk = new KeyDesk({ module, store, ownersMost: 1, alarm: () => undefined })
  const request = { scheme: 'aes', transmission: '1122093000', serialNumber: 'SN-1' } as const
  const logons = [FIRST, SECOND, FIRST].map((owner) => desk.logon(owner, request))
  store.write()
  const kinds = (await Promise.all(logons)).map(({ kind }) => kind)
  expect(kinds).toEqual(['keys', 'keys', 'keys'])
  expect(store.generations).toEqual([1, 1, 2])
  expect(store.find(FIRST).pending?.generation).toBe(2)
})

it('a key set of terminals that the store has only later is found then', () => {
  const store = new StoredInMemory()
  const module = newModule()
  const desk = new KeyDesk({ module, store, ownersMost: 1, alarm: () => undefined })
  const serials = ['FFFF9876543210E00001', 'FFFF1111113210E00001'] as const
  expect(serials.map((serial) => desk.baseKey(serial))).toEqual([undefined, undefined])
  const base = module.generate('dukpt-base', 'tdes')
  store.putMaster(module, `dukpt/${serials[0].slice(0, 10)}`, base)
  expect(desk.baseKey(serials[0])).toMatchObject({ scheme: 'tdes' })
  expect(desk.baseKey(serials[1])).toBeUndefined()
})
