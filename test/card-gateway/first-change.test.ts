// A link without keys takes its first change of keys without a MAC, or under the keys that it
// brings. Whoever has read an old one can send it again: it holds nobody's place for long.

import { describe, expect, it } from 'vitest'
import type { ZoneKeys } from '../../card-gateway/zone-keys.ts'
import type { Key } from '../../protocol/values/key.ts'
import { newModule } from '../protocol/security/test-module.ts'
import {
  answers,
  change,
  changeUnder,
  messageUnder,
  newLink,
  proved,
  sendsUnder,
  ZONE_OWNER,
} from './zone-key-rig.ts'

const module = newModule()

describe.each(['tdes', 'aes'] as const)(
  'a first change that somebody sends again (%s)',
  (scheme) => {
    it.each([
      ['without a MAC', false],
      ['under the keys that it brings', true],
    ])(
      '%s gives way to that of the host, which has left a request unanswered',
      async (_, hasOwnMac) => {
        const { link, blocksOf, keys } = newLink(module, scheme)
        const zone = link.restart()
        const [old, own] = [keys(), keys()]
        const blocks = { old: blocksOf(old), own: blocksOf(own) }
        const first = (which: 'old' | 'own') => {
          const { macKey } = { old, own }[which]
          return hasOwnMac
            ? changeUnder(module, zone, { macKey, blocks: blocks[which] })
            : change(zone, blocks[which])
        }
        // Again: it has the MAC of the keys that are in force, and shows nothing.
        for (let times = 0; times < 2; times++) expect(await first('old')).toBe('00')
        expect(await first('own')).toBe('63')
        expect(sendsUnder(module, zone, old.macKey)).toBe(true)
        zone.unanswered(zone.inForce)
        expect(await first('own')).toBe('00')
        expect(sendsUnder(module, zone, own.macKey)).toBe(true)
        expect(sendsUnder(module, link.restart(), own.macKey)).toBe(true)
      },
    )

    it.each([false, true])(
      'gives way also when an old message under its keys came with it (restart: %s)',
      async (isRestarted) => {
        const { link, blocksOf, keys } = newLink(module, scheme)
        let zone = link.restart()
        const [old, own] = [keys(), keys()]
        await change(zone, blocksOf(old))
        expect(messageUnder(module, zone, old.macKey).verified).toBeDefined()
        await written()
        if (isRestarted) zone = link.restart()
        expect(await takenAtLast(zone, blocksOf(own))).toBe('00')
        expect(sendsUnder(module, zone, own.macKey)).toBe(true)
      },
    )

    it('is taken no second time while the new keys are not proved either', async () => {
      const { link, blocksOf, keys } = newLink(module, scheme)
      const zone = link.restart()
      const [old, own] = [keys(), keys()]
      await change(zone, blocksOf(old))
      await takenAtLast(zone, blocksOf(own))
      expect(await change(zone, blocksOf(old))).toBe('63')
      expect(sendsUnder(module, zone, own.macKey)).toBe(true)
    })

    it('is refused once the host has answered, and also after a restart', async () => {
      const { link, blocksOf, keys } = newLink(module, scheme)
      const zone = link.restart()
      const [old, own] = [keys(), keys()]
      await proved(module, zone, { macKey: own.macKey, blocks: blocksOf(own) })
      await written()
      for (const one of [zone, link.restart()]) {
        expect(await takenAtLast(one, blocksOf(old))).toBe('63')
        const again = { macKey: old.macKey, blocks: blocksOf(old) }
        expect(await changeUnder(module, one, again)).toBe('63')
        expect(sendsUnder(module, one, own.macKey)).toBe(true)
      }
    })

    it('is refused when the answer that proved the keys came after one that was missed', async () => {
      const { link, blocksOf, keys } = newLink(module, scheme)
      const zone = link.restart()
      const [old, own] = [keys(), keys()]
      await change(zone, blocksOf(own))
      zone.unanswered(zone.inForce)
      answers(module, zone, own.macKey)
      expect(await change(zone, blocksOf(old))).toBe('63')
    })

    it('is refused when what had no answer was not under these keys', async () => {
      const { link, blocksOf, keys } = newLink(module, scheme)
      const zone = link.restart()
      const before = zone.inForce
      await change(zone, blocksOf(keys()))
      zone.unanswered(before)
      expect(await change(zone, blocksOf(keys()))).toBe('63')
    })
  },
)

describe.each(['tdes', 'aes'] as const)('keys of a link (%s)', (scheme) => {
  it('under which a change came stay good, though the host gave up the change before it', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [first, second, third, fourth] = [keys(), keys(), keys(), keys()]
    await proved(module, zone, { macKey: first.macKey, blocks: blocksOf(first) })
    const under = (macKey: Key, set: typeof first) => ({ macKey, blocks: blocksOf(set) })
    for (const set of [second, third]) {
      expect(await changeUnder(module, zone, under(first.macKey, set))).toBe('00')
    }
    expect(messageUnder(module, zone, first.macKey).verified).toBeDefined()
    expect(await changeUnder(module, zone, under(first.macKey, fourth))).toBe('00')
    expect(sendsUnder(module, zone, fourth.macKey)).toBe(true)
  })

  it.each([
    ['others are', false],
    ['the same are', true],
  ])('that were removed by hand are gone at once, and %s taken', async (_which, areTheSame) => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const before = keys()
    const brought = blocksOf(before)
    await proved(module, zone, { macKey: before.macKey, blocks: brought })
    await written()
    const row = link.store.row(ZONE_OWNER)
    row.active = undefined
    row.pending = undefined
    zone.reload()
    expect(zone.missing).toBe(true)
    const after = areTheSame ? before : keys()
    expect(await change(zone, areTheSame ? brought : blocksOf(after))).toBe('00')
    expect(zone.missing).toBe(false)
    expect(sendsUnder(module, zone, after.macKey)).toBe(true)
    expect(sendsUnder(module, link.restart(), after.macKey)).toBe(true)
  })

  it('that are being written when an administrator loads others do not come into force', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const answer = change(zone, blocksOf(keys()))
    zone.reload()
    expect(await answer).toBe('96')
    expect(zone.missing).toBe(true)
  })

  it('without which it is: nothing that is said of money is believed', () => {
    const { link, keys } = newLink(module, scheme)
    const zone = link.restart()
    const { macKey } = keys()
    expect(messageUnder(module, zone, macKey, undefined, '0210').verified).toBeUndefined()
    expect(messageUnder(module, zone, macKey).verified).toEqual({ set: undefined })
  })
})

/** Refused, and what it is answered with when a request had no answer since. */
async function takenAtLast(zone: ZoneKeys, blocks: string): Promise<string> {
  if ((await change(zone, blocks)) !== '63') throw new Error('it was taken at once')
  zone.unanswered(zone.inForce)
  return change(zone, blocks)
}

/** What the link writes by the way. */
function written(): Promise<void> {
  return new Promise((passed) => setImmediate(passed))
}
