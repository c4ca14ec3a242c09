// At a key change the host takes the new keys with the 0810 that says so: what is sent before it on
// that connection is under the keys of before, a sale of the same commit included.

import { afterEach, expect, it } from 'vitest'
import { macInput } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { Key } from '../../protocol/values/key.ts'
import { newModule } from '../protocol/security/test-module.ts'
import { BareHost, SETTINGS, started, stopAll, until } from './rig.ts'
import { newLink } from './zone-key-rig.ts'

const module = newModule()
/** More steps than there are between the commit and the answer. */
const SALES = 16

afterEach(stopAll)

it.each(['tdes', 'aes'] as const)(
  'no sale under the new keys is sent before the answer that brings them in force (%s)',
  async (scheme) => {
    const { link, blocksOf, keys } = newLink(module, scheme)
    const [first, second] = [keys(), keys()]
    const host = await BareHost.start(() => ({ 39: '00' }))
    const ports = { module, store: link.store, alarm: () => undefined }
    const rig = await started([{ ...SETTINGS, port: host.port, keys: scheme }], {}, ports)
    await until(() => rig.signedOn() === 1)
    const brings = (set: typeof first, stan: string) =>
      ({ 7: '1122054400', 11: stan, 62: blocksOf(set), 70: '101' }) as const
    host.send('0800', brings(first, '000001'))
    await until(() => host.seen().includes('0810 101 00'))
    const sales = Array.from({ length: SALES }, () => rig.prepared())
    const before = host.messages.length
    const put = link.store.putPending.bind(link.store)
    link.store.putPending = (...set) => {
      const written = put(...set)
      // The records of these sales became durable with the set: each goes on a step later.
      let step: Promise<unknown> = written
      for (const sale of sales) step = step.then(() => void rig.gateway.debit(sale))
      return written
    }
    host.sendUnder(module, first.macKey, '0800', brings(second, '000002'))
    await until(() => host.messages.length === before + SALES + 1)
    const sent = host.messages.slice(before).map(({ message }) => message)
    const answer = sent.findIndex(({ mti }) => mti === '0810')
    const under = sent.map((message) => (isUnder(first.macKey, message) ? 'before' : 'new'))
    expect(answer).toBeGreaterThan(0)
    expect(under).toEqual(sent.map((_, at) => (at <= answer ? 'before' : 'new')))
    expect(sent.slice(answer + 1).every((one) => isUnder(second.macKey, one))).toBe(true)
  },
)

function isUnder(macKey: Key, message: Message): boolean {
  const input = macInput(message)
  const mac = Buffer.from(message.get(128) ?? message.get(64) ?? '', 'hex')
  return input !== undefined && module.verifiesMac(macKey, input, mac)
}
