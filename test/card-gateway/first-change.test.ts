// A link without keys takes its first change of keys without a MAC, or under the keys that it
// brings. Whoever has read an old one can send it again: it holds nobody's place for long.

import { describe, expect, it } from 'vitest'
import type { ZoneKeys } from '../../card-gateway/zone-keys.ts'
import { newModule } from '../protocol/security/test-module.ts'
import {
  answers,
  change,
  changeUnder,
  messageUnder,
  newLink,
  proved,
  sendsUnder,
} from './zone-key-rig.ts'

const module = newModule()

describe.each(['tdes', 'aes'] as const)(
  'a first change that somebody sends again (%s)',
  (scheme) => {
    it.each([
      ['without a MAC', false],
      ['under the keys that it brings', true],
    ])('%s gives way to that of the host, which has answered under none', async (_, hasOwnMac) => {
      const { link, blocksOf, keys } = newLink(module, scheme)
      const zone = link.restart()
      const [old, own] = [keys(), keys()]
      const blocks = { old: blocksOf(old), own: blocksOf(own) }
      const first = (which: 'old' | 'own', atMs: number) => {
        const { macKey } = { old, own }[which]
        return hasOwnMac
          ? changeUnder(module, zone, { macKey, blocks: blocks[which] }, atMs)
          : change(zone, blocks[which], atMs)
      }
      // Again: it has the MAC of the keys that are in force, and shows nothing.
      for (const atMs of [0, 40_000]) expect(await first('old', atMs)).toBe('00')
      for (const atMs of [50_000, 109_999]) expect(await first('own', atMs)).toBe('63')
      expect(sendsUnder(module, zone, old.macKey)).toBe(true)
      expect(await first('own', 110_000)).toBe('00')
      expect(sendsUnder(module, zone, own.macKey)).toBe(true)
      expect(sendsUnder(module, link.restart(), own.macKey)).toBe(true)
    })

    it('gives way also when an old message under its keys came with it', async () => {
      const { link, blocksOf, keys } = newLink(module, scheme)
      const zone = link.restart()
      const [old, own] = [keys(), keys()]
      await change(zone, blocksOf(old))
      expect(messageUnder(module, zone, old.macKey).verified).toBeDefined()
      expect(await takenAtLast(zone, blocksOf(own))).toBe('00')
      expect(sendsUnder(module, zone, own.macKey)).toBe(true)
    })

    it('gives way after a restart, when the host had answered nothing before', async () => {
      const { link, blocksOf, keys } = newLink(module, scheme)
      await change(link.restart(), blocksOf(keys()))
      const own = keys()
      const zone = link.restart()
      expect(await takenAtLast(zone, blocksOf(own))).toBe('00')
      expect(sendsUnder(module, zone, own.macKey)).toBe(true)
    })

    it('after that of the host is in force until the host uses its own', async () => {
      const { link, blocksOf, keys } = newLink(module, scheme)
      const zone = link.restart()
      const [own, old] = [keys(), keys()]
      await change(zone, blocksOf(own))
      expect(await takenAtLast(zone, blocksOf(old))).toBe('00')
      answers(module, zone, own.macKey)
      await written()
      for (const one of [zone, link.restart()]) {
        expect(sendsUnder(module, one, own.macKey)).toBe(true)
      }
      expect(await change(zone, blocksOf(old))).toBe('63')
      const again = { macKey: old.macKey, blocks: blocksOf(old) }
      expect(await changeUnder(module, zone, again)).toBe('63')
      expect(sendsUnder(module, zone, own.macKey)).toBe(true)
    })

    it('is followed by a change under the keys of the host, which it did not push out', async () => {
      const { link, blocksOf, keys } = newLink(module, scheme)
      const zone = link.restart()
      const [own, old, next] = [keys(), keys(), keys()]
      await change(zone, blocksOf(own))
      await takenAtLast(zone, blocksOf(old))
      const toNext = { macKey: own.macKey, blocks: blocksOf(next) }
      expect(await changeUnder(module, zone, toNext)).toBe('00')
      expect(sendsUnder(module, zone, next.macKey)).toBe(true)
      // Answers that were on their way.
      expect(messageUnder(module, zone, own.macKey).verified).toBeDefined()
      expect(sendsUnder(module, zone, next.macKey)).toBe(true)
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

    it('leaves the keys of the host in the store though its disk was full just then', async () => {
      const { link, blocksOf, keys } = newLink(module, scheme)
      const zone = link.restart()
      const [own, old, next] = [keys(), keys(), keys()]
      await change(zone, blocksOf(own))
      await takenAtLast(zone, blocksOf(old))
      link.store.full = true
      answers(module, zone, own.macKey)
      answers(module, zone, own.macKey)
      await written()
      link.store.full = false
      const toNext = { macKey: own.macKey, blocks: blocksOf(next) }
      expect(await changeUnder(module, zone, toNext)).toBe('00')
      const later = link.restart()
      expect(sendsUnder(module, later, next.macKey)).toBe(true)
      expect(messageUnder(module, later, own.macKey).verified).toBeDefined()
    })
  },
)

/** Refused for a minute, and what it is answered with then. */
async function takenAtLast(zone: ZoneKeys, blocks: string): Promise<string> {
  if ((await change(zone, blocks, 0)) !== '63') throw new Error('it was taken at once')
  return change(zone, blocks, 60_000)
}

/** What the link writes by the way. */
function written(): Promise<void> {
  return new Promise((passed) => setImmediate(passed))
}
