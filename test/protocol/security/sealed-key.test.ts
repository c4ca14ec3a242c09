// Keys on the disk open as what they were sealed as, and as nothing else.

import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openKey, sealKey } from '../../../protocol/security/sealed-key.ts'

const OLD = { id: 3, key: randomBytes(32) }
const NEW = { id: 4, key: randomBytes(32) }
const keys = (...kept: (typeof OLD)[]) => ({
  newest: () => kept[0] ?? OLD,
  byId: (id: number) => kept.find((key) => key.id === id),
})
const BINDING = { use: 'pin', scheme: 'tdes', place: 'terminal|1|active' } as const

describe('a sealed key', () => {
  const clear = randomBytes(16)
  const sealed = sealKey(OLD, clear, BINDING, randomBytes)

  it('opens while its storage key is kept', () => {
    expect(openKey(keys(NEW, OLD), sealed, BINDING)?.equals(clear)).toBe(true)
    expect(openKey(keys(NEW), sealed, BINDING)).toBeUndefined()
    expect(openKey(keys({ id: 3, key: NEW.key }), sealed, BINDING)).toBeUndefined()
  })

  it('opens for its use, scheme and place only', () => {
    for (const other of [
      { ...BINDING, use: 'mac' },
      { ...BINDING, scheme: 'aes' },
      { ...BINDING, place: 'terminal|1|pending' },
    ] as const) {
      expect(openKey(keys(OLD), sealed, other)).toBeUndefined()
    }
  })

  it('does not open as one of another storage key, though that has the same bytes', () => {
    const moved = Buffer.from(sealed)
    moved.writeUInt32BE(4)
    expect(openKey(keys(OLD, { id: 4, key: OLD.key }), moved, BINDING)).toBeUndefined()
  })

  it('does not open when one bit of it changed, or when it is cut', () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(openKey(keys(OLD), changed, BINDING)).toBeUndefined()
    }
    for (const other of [sealed.subarray(1), sealed.subarray(0, -1), Buffer.alloc(0)]) {
      expect(openKey(keys(OLD), other, BINDING)).toBeUndefined()
    }
  })

  it('says which storage key it is under, has a nonce of its own, and holds nothing in clear', () => {
    expect(sealed.readUInt32BE()).toBe(3)
    expect(sealed.length).toBe(4 + 12 + 16 + 16)
    expect(sealed.includes(clear)).toBe(false)
    expect(sealKey(OLD, clear, BINDING, randomBytes).equals(sealed)).toBe(false)
  })
})
