// A host that changes only the PIN key of its link: the change brings the MAC key in force and
// another PIN key. It is a change like any other, or PINs would go on under the key of before.

import { describe, expect, it } from 'vitest'
import type { ZoneKeys } from '../../card-gateway/zone-keys.ts'
import type { Key } from '../../protocol/security/security-module.ts'
import { CardPin } from '../../protocol/values/card.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { isReason } from '../../protocol/values/reason.ts'
import { good, newModule } from '../protocol/security/test-module.ts'
import { change, changeUnder, newLink, proved } from './zone-key-rig.ts'

const PAN = good(Pan.parse('4012345678909'))
const CARD_PIN = good(CardPin.parse('1234'))

const module = newModule()

describe.each(['tdes', 'aes'] as const)('a change of the PIN key alone (%s)', (scheme) => {
  function link() {
    const made = newLink(module, scheme)
    const first = made.keys()
    const { macKey } = first
    const other = () => ({ macKey, pinKey: made.keys().pinKey })
    const under = (set: typeof first) => ({ macKey, blocks: made.blocksOf(set) })
    return { ...made, zone: made.link.restart(), first, other, under }
  }

  it('is in force when it is answered with 00, and after a restart', async () => {
    const { link: stored, zone, first, other, under } = link()
    await proved(module, zone, under(first))
    const second = other()
    expect(await changeUnder(module, zone, under(second))).toBe('00')
    for (const one of [zone, stored.restart()]) {
      expect(pinLeavesUnder(one, second.pinKey)).toBe(true)
    }
  })

  it('that comes again changes nothing more', async () => {
    const { link: stored, zone, first, other, under } = link()
    await proved(module, zone, under(first))
    const second = under(other())
    for (let times = 0; times < 2; times++) {
      expect(await changeUnder(module, zone, second)).toBe('00')
    }
    expect(stored.store.row(zone.owner).pending?.generation).toBe(2)
  })

  it('is no way back to the keys before it for a change that somebody sends again', async () => {
    const { link: stored, zone, first, other, under } = link()
    await proved(module, zone, under(first))
    const second = other()
    await changeUnder(module, zone, under(second))
    expect(await changeUnder(module, zone, under(first))).toBe('63')
    for (const one of [zone, stored.restart()]) {
      expect(pinLeavesUnder(one, second.pinKey)).toBe(true)
    }
  })

  it('gives way to nothing: which of the two the host has, no answer tells', async () => {
    const { zone, first, other, under } = link()
    await proved(module, zone, under(first))
    const second = other()
    await changeUnder(module, zone, under(second))
    for (let times = 0; times < 3; times++) {
      zone.unanswered(zone.inForce)
      expect(pinLeavesUnder(zone, second.pinKey)).toBe(true)
    }
  })

  it('is no first change that comes again: it waits until the host has left a request', async () => {
    const { zone, first, other, blocksOf } = link()
    expect(await change(zone, blocksOf(first))).toBe('00')
    const second = other()
    expect(await change(zone, blocksOf(second))).toBe('63')
    zone.unanswered(zone.inForce)
    expect(await change(zone, blocksOf(second))).toBe('00')
    expect(pinLeavesUnder(zone, second.pinKey)).toBe(true)
  })
})

function pinLeavesUnder(zone: ZoneKeys, pinKey: Key): boolean {
  const key = module.generate('pin', 'tdes')
  const block = module.encipherPin(key, CARD_PIN, PAN)
  const translated = good(zone.translate({ block, key, keySerialNumber: undefined }, PAN))
  const opened = module.decipherPin(pinKey, translated, PAN)
  return !isReason(opened) && opened.reveal() === CARD_PIN.reveal()
}
