// A link with keys while the token that holds them does not answer: what comes from the card host
// is not believed, nothing goes out without its MAC, and all of it goes on when the token is back.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CardHostEvent } from '../../card-host/host-options.ts'
import { CardPin } from '../../protocol/values/card.ts'
import { isReason } from '../../protocol/values/reason.ts'
import { ZMK, ZoneFolder } from '../card-host/zone-client.ts'
import { AwayModule } from '../protocol/security/away-module.ts'
import { good, keyIn, newModule } from '../protocol/security/test-module.ts'
import { StoredInMemory } from '../terminal-gateway/stored-keys.ts'
import { debitOf, linked, reversalOf, stopAll, sure, until } from './rig.ts'
import { change, sendsUnder, ZONE_OWNER, zoneLink } from './zone-key-rig.ts'

const SCHEMES = ['tdes', 'aes'] as const

describe.each(SCHEMES)('a link with keys of scheme %s, its token away', (scheme) => {
  let folder: ZoneFolder
  let events: CardHostEvent[]
  let token: AwayModule

  beforeEach(() => {
    folder = new ZoneFolder()
    events = []
    token = new AwayModule(newModule())
  })

  afterEach(async () => {
    await stopAll()
    folder.remove()
  })

  const changes = () => events.filter(({ kind }) => kind === 'key-change').map((one) => one.reason)

  async function open() {
    const { module } = token
    const store = new StoredInMemory()
    store.putMaster(module, ZONE_OWNER, keyIn(module, 'master', scheme, ZMK[scheme]))
    const alarms: string[] = []
    const link = await linked({
      zoneKeyFile: folder.keyFile(scheme),
      observe: (event) => events.push(event),
      settings: { keys: scheme },
      keys: { module, store, alarm: (what) => alarms.push(what) },
      timeouts: { cardHostMs: 5_000, echoAnswerMs: 3_000 },
    })
    await until(() => link.rig.gateway.ready('bank') && changes().at(-1) === 'taken')
    return { ...link, alarms }
  }

  it('a sale in flight ends as unknown, and its reversal waits for the token', async () => {
    const { rig, cardHost, alarms } = await open()
    cardHost.faults = [{ times: 1, fault: { kind: 'late', ms: 60 } }]
    const debit = rig.prepared()
    const debited = rig.gateway.debit(debit)
    await until(() => cardHost.netDebits().length === 1)
    token.isAway = true
    expect(await debited).toEqual({
      kind: 'unknown',
      why: 'the keys are away',
      approval: undefined,
    })
    const trace = sure(rig.gateway.reversalTrace(debit.trace))
    const reversal = reversalOf({ host: debit.trace, trace })
    expect(await rig.gateway.reverse(reversal, false)).toEqual({ kind: 'not-sent' })
    expect(cardHost.netDebits()).toHaveLength(1)
    token.isAway = false
    const answered = { kind: 'answered', responseCode: '00' }
    expect(await rig.gateway.reverse(reversal, false)).toEqual(answered)
    expect(cardHost.netDebits()).toEqual([])
    // It is the token's fault and nobody else's.
    expect(rig.counted('security events: wrong MAC of a card host')).toBe(0)
    const told = rig.notices.filter(({ level }) => level !== 'info')
    expect([alarms, told, rig.errors]).toEqual([[], [], []])
  })

  it('the answer of a reversal is none, and its repeat is answered later', async () => {
    const { rig, cardHost } = await open()
    const debit = rig.prepared()
    expect(await rig.gateway.debit(debit)).toMatchObject({ kind: 'approved' })
    const trace = sure(rig.gateway.reversalTrace(debit.trace))
    const reversal = reversalOf({ host: debit.trace, trace })
    const late = { kind: 'late', ms: 60 } as const
    cardHost.faults = [{ on: 'reversal', times: 1, fault: late }]
    const reversed = rig.gateway.reverse(reversal, false)
    await until(() => cardHost.netDebits().length === 0)
    token.isAway = true
    expect(await reversed).toEqual({ kind: 'silent' })
    token.isAway = false
    const answered = { kind: 'answered', responseCode: '00' }
    expect(await rig.gateway.reverse(reversal, true)).toEqual(answered)
  })

  it('a sale that was not sent yet is not sent', async () => {
    const { rig, cardHost } = await open()
    const debit = rig.prepared()
    token.isAway = true
    expect(await rig.gateway.debit(debit)).toMatchObject({ kind: 'not-sent' })
    token.isAway = false
    expect(cardHost.netDebits()).toEqual([])
    expect(await rig.gateway.debit(rig.prepared())).toMatchObject({ kind: 'approved' })
  })

  it('a key change of the host meets silence, and is taken when it comes again', async () => {
    const { rig, cardHost } = await open()
    token.isAway = true
    expect(cardHost.changeKeys()).toBe(true)
    await until(() => rig.counted('card host connections: keys away') > 0)
    expect(changes()).toEqual(['sent', 'taken', 'sent'])
    token.isAway = false
    expect(await rig.gateway.debit(rig.prepared())).toMatchObject({ kind: 'approved' })
  })
})

describe.each(SCHEMES)('zone keys of scheme %s', (scheme) => {
  it('are as they were when the token is back', async () => {
    const software = newModule()
    const token = new AwayModule(software)
    const master = software.generate('master', scheme)
    const link = zoneLink(token.module, scheme, master)
    const set = {
      macKey: software.generate('mac', scheme),
      pinKey: software.generate('pin', scheme),
    }
    const blocks = [set.macKey, set.pinKey].map((key) => software.exportUnder(master, key)).join('')
    const zone = link.restart()
    token.isAway = true
    expect(await change(zone, blocks)).toBe('96')
    expect(zone.state).toBe('missing')
    token.isAway = false
    expect(await change(zone, blocks)).toBe('00')
    token.isAway = true
    const { pan } = debitOf().card
    const block = software.encipherPin(set.pinKey, good(CardPin.parse('1234')), pan)
    const entered = { block, key: set.pinKey, keySerialNumber: undefined }
    expect(zone.translate(entered, pan)).toEqual({ reason: 'the keys are away' })
    expect(() => sendsUnder(software, zone, set.macKey)).toThrow('the line is cut')
    expect(zone.state).toBe('in force')
    token.isAway = false
    expect(sendsUnder(software, zone, set.macKey)).toBe(true)
    expect(isReason(zone.translate(entered, pan))).toBe(false)
    expect(link.alarms).toEqual([])
  })
})
