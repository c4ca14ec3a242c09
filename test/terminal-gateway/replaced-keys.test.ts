// An institution's servers do not begin to use new keys in one moment: those that the new ones
// replaced are taken for a while, and not a moment longer than an administrator wants them.

import { describe, expect, it } from 'vitest'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encodeWithMac } from '../../protocol/message/mac-input.ts'
import type { KeyOwner } from '../../switch/core/key-store.ts'
import { KeyDesk } from '../../terminal-gateway/key-desk.ts'
import { newSessionKeys, type SessionKeys, sealedSet } from '../../terminal-gateway/session-keys.ts'
import { newModule } from '../protocol/security/test-module.ts'
import { StoredInMemory } from './stored-keys.ts'

const BANK: KeyOwner = 'institution/bank'
const TAKEN_MS = 60_000
const DIALECT = DIALECTS.iso87ascii

const module = newModule()

/** Two sets of an owner, the second of which waits for its first message. */
async function opened(owner: KeyOwner, ownersMost = 9) {
  const store = new StoredInMemory()
  const master = module.generate('master', 'aes')
  store.putMaster(module, owner, master)
  let nowMs = 1_000
  const desk = new KeyDesk({
    ...{ module, store, ownersMost, unusedMost: 5, alarm: () => undefined },
    replaced: { takenMs: TAKEN_MS, monotonicMs: () => nowMs },
  })
  /** As `evs key zone` does. */
  const give = async (generation: number): Promise<SessionKeys> => {
    const rest = { scheme: 'aes', transmission: undefined, serialNumber: undefined } as const
    const set = { ...rest, module, generation, ...newSessionKeys(module, 'aes') }
    await store.putPending(owner, sealedSet(owner, set), module.checkValue(master))
    desk.changed(owner)
    return set
  }
  /** The generation that a message under this set is answered under. */
  const under = ({ macKey }: SessionKeys) => {
    const mac = (input: Buffer) => module.mac(macKey, input)
    const body = encodeWithMac(DIALECT, '0800', { 7: '1122054430', 11: '000001', 70: '301' }, mac)
    const message = decode(DIALECT, body)
    if (message.kind === 'rejected') throw new Error(message.reason)
    const verdict = desk.verify(owner, message, 'aes')
    return typeof verdict === 'string' ? verdict : verdict.generation
  }
  const pass = (ms: number) => {
    nowMs += ms
  }
  const first = await give(1)
  expect(under(first)).toBe(1)
  await Promise.resolve()
  return { store, desk, give, under, pass, first, second: await give(2) }
}

describe('keys of an institution that others have replaced', () => {
  it('are taken for a minute, and what is under them is answered under them', async () => {
    const { under, pass, first, second } = await opened(BANK)
    expect([under(first), under(second), under(first), under(second)]).toEqual([1, 2, 1, 2])
    pass(TAKEN_MS - 1)
    expect([under(first), under(second)]).toEqual([1, 2])
    pass(1)
    expect([under(first), under(second)]).toEqual(['wrong', 2])
  })

  it('are taken no longer because messages under them come', async () => {
    const { under, pass, first, second } = await opened(BANK)
    under(second)
    for (let times = 0; times < 6; times++) {
      expect(under(first)).toBe(1)
      pass(TAKEN_MS / 6)
    }
    expect(under(first)).toBe('wrong')
  })

  it('end at once when they are removed, and so do those that replaced them', async () => {
    const { store, desk, under, first, second } = await opened(BANK)
    under(second)
    const row = store.row(BANK)
    Object.assign(row, { master: undefined, active: undefined, pending: undefined })
    desk.changed(BANK)
    expect([under(first), under(second)]).toEqual(['none', 'none'])
  })

  it('end at once when the next ones are given', async () => {
    const { give, under, first, second } = await opened(BANK)
    under(second)
    const third = await give(3)
    expect([under(first), under(second), under(third), under(second)]).toEqual(['wrong', 2, 3, 2])
    expect(under(first)).toBe('wrong')
  })

  it('are not forgotten for other owners meanwhile', async () => {
    const { desk, under, first, second } = await opened(BANK, 1)
    under(second)
    await Promise.resolve()
    for (const other of ['terminal/1', 'terminal/2']) desk.isFlooded(other)
    expect(under(first)).toBe(1)
  })
})

it('keys of a terminal that others have replaced are wrong at once', async () => {
  const { under, first, second } = await opened('terminal/1')
  expect([under(first), under(second), under(first)]).toEqual([1, 2, 'wrong'])
})
