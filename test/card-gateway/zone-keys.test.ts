// The keys of a link: a key change is two blocks under the zone master key, durable before it is
// answered; PIN blocks leave under the newest PIN key, those of DUKPT terminals too.

import { describe, expect, it } from 'vitest'
import { ZoneKeys } from '../../card-gateway/zone-keys.ts'
import type { Key, KeyScheme } from '../../protocol/security/security-module.ts'
import { CardPin } from '../../protocol/values/card.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { isReason } from '../../protocol/values/reason.ts'
import { dukptBlock, good, keyIn, newModule } from '../protocol/security/test-module.ts'
import {
  change,
  changeUnder,
  messageUnder,
  newLink,
  proved,
  sendsUnder,
  ZONE_OWNER,
} from './zone-key-rig.ts'

const BASE = '0123456789ABCDEFFEDCBA9876543210'
const SERIAL = 'FFFF9876543210E00001'
const PAN = good(Pan.parse('4012345678909'))
const CARD_PIN = good(CardPin.parse('1234'))

const module = newModule()

describe.each(['tdes', 'aes'] as const)('a key change (%s)', (scheme) => {
  it('is in force when it is answered with 00, and after a restart', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    expect(zone.missing).toBe(true)
    let before: Key | undefined
    for (let i = 0; i < 3; i++) {
      const set = keys()
      const blocks = blocksOf(set)
      const isFirst = before === undefined
      const under = { macKey: before ?? set.macKey, blocks }
      const answer = isFirst ? change(zone, blocks) : changeUnder(module, zone, under)
      expect(await answer).toBe('00')
      before = set.macKey
      expect(zone.missing).toBe(false)
      expect(sendsUnder(module, zone, set.macKey)).toBe(true)
      expect(sendsUnder(module, link.restart(), set.macKey)).toBe(true)
      expect(opensAt(zone, set.pinKey)).toBe(true)
    }
  })

  it('of anything but two blocks under the zone master key is refused, and changes nothing', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const before = keys()
    await change(zone, blocksOf(before))
    const blocks = blocksOf(keys())
    const half = blocks.slice(0, blocks.length / 2)
    const other = newLink(module, scheme)
    const wrong = [
      ...[undefined, '', half, half + half, `${blocks}0`, blocks + half, blocks.slice(1)],
      ...[blocks.slice(0, -1), ` ${blocks}`, other.blocksOf(other.keys())],
    ]
    for (const text of wrong) {
      expect(await change(zone, text)).toBe('30')
      expect(sendsUnder(module, zone, before.macKey)).toBe(true)
    }
  })

  it('is not taken when another zone master key was loaded before it was written', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [before, next] = [keys(), keys()]
    await change(zone, blocksOf(before))
    const answer = changeUnder(module, zone, { macKey: before.macKey, blocks: blocksOf(next) })
    link.store.clear()
    const master = module.generate('master', scheme)
    link.store.putMaster(module, ZONE_OWNER, master)
    expect(await answer).toBe('96')
    expect(link.store.find(ZONE_OWNER).pending).toBeUndefined()
    expect(sendsUnder(module, zone, before.macKey)).toBe(true)
    const blocks = module.exportUnder(master, next.macKey) + module.exportUnder(master, next.pinKey)
    expect(await changeUnder(module, zone, { macKey: before.macKey, blocks })).toBe('00')
    expect(sendsUnder(module, link.restart(), next.macKey)).toBe(true)
  })

  it('that comes before the one before is durable is the one that stays', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [before, first, second] = [keys(), keys(), keys()]
    await change(zone, blocksOf(before))
    const answers = [first, second].map((set) =>
      changeUnder(module, zone, { macKey: before.macKey, blocks: blocksOf(set) }),
    )
    expect(await Promise.all(answers)).toEqual(['00', '00'])
    expect(sendsUnder(module, zone, second.macKey)).toBe(true)
    expect(sendsUnder(module, link.restart(), second.macKey)).toBe(true)
  })

  it('of somebody else is refused while the first one of a link is being written', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const first = keys()
    const blocks = blocksOf(first)
    const answers = [blocks, blocksOf(keys()), blocks].map((text) => change(zone, text))
    expect(await Promise.all(answers)).toEqual(['00', '63', '00'])
    for (const one of [zone, link.restart()]) {
      expect(sendsUnder(module, one, first.macKey)).toBe(true)
    }
  })

  it('is taken as the first one when the one before could not be written', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    link.store.full = true
    expect(await change(zone, blocksOf(keys()))).toBe('96')
    link.store.full = false
    const set = keys()
    expect(await change(zone, blocksOf(set))).toBe('00')
    expect(sendsUnder(module, zone, set.macKey)).toBe(true)
  })

  it('is not taken a second time once the host has shown the keys that it brought', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [first, second, third] = [keys(), keys(), keys()]
    await proved(module, zone, { macKey: first.macKey, blocks: blocksOf(first) })
    const toSecond = { macKey: first.macKey, blocks: blocksOf(second) }
    expect(await changeUnder(module, zone, toSecond)).toBe('00')
    expect(messageUnder(module, zone, second.macKey).verified).toBeDefined()
    // Answers that were on their way are believed all the same.
    expect(messageUnder(module, zone, first.macKey).verified).toBeDefined()
    // While the next one is being written, and after it.
    const toThird = { macKey: second.macKey, blocks: blocksOf(third) }
    const answers = [toThird, toSecond].map((one) => changeUnder(module, zone, one))
    expect(await Promise.all(answers)).toEqual(['00', '63'])
    expect(sendsUnder(module, zone, third.macKey)).toBe(true)
  })

  it('that was the first one brings its keys back at no time, though it is under them', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [first, second] = [keys(), keys()]
    const toFirst = { macKey: first.macKey, blocks: blocksOf(first) }
    expect(await changeUnder(module, zone, toFirst)).toBe('00')
    const toSecond = { macKey: first.macKey, blocks: blocksOf(second) }
    const answers = [toSecond, toFirst].map((one) => changeUnder(module, zone, one))
    expect(await Promise.all(answers)).toEqual(['00', '00'])
    expect(sendsUnder(module, zone, second.macKey)).toBe(true)
    expect(await changeUnder(module, zone, toFirst)).toBe('63')
    for (const one of [zone, link.restart()]) {
      expect(sendsUnder(module, one, second.macKey)).toBe(true)
    }
  })

  it('brings back under the keys in force what another change of that moment pushed out', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [first, second, third] = [keys(), keys(), keys()]
    await change(zone, blocksOf(first))
    // Both are under the first: a copy of the store that was put back knows neither.
    const toSecond = { macKey: first.macKey, blocks: blocksOf(second) }
    const toThird = { macKey: first.macKey, blocks: blocksOf(third) }
    const answers = [toSecond, toThird].map((one) => changeUnder(module, zone, one))
    expect(await Promise.all(answers)).toEqual(['00', '00'])
    expect(sendsUnder(module, zone, third.macKey)).toBe(true)
    const again = { macKey: third.macKey, blocks: blocksOf(second) }
    expect(await changeUnder(module, zone, again)).toBe('00')
    for (const one of [zone, link.restart()]) {
      expect(sendsUnder(module, one, second.macKey)).toBe(true)
    }
  })

  it('is taken again under the keys before while its answer may have been lost', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [first, second] = [keys(), keys()]
    await change(zone, blocksOf(first))
    const toSecond = { macKey: first.macKey, blocks: blocksOf(second) }
    expect(await changeUnder(module, zone, toSecond)).toBe('00')
    expect(await changeUnder(module, zone, toSecond)).toBe('00')
    expect(sendsUnder(module, zone, second.macKey)).toBe(true)
  })

  it('that comes twice leaves the keys before it good for answers on their way', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [first, second] = [keys(), keys()]
    await change(zone, blocksOf(first))
    expect(messageUnder(module, zone, first.macKey).verified).toBeDefined()
    const toSecond = { macKey: first.macKey, blocks: blocksOf(second) }
    link.store.full = true
    expect(await changeUnder(module, zone, toSecond)).toBe('96')
    link.store.full = false
    const answers = [toSecond, toSecond].map((one) => changeUnder(module, zone, one))
    expect(await Promise.all(answers)).toEqual(['00', '00'])
    expect(await changeUnder(module, zone, toSecond)).toBe('00')
    expect(messageUnder(module, zone, first.macKey).verified).toBeDefined()
    expect(sendsUnder(module, zone, second.macKey)).toBe(true)
  })

  it('leaves the keys before it good after a restart, though the disk took no note of them', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [first, second, third] = [keys(), keys(), keys()]
    await proved(module, zone, { macKey: first.macKey, blocks: blocksOf(first) })
    const toSecond = { macKey: first.macKey, blocks: blocksOf(second) }
    expect(await changeUnder(module, zone, toSecond)).toBe('00')
    link.store.full = true
    expect(messageUnder(module, zone, second.macKey).verified).toBeDefined()
    await new Promise((passed) => setImmediate(passed))
    link.store.full = false
    const toThird = { macKey: second.macKey, blocks: blocksOf(third) }
    expect(await changeUnder(module, zone, toThird)).toBe('00')
    const later = link.restart()
    expect(sendsUnder(module, later, third.macKey)).toBe(true)
    // The answer may have been lost with the process: the host goes on under the keys before.
    expect(messageUnder(module, later, second.macKey).verified).toBeDefined()
  })

  it('shows the keys that it is under: after a restart they are good for what was on its way', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [first, second, third] = [keys(), keys(), keys()]
    await proved(module, zone, { macKey: first.macKey, blocks: blocksOf(first) })
    const under = (macKey: Key, set: typeof first) => ({ macKey, blocks: blocksOf(set) })
    expect(await changeUnder(module, zone, under(first.macKey, second))).toBe('00')
    expect(await changeUnder(module, zone, under(second.macKey, third))).toBe('00')
    const later = link.restart()
    expect(sendsUnder(module, later, third.macKey)).toBe(true)
    expect(messageUnder(module, later, second.macKey).verified).toBeDefined()
  })

  it('after a restart is newer than one that the host has not shown yet', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [first, second, third] = [keys(), keys(), keys()]
    await change(zone, blocksOf(first))
    expect(messageUnder(module, zone, first.macKey).verified).toBeDefined()
    await Promise.resolve()
    const under = (macKey: Key, set: typeof first) => ({ macKey, blocks: blocksOf(set) })
    expect(await changeUnder(module, zone, under(first.macKey, second))).toBe('00')
    const later = link.restart()
    expect(await changeUnder(module, later, under(second.macKey, third))).toBe('00')
    expect(sendsUnder(module, link.restart(), third.macKey)).toBe(true)
  })

  it('that replaced one that does not open is taken once, and mends what is stored', async () => {
    const { link, blocksOf, keys, first } = await spoiledLink(scheme)
    const second = keys()
    const again = link.restart()
    const toSecond = { macKey: first.macKey, blocks: blocksOf(second) }
    for (let times = 0; times < 2; times++) {
      expect(await changeUnder(module, again, toSecond)).toBe('00')
      expect(messageUnder(module, again, first.macKey).verified).toBeDefined()
    }
    const before = link.alarms.length
    expect(sendsUnder(module, link.restart(), second.macKey)).toBe(true)
    expect(link.alarms).toHaveLength(before)
  })

  it('with the keys in force mends a newer set that does not open', async () => {
    const { link, blocksOf, first } = await spoiledLink(scheme)
    const toFirst = { macKey: first.macKey, blocks: blocksOf(first) }
    expect(await changeUnder(module, link.restart(), toFirst)).toBe('00')
    const before = link.alarms.length
    expect(sendsUnder(module, link.restart(), first.macKey)).toBe(true)
    expect(link.alarms).toHaveLength(before)
  })

  it('replaces a stored set that does not open', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    for (let i = 0; i < 3; i++) await change(zone, blocksOf(keys()))
    const row = link.store.row(ZONE_OWNER)
    const { pending } = row
    if (pending === undefined) throw new Error('a pending set')
    row.active = undefined
    row.pending = { ...pending, macKey: new Uint8Array(48) }
    const again = link.restart()
    expect([again.missing, again.state]).toEqual([true, 'do not open'])
    expect(link.alarms).toEqual([`zone keys do not open: ${ZONE_OWNER}`])
    const set = keys()
    expect(await change(again, blocksOf(set))).toBe('00')
    expect(again.state).toBe('in force')
    expect(sendsUnder(module, link.restart(), set.macKey)).toBe(true)
  })

  it('under a zone master key that does not open is answered with 96, and an alarm', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const { master } = link.store.row(ZONE_OWNER)
    if (master === undefined) throw new Error('a zone master key')
    link.store.row(ZONE_OWNER).master = { ...master, sealed: new Uint8Array(48) }
    const zone = link.restart()
    expect(zone.state).toBe('do not open')
    expect(await change(zone, blocksOf(keys()))).toBe('96')
    const said = `a zone master key does not open: ${ZONE_OWNER}`
    expect(link.alarms).toEqual([said, said])
  })

  it('whose answer cannot go out is not in force, and is taken when it comes again', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [first, second] = [keys(), keys()]
    await change(zone, blocksOf(first))
    const under = { macKey: first.macKey, blocks: blocksOf(second) }
    expect(await changeUnder(module, zone, under, () => false)).toBe('')
    expect(sendsUnder(module, zone, first.macKey)).toBe(true)
    expect(await changeUnder(module, zone, under)).toBe('00')
    expect(sendsUnder(module, zone, second.macKey)).toBe(true)
  })

  it('that comes twice on its way is in force once both are answered, or one could be', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    const [first, second] = [keys(), keys()]
    await change(zone, blocksOf(first))
    const under = { macKey: first.macKey, blocks: blocksOf(second) }
    const answered: boolean[] = []
    const told = (isOut: boolean) => () => {
      answered.push(sendsUnder(module, zone, first.macKey))
      return isOut
    }
    const both = [false, true].map((isOut) => changeUnder(module, zone, under, told(isOut)))
    expect(await Promise.all(both)).toEqual(['', '00'])
    // Neither answer met the new keys, though the first could not go out.
    expect(answered.slice(0, 2)).toEqual([true, true])
    expect(sendsUnder(module, zone, second.macKey)).toBe(true)
  })

  it('that is not written is answered with 96 and changes nothing', async () => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const zone = link.restart()
    link.store.full = true
    expect(await change(zone, blocksOf(keys()))).toBe('96')
    expect(zone.missing).toBe(true)
  })
})

it('keys of another scheme than the link is to have are none', async () => {
  const { link, blocksOf, keys } = newLink(module, 'tdes')
  await change(link.restart(), blocksOf(keys()))
  const ports = { module, store: link.store, alarm: () => undefined }
  const zone = new ZoneKeys('bank', 'aes', ports)
  expect(zone.missing).toBe(true)
})

describe('a PIN block', () => {
  it.each(['tdes', 'aes'] as const)(
    'of a DUKPT terminal leaves under the PIN key (%s)',
    async (scheme) => {
      const { link, blocksOf, keys } = newLink(module, scheme)
      const zone = link.restart()
      const set = keys()
      const entered = {
        block: dukptBlock(BASE, SERIAL, CARD_PIN, PAN),
        key: keyIn(module, 'dukpt-base', 'tdes', BASE),
      }
      expect(isReason(zone.translate({ ...entered, keySerialNumber: SERIAL }, PAN))).toBe(true)
      await change(zone, blocksOf(set))
      const block = good(zone.translate({ ...entered, keySerialNumber: SERIAL }, PAN))
      expect(good(module.decipherPin(set.pinKey, block, PAN)).reveal()).toBe(CARD_PIN.reveal())
      const later = SERIAL.replace('E00001', 'E00002')
      expect(isReason(zone.translate({ ...entered, keySerialNumber: later }, PAN))).toBe(true)
    },
  )
})

/** Its first keys are in force, and the set that waits does not open any more. */
async function spoiledLink(scheme: KeyScheme) {
  const made = newLink(module, scheme)
  const { link, blocksOf, keys } = made
  const zone = link.restart()
  const first = keys()
  await proved(module, zone, { macKey: first.macKey, blocks: blocksOf(first) })
  await Promise.resolve()
  await changeUnder(module, zone, { macKey: first.macKey, blocks: blocksOf(keys()) })
  const row = link.store.row(ZONE_OWNER)
  if (row.pending === undefined) throw new Error('a pending set')
  row.pending = { ...row.pending, macKey: new Uint8Array(48) }
  return { ...made, first }
}

/** Whether a PIN under a terminal's key leaves under this one. */
function opensAt(zone: ReturnType<ReturnType<typeof newLink>['link']['restart']>, pinKey: Key) {
  const key = module.generate('pin', 'tdes')
  const block = module.encipherPin(key, CARD_PIN, PAN)
  const translated = good(zone.translate({ block, key, keySerialNumber: undefined }, PAN))
  const opened = module.decipherPin(pinKey, translated, PAN)
  return !isReason(opened) && opened.reveal() === CARD_PIN.reveal()
}
