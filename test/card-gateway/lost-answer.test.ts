// A key change that is durable here and that the host may never have heard of: its answer could not
// go out, or was lost on its way, or the process ended between the two. The host goes on under the
// keys before; the link finds that out by itself, and comes back where the host has the new ones.

import { describe, expect, it } from 'vitest'
import type { ZoneKeys } from '../../card-gateway/zone-keys.ts'
import type { Key } from '../../protocol/security/security-module.ts'
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

describe.each(['tdes', 'aes'] as const)('a key change (%s)', (scheme) => {
  async function proven() {
    const made = newLink(module, scheme)
    const zone = made.link.restart()
    const sets = [made.keys(), made.keys(), made.keys()] as const
    const [first] = sets
    const under = ({ macKey }: { macKey: Key }, set: typeof first) => {
      return { macKey, blocks: made.blocksOf(set) }
    }
    await proved(module, zone, under(first, first))
    await written()
    return { ...made, zone, sets, under }
  }

  /** The second set is in the store; whether the host has it, nobody knows. */
  async function unknown(isRestarted: boolean) {
    const made = await proven()
    const { zone, sets, under, link } = made
    const [first, second] = sets
    expect(await changeUnder(module, zone, under(first, second))).toBe('00')
    return { ...made, zone: isRestarted ? link.restart() : zone }
  }

  describe('whose answer cannot go out', () => {
    it('is not in force after a restart either', async () => {
      const { zone, link, sets, under } = await proven()
      const [first, second, third] = sets
      expect(await changeUnder(module, zone, under(first, second), () => false)).toBe('')
      await written()
      const later = link.restart()
      expect(sendsUnder(module, later, first.macKey)).toBe(true)
      expect(await changeUnder(module, later, under(first, third))).toBe('00')
      expect(sendsUnder(module, link.restart(), third.macKey)).toBe(true)
    })

    it('takes no other place in the store than that of a set which the host may have', async () => {
      const { zone, link, sets, under } = await unknown(false)
      const [first, second, third] = sets
      expect(await changeUnder(module, zone, under(first, third), () => false)).toBe('')
      await written()
      const later = link.restart()
      expect(sendsUnder(module, later, second.macKey)).toBe(true)
      expect(messageUnder(module, later, first.macKey).verified).toBeDefined()
      // Nor is what is in memory forgotten.
      expect(messageUnder(module, zone, second.macKey).verified).toBeDefined()
      await written()
      expect(link.store.row(ZONE_OWNER).pending).toBeUndefined()
      expect(sendsUnder(module, link.restart(), second.macKey)).toBe(true)
    })

    it('leaves one alone that came after it', async () => {
      const { zone, link, sets, under } = await proven()
      const [first, second, third] = sets
      const both = [
        changeUnder(module, zone, under(first, second), () => false),
        changeUnder(module, zone, under(first, third)),
      ]
      expect(await Promise.all(both)).toEqual(['', '00'])
      await written()
      expect(sendsUnder(module, link.restart(), third.macKey)).toBe(true)
    })

    it('is the one that a start takes where it was the first: there is no other', async () => {
      const { link, blocksOf, keys } = newLink(module, scheme)
      const [zone, own] = [link.restart(), keys()]
      expect(await change(zone, blocksOf(own), () => false)).toBe('')
      expect(zone.missing).toBe(true)
      expect(await change(link.restart(), blocksOf(own))).toBe('00')
    })
  })

  describe.each([true, false])('whose answer was lost (restart: %s)', (isRestarted) => {
    it('gives way to the keys before when a request had no answer, and they to it', async () => {
      const { zone, sets } = await unknown(isRestarted)
      const [first, second] = sets
      const tried = () => [first, second].map(({ macKey }) => sendsUnder(module, zone, macKey))
      for (let times = 0; times < 2; times++) {
        expect(tried()).toEqual([false, true])
        unanswered(zone)
        expect(tried()).toEqual([true, false])
        unanswered(zone)
      }
    })

    it('counts once, however many connections of the link had no answer', async () => {
      const { zone, sets } = await unknown(isRestarted)
      const asked = [zone.inForce, zone.inForce, zone.inForce]
      for (const one of asked) zone.unanswered(one)
      expect(sendsUnder(module, zone, sets[0].macKey)).toBe(true)
    })

    it('gives way when the host answers under the keys before what was under the new', async () => {
      const { zone, sets } = await unknown(isRestarted)
      const [first, second] = sets
      const asked = zone.inForce
      answers(module, zone, first.macKey)
      // To what was asked before the change, for all that is known.
      expect(sendsUnder(module, zone, second.macKey)).toBe(true)
      answers(module, zone, first.macKey, asked)
      expect(sendsUnder(module, zone, first.macKey)).toBe(true)
    })

    it('is in doubt no longer for one request without an answer among others', async () => {
      const { zone, sets } = await unknown(isRestarted)
      const [first, second] = sets
      unanswered(zone)
      for (let times = 0; times < 3; times++) {
        answers(module, zone, first.macKey, zone.inForce)
        unanswered(zone)
        expect(sendsUnder(module, zone, first.macKey)).toBe(true)
      }
      unanswered(zone)
      expect(sendsUnder(module, zone, second.macKey)).toBe(true)
    })

    it('is in force again at the first message of the host under it, and for good', async () => {
      const { zone, sets, under, link } = await unknown(isRestarted)
      const [first, second, third] = sets
      unanswered(zone)
      expect(messageUnder(module, zone, second.macKey).verified).toBeDefined()
      for (const _times of [1, 2]) unanswered(zone)
      expect(sendsUnder(module, zone, second.macKey)).toBe(true)
      await written()
      expect(link.store.row(ZONE_OWNER).pending).toBeUndefined()
      expect(await changeUnder(module, zone, under(first, third))).toBe('63')
    })

    it('is in force again at the next change, which is under it', async () => {
      const { zone, sets, under, link } = await unknown(isRestarted)
      const [, second, third] = sets
      unanswered(zone)
      expect(await changeUnder(module, zone, under(second, third))).toBe('00')
      for (const one of [zone, link.restart()]) {
        expect(sendsUnder(module, one, third.macKey)).toBe(true)
        expect(messageUnder(module, one, second.macKey).verified).toBeDefined()
      }
    })

    it('is taken again when it comes again, under the keys that the host has', async () => {
      const { zone, sets, under, link } = await unknown(isRestarted)
      const [first, second] = sets
      unanswered(zone)
      expect(await changeUnder(module, zone, under(first, second))).toBe('00')
      for (const one of [zone, link.restart()]) {
        expect(sendsUnder(module, one, second.macKey)).toBe(true)
      }
    })
  })

  it('that the host has shown gives way to nothing', async () => {
    const { zone, sets } = await unknown(false)
    const [, second] = sets
    expect(messageUnder(module, zone, second.macKey).verified).toBeDefined()
    for (let times = 0; times < 3; times++) unanswered(zone)
    expect(sendsUnder(module, zone, second.macKey)).toBe(true)
  })
})

function unanswered(zone: ZoneKeys): void {
  zone.unanswered(zone.inForce)
}

/** What the link writes by the way. */
function written(): Promise<void> {
  return new Promise((passed) => setImmediate(passed))
}
