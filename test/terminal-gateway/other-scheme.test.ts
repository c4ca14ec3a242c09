// A listener whose key scheme was changed: stored keys of the other scheme are none, and whoever
// has only those is told to log on. [wire-protocol 3.5]

import { describe, expect, it } from 'vitest'
import type { Fields } from '../../protocol/message/encode.ts'
import type { Key, KeyScheme } from '../../protocol/security/security-module.ts'
import { setPlace } from '../../switch/core/key-store.ts'
import { KeyDesk } from '../../terminal-gateway/key-desk.ts'
import { keyIn } from '../protocol/security/test-module.ts'
import { FrontDesk } from './front-desk.ts'
import { type GoldenKeys, KeyedDesk, OWNER } from './keyed-desk.ts'

const USES = ['mac', 'pin', 'data'] as const
const KEYS = keysOf('3D419E1CB7079443AA37474C2EFBF8B9')
const NEXT = keysOf('C2BFE6EA4FF96BBD54C9B9B2D0040747')

describe.each([
  ['tdes', 'aes'],
  ['aes', 'tdes'],
] as const)('keys of %s on a listener that is %s now', (before, now) => {
  it.each(['institution', 'terminal'] as const)('of kind %s are none', async (kind) => {
    const { sells, keyed, owner } = await changedTo(kind, now, before)
    expect(await sells(1, keyIn(keyed.module, 'mac', before, KEYS.mac))).toBe('97')
    expect(await sells(2, keyIn(keyed.module, 'mac', now, NEXT.mac))).toBe('97')
    expect(keyed.desk.story.ledger.debits.size).toBe(0)
    expect(keyed.store.row(owner).active?.scheme).toBe(before)
  })

  it('give way to new ones at once, and are not taken for a while after them', async () => {
    const { sells, keyed, owner } = await changedTo('institution', now, before)
    const sealed = (use: (typeof USES)[number]) =>
      keyed.module.seal(keyIn(keyed.module, use, now, NEXT[use]), setPlace(owner, 2))
    keyed.store.row(owner).pending = {
      ...{ generation: 2, scheme: now, transmission: undefined, serialNumber: undefined },
      ...{ macKey: sealed('mac'), pinKey: sealed('pin'), dataKey: sealed('data') },
    }
    const [old, next] = [
      keyIn(keyed.module, 'mac', before, KEYS.mac),
      keyIn(keyed.module, 'mac', now, NEXT.mac),
    ]
    expect(await sells(1, old)).toBe('63')
    expect(await sells(2, next)).toBe('00')
    expect(await sells(3, old)).toBe('63')
  })
})

/** The owner's only keys are of the scheme before. */
async function changedTo(kind: 'institution' | 'terminal', now: KeyScheme, before: KeyScheme) {
  const keyed = await KeyedDesk.open(before, { kind, keys: now })
  keyed.desk.register({ scheme: now })
  const { listener, story, gateway } = keyed.desk
  const owner = kind === 'terminal' ? OWNER : (`institution/${listener.name}` as const)
  keyed.install(KEYS, owner)
  const { module, store } = keyed
  const replaced = { takenMs: 60_000, monotonicMs: () => 0 }
  const ports = { module, store, ownersMost: 9, unusedMost: 5, alarm: () => undefined }
  const keyDesk = new KeyDesk({ ...ports, replaced })
  const desk = new FrontDesk(story, listener, { ...gateway, keyDesk })
  const sells = async (stan: number, macKey: Key) => {
    const sale: Fields = story.sale(stan)
    const session = { macKey, pinKey: macKey, dataKey: macKey }
    const [reply] = await desk.frame(keyed.sealed(session, '0200', sale))
    return reply?.message.get(39)
  }
  return { sells, keyed, owner }
}

function keysOf(hex: string): GoldenKeys {
  return Object.fromEntries(USES.map((use) => [use, hex])) as GoldenKeys
}
