// What must not go out to a card host, or cannot: a sale whose keys were removed after it was
// prepared, and messages that fit no frame of the link. Nobody waits for an answer to them.

import { afterEach, describe, expect, it } from 'vitest'
import { newModule } from '../protocol/security/test-module.ts'
import {
  BareHost,
  Rig,
  reversalOf,
  SETTINGS,
  stansAfter,
  started,
  stopAll,
  sure,
  until,
} from './rig.ts'
import { newLink, ZONE_OWNER } from './zone-key-rig.ts'

afterEach(stopAll)

it.each(['tdes', 'aes'] as const)(
  'a sale is not sent without a MAC when the keys were removed after it was prepared (%s)',
  async (scheme) => {
    const module = newModule()
    const { link, blocksOf, keys } = newLink(module, scheme)
    const host = await BareHost.start(() => ({ 39: '00' }))
    const ports = { module, store: link.store, alarm: () => undefined }
    const settings = { ...SETTINGS, port: host.port, keys: scheme }
    const rig = await started([settings], { cardHostMs: 60 }, ports)
    await until(() => rig.signedOn() === 1)
    host.send('0800', { 7: '1122054400', 11: '000001', 62: blocksOf(keys()), 70: '101' })
    await until(() => rig.gateway.ready('bank'))
    const debit = rig.prepared()
    const row = link.store.row(ZONE_OWNER)
    row.active = undefined
    row.pending = undefined
    rig.gateway.keysChanged(ZONE_OWNER)
    const why = 'no connection is signed on'
    expect(await rig.gateway.debit(debit)).toEqual({ kind: 'not-sent', why })
    await rig.gateway.stop()
    expect(host.seen()).not.toContain('0200')
  },
)

describe('on a link whose frames are too short for it', () => {
  async function shortLink() {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const hosts = [{ settings: { ...SETTINGS, port: host.port }, stans: await stansAfter(0) }]
    const rig = new Rig(hosts, { cardHostMs: 60 }, undefined, { frameBytes: 100 })
    rig.gateway.start()
    await until(() => rig.gateway.ready('bank'))
    return { host, rig }
  }

  it('a sale is not sent, and no reversal, which tells nothing of it either', async () => {
    const { host, rig } = await shortLink()
    const debit = rig.prepared()
    const why = 'the connection takes nothing'
    expect(await rig.gateway.debit(debit)).toEqual({ kind: 'not-sent', why })
    const trace = sure(rig.gateway.reversalTrace(debit.trace))
    const reversal = reversalOf({ host: debit.trace, trace })
    expect(await rig.gateway.reverse(reversal, false)).toEqual({ kind: 'not-sent' })
    expect(rig.counted('link events: unfit')).toBe(2)
    await rig.gateway.stop()
    expect(host.seen()).toEqual(['0800 001', '0800 002'])
  })
})
