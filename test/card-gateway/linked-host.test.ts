// One card host as its messages name terminals, PINs and answers, and what is told of its
// connections.

import { afterEach, describe, expect, it } from 'vitest'
import { PinBlock } from '../../protocol/values/card.ts'
import type { TerminalId } from '../../protocol/values/identifiers.ts'
import type { Key } from '../../protocol/values/key.ts'
import { BareHost, linked, reversalOf, SETTINGS, started, stopAll, sure, until } from './rig.ts'

afterEach(stopAll)

describe('a debit', () => {
  it('is approved at a terminal whose name is shorter than DE 41, and reversed', async () => {
    const { rig, cardHost } = await linked()
    const debit = rig.prepared({ tid: 'T1' })
    expect((await rig.gateway.debit(debit)).kind).toBe('approved')
    const trace = sure(rig.gateway.reversalTrace(debit.trace))
    const reversal = reversalOf({ host: debit.trace, trace, tid: 'T1' as TerminalId })
    expect(await rig.gateway.reverse(reversal, false)).toMatchObject({ responseCode: '00' })
    expect(cardHost.netDebits()).toEqual([])
  })

  it('whose PIN the link has no key for is not sent without it', async () => {
    const { rig, cardHost } = await linked()
    const block = new PinBlock('0123456789ABCDEF')
    const enteredPin = { block, key: {} as Key, keySerialNumber: undefined }
    const result = await rig.gateway.debit(rig.prepared({ card: { enteredPin } }))
    expect(result.kind).toBe('not-sent')
    expect(cardHost.netDebits()).toEqual([])
    expect(rig.notices.at(-1)).toMatchObject({ what: 'a PIN block cannot be translated' })
  })

  it('is not approved by an answer for another terminal', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const rig = await started([{ ...SETTINGS, port: host.port }], { cardHostMs: 60 })
    await until(() => rig.gateway.ready('bank'))
    const debit = rig.prepared()
    const result = rig.gateway.debit(debit)
    await until(() => host.messages.some(({ message }) => message.mti === '0200'))
    const { stan, transmission } = debit.trace
    const amount = String(debit.request.content.amount).padStart(12, '0')
    const answer = { 3: '000000', 4: amount, 7: transmission, 11: stan, 39: '00' }
    host.send('0210', { ...answer, 41: '10000002' })
    expect(await result).toMatchObject({ kind: 'unknown', approval: undefined })
  })
})

describe('two connections', () => {
  it('are not told to be down while one of them is left', async () => {
    const host = await BareHost.start(() => ({ 39: '00' }))
    const rig = await started([{ ...SETTINGS, port: host.port, connections: 2 }], {
      dialBackoffFirstMs: 5_000,
      dialBackoffMaxMs: 5_000,
    })
    await until(() => rig.signedOn() === 2)
    host.channels[0]?.close('one goes')
    await until(() => rig.signedOn() === 1)
    expect(rig.told).toEqual(['up bank'])
    expect(rig.gateway.ready('bank')).toBe(true)
    host.channels[1]?.close('the other goes')
    await until(() => rig.signedOn() === 0)
    expect(rig.told).toEqual(['up bank', 'down bank'])
  })
})
