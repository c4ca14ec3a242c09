// A link with zone keys: the card gateway against the simulated card host with its own keys, what
// either keeps over a restart, and the golden messages of card hosts with keys byte for byte.

import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CardHostEvent, CardHostOptions } from '../../card-host/host-options.ts'
import type { Fields } from '../../protocol/message/encode.ts'
import type { KeyScheme } from '../../protocol/security/security-module.ts'
import { CardPin } from '../../protocol/values/card.ts'
import type { SealedKeySet } from '../../switch/core/key-store.ts'
import { CARD, golden } from '../card-host/host-client.ts'
import { ZMK, ZoneFolder } from '../card-host/zone-client.ts'
import { good, keyIn, newModule } from '../protocol/security/test-module.ts'
import { StoredInMemory } from '../terminal-gateway/stored-keys.ts'
import {
  BareHost,
  debitOf,
  linked,
  PROFILE,
  type Rig,
  reversalOf,
  SETTINGS,
  started,
  stopAll,
  until,
} from './rig.ts'

const OWNER = 'host/bank'
/** The length header. */
const ASCII4 = 4
const PIN = 'pin'
/** Of the golden key change: the master key of a terminal. */
const GOLDEN_ZMK = 'B0D02CE325768F75F7D007A29E108CCE'

let folder: ZoneFolder
let events: CardHostEvent[]
let module: ReturnType<typeof newModule>
let store: StoredInMemory

beforeEach(() => {
  folder = new ZoneFolder()
  events = []
  module = newModule()
  store = new StoredInMemory()
})

afterEach(async () => {
  await stopAll()
  folder.remove()
})

const changes = () => events.flatMap(({ kind, reason }) => (kind === 'key-change' ? [reason] : []))

describe.each(['tdes', 'aes'] as const)('a link with keys of scheme %s', (scheme) => {
  async function open(options: CardHostOptions = {}) {
    store.putMaster(module, OWNER, keyIn(module, 'master', scheme, ZMK[scheme]))
    return reopen(options)
  }

  async function reopen(options: CardHostOptions = {}) {
    const link = await linked({
      zoneKeyFile: folder.keyFile(scheme),
      observe: (event) => events.push(event),
      settings: { keys: scheme },
      keys: { module, store, alarm: () => undefined },
      // Nothing here waits for a deadline, and the machine may be slow.
      timeouts: { cardHostMs: 5_000, echoAnswerMs: 3_000 },
      ...options,
    })
    await until(() => link.rig.gateway.ready('bank') && changes().at(-1) === 'taken')
    return link
  }

  /** Signed on to a host that has sent no keys. */
  async function keyless(timeouts: { cardHostMs?: number } = {}) {
    store.putMaster(module, OWNER, keyIn(module, 'master', scheme, ZMK[scheme]))
    const host = await BareHost.start(() => ({ 39: '00' }))
    const settings = { ...SETTINGS, port: host.port, keys: scheme }
    const ports = { module, store, alarm: () => undefined }
    const rig = await started([settings], timeouts, ports)
    await until(() => rig.signedOn() === 1)
    return { host, rig }
  }

  async function sells(rig: Rig, card: { enteredPin?: string } = {}): Promise<string> {
    const terminalKey = module.generate('pin', scheme)
    const cardPin = good(CardPin.parse(card.enteredPin ?? '4921'))
    const { pan } = debitOf().card
    const block = module.encipherPin(terminalKey, cardPin, pan)
    const enteredPin = { block, key: terminalKey, keySerialNumber: undefined }
    const debit = rig.prepared({ card: card.enteredPin === undefined ? {} : { enteredPin } })
    const result = await rig.gateway.debit(debit)
    return result.kind === 'declined' ? result.responseCode : result.kind
  }

  it('has keys from the host before it is ready, and sells under them', async () => {
    const { rig, cardHost } = await open()
    expect(await sells(rig)).toBe('approved')
    expect(changes()).toEqual(['sent', 'taken'])
    expect(cardHost.netDebits()).toHaveLength(1)
    expect(events.some(({ kind }) => kind === 'wrong-mac')).toBe(false)
    expect(rig.counted('security events: wrong MAC of a card host')).toBe(0)
  })

  it('sends no reversal, either, before it has keys', async () => {
    const { host, rig } = await keyless({ cardHostMs: 30 })
    expect(await rig.gateway.reverse(reversalOf(), true)).toEqual({ kind: 'not-sent' })
    expect(host.messages.map(({ message }) => message.mti)).toEqual(['0800'])
  })

  it('takes no answer for a key change: it is one that nobody waits for', async () => {
    const { host, rig } = await keyless()
    const before = host.messages.length
    host.send('0810', { 7: '1122054430', 11: '000001', 39: '00', 70: '101' })
    await until(() => rig.counted('card host replies: unmatched') === 1)
    expect([rig.signedOn(), host.messages.length]).toEqual([1, before])
  })

  it('believes no approval while it has no keys', async () => {
    const { host, rig } = await keyless()
    host.send('0210', { 7: '1122054430', 11: '000001', 39: '00', 41: '10000001' })
    await until(() => rig.counted('security events: wrong MAC of a card host') === 1)
    expect(rig.counted('card host replies: late approval')).toBe(0)
  })

  it('brings the PIN of the terminal to the host under the PIN key of the link', async () => {
    const accounts = [{ card: CARD, balanceRial: 500_000, cardPin: '4921' }]
    const { rig } = await open({ accounts: { unknownCards: 'refuse', accounts } })
    expect(await sells(rig, { enteredPin: '4921' })).toBe('approved')
    expect(await sells(rig, { enteredPin: '4922' })).toBe('55')
    expect(await sells(rig)).toBe('55')
  })

  it('goes on under new keys, and takes an answer that was on its way under the old ones', async () => {
    const { rig, cardHost } = await open()
    cardHost.faults = [{ times: 1, fault: { kind: 'late', ms: 60 } }]
    const late = sells(rig)
    await until(() => cardHost.netDebits().length === 1)
    expect(cardHost.changeKeys()).toBe(true)
    expect(await late).toBe('approved')
    await until(() => changes().length === 4)
    expect(await sells(rig)).toBe('approved')
    expect(changes()).toEqual(['sent', 'taken', 'sent', 'taken'])
    expect(events.some(({ kind }) => kind === 'wrong-mac')).toBe(false)
  })

  it('keeps its keys when a new set is not durable: 96, and the old ones stay', async () => {
    const { rig, cardHost } = await open()
    store.full = true
    expect(cardHost.changeKeys()).toBe(true)
    await until(() => changes().length === 4)
    expect(changes()[3]).toBe('answered 96')
    expect(await sells(rig)).toBe('approved')
    store.full = false
    expect(cardHost.changeKeys()).toBe(true)
    await until(() => changes().length === 6)
    expect(await sells(rig)).toBe('approved')
    expect(changes()).toEqual(['sent', 'taken', 'sent', 'answered 96', 'sent', 'taken'])
  })

  it.each(['mac-wrong', 'mac-missing'] as const)(
    'with %s cannot tell, and reverses',
    async (kind) => {
      const { rig, cardHost } = await open()
      cardHost.faults = [{ times: 1, fault: { kind } }]
      const debit = rig.prepared()
      const result = await rig.gateway.debit(debit)
      expect(result).toEqual({
        kind: 'unknown',
        why: 'the answer has no right MAC',
        approval: undefined,
      })
      expect(cardHost.netDebits()).toHaveLength(1)
      const trace = rig.gateway.reversalTrace(debit.trace)
      if (trace === undefined) throw new Error('no number')
      const reversal = reversalOf({ host: debit.trace, trace })
      cardHost.faults = [{ on: 'reversal', times: 1, fault: { kind } }]
      expect(await rig.gateway.reverse(reversal, false)).toEqual({ kind: 'silent' })
      expect(await rig.gateway.reverse(reversal, true)).toEqual({
        ...{ kind: 'answered', responseCode: '00' },
      })
      expect(cardHost.netDebits()).toEqual([])
      expect(rig.counted('security events: wrong MAC of a card host')).toBe(2)
    },
  )

  it('is closed when echoes are answered with a wrong MAC, and comes back', async () => {
    const { rig, cardHost } = await open()
    cardHost.faults = [{ on: 'network', de70: '001', times: 1, fault: { kind: 'mac-wrong' } }]
    cardHost.refuseConnections(20)
    await until(() => !rig.gateway.ready('bank'))
    await until(() => rig.gateway.ready('bank'))
    expect(rig.counted('security events: wrong MAC of a card host')).toBe(1)
    expect(await sells(rig)).toBe('approved')
  })

  it('is not ready once an administrator has removed its keys, whatever those of others', async () => {
    const { rig } = await open()
    store.clear()
    rig.gateway.keysChanged('host/other')
    expect([rig.gateway.ready('bank'), rig.gateway.status()[0]?.keys]).toEqual([true, 'in force'])
    rig.gateway.keysChanged(OWNER)
    expect([rig.gateway.ready('bank'), rig.gateway.status()[0]?.keys]).toEqual([false, 'missing'])
    expect(rig.gateway.prepare()).toBeUndefined()
  })

  it('needs no key change after a restart of either', async () => {
    const first = await open({ ledgerFile: folder.ledger })
    expect(await sells(first.rig)).toBe('approved')
    await stopAll()
    const second = await reopen({ ledgerFile: folder.ledger })
    expect(await sells(second.rig)).toBe('approved')
    expect(changes()).toEqual(['sent', 'taken'])
  })

  it('takes the old keys after a restart until the host has shown the new ones', async () => {
    const { rig } = await open()
    expect(await sells(rig)).toBe('approved')
    await until(() => store.find(OWNER).active !== undefined)
    await stopAll()
    const before = store.find(OWNER).active
    const old = before === undefined ? undefined : keysOf(before)
    if (old === undefined) throw new Error('no keys')
    const host = await BareHost.start(() => undefined)
    const settings = { ...unsigned(host), keys: scheme }
    const again = await started([settings], {}, { module, store, alarm: () => undefined })
    await until(() => again.signedOn() === 1)
    // A key change that the host never hears the answer of: it stays with the old keys.
    const fresh = { mac: module.generate('mac', scheme), pinKey: module.generate('pin', scheme) }
    const master = keyIn(module, 'master', scheme, ZMK[scheme])
    const blocks = module.exportUnder(master, fresh.mac) + module.exportUnder(master, fresh.pinKey)
    host.sendUnder(module, old, '0800', { 7: '1122054400', 11: '000001', 62: blocks, 70: '101' })
    await until(() => host.seen().includes('0810 101 00'))
    const third = await started([settings], {}, { module, store, alarm: () => undefined })
    await until(() => third.signedOn() === 1)
    host.sendUnder(module, old, '0800', { 7: '1122054401', 11: '000002', 70: '301' })
    await until(() => host.seen().includes('0810 301 00') || host.seen().includes('0810 301 63'))
    expect(host.seen()).toContain('0810 301 00')
    host.sendUnder(module, fresh.mac, '0800', { 7: '1122054402', 11: '000003', 70: '301' })
    await until(() => host.seen().filter((one) => one === '0810 301 00').length === 2)
    // Shown now: the next start has the new keys only.
    await until(() => store.find(OWNER).pending === undefined)
    expect(rig.errors).toEqual([])
  })

  function keysOf(set: SealedKeySet) {
    return module.unseal('mac', scheme, set.macKey, `${OWNER}/${set.generation}`)
  }
})

describe('the golden messages of a link with keys', () => {
  const file = new URL('../golden/messages.json', import.meta.url)
  const all = JSON.parse(readFileSync(file, 'utf8')) as {
    name: string
    keys?: Record<string, string>
    fields: Fields
  }[]

  const bodyOf = (name: string) => golden(name).subarray(ASCII4)

  /** A gateway whose stored keys are those of the golden messages, and a host by hand. */
  async function open(scheme: KeyScheme, name: string) {
    const { keys = {} } = all.find((message) => message.name === name) ?? {}
    const mac = keyIn(module, 'mac', scheme, keys.mac ?? '')
    const pinKey = keyIn(module, 'pin', scheme, keys[PIN] ?? '')
    const place = `${OWNER}/1`
    const master = keyIn(module, 'master', scheme, GOLDEN_ZMK)
    store.putMaster(module, OWNER, master)
    const set = {
      ...{ generation: 1, scheme, dataKey: undefined },
      ...{ transmission: undefined, serialNumber: undefined },
      macKey: module.seal(mac, place),
      pinKey: module.seal(pinKey, place),
    }
    await store.putPending(OWNER, set, module.checkValue(master))
    const host = await BareHost.start(() => undefined)
    const rig = await started(
      [{ ...unsigned(host), keys: scheme }],
      {},
      { module, store, alarm: () => undefined },
    )
    await until(() => rig.signedOn() === 1)
    return { host, rig }
  }

  const last = (host: BareHost) => Buffer.from(host.messages.at(-1)?.message.bytes ?? [])

  it('0421 under AES keys, and its answer', async () => {
    const { host, rig } = await open('aes', 'card host 0421, aes')
    const approval = { authCode: '004711', hostDate: undefined }
    const reversed = rig.gateway.reverse(reversalOf({ approval }), true)
    await until(() => host.messages.length === 1)
    expect(last(host)).toEqual(bodyOf('card host 0421, aes'))
    host.sendBody(bodyOf('card host 0430 with 00 and DE 90'))
    expect(await reversed).toEqual({ kind: 'answered', responseCode: '00' })
  })

  it('0430 under TDES keys', async () => {
    const { host, rig } = await open('tdes', 'card host 0430 with 00')
    const reversed = rig.gateway.reverse(reversalOf(), false)
    await until(() => host.messages.length === 1)
    expect(host.messages[0]?.message.has(128)).toBe(true)
    host.sendBody(bodyOf('card host 0430 with 00'))
    expect(await reversed).toEqual({ kind: 'answered', responseCode: '00' })
  })

  it('sign-off of the host', async () => {
    const { host, rig } = await open('tdes', 'card host sign-off')
    host.sendBody(bodyOf('card host sign-off'))
    await until(() => host.messages.length === 1)
    expect(last(host)).toEqual(bodyOf('card host sign-off answered'))
    expect(rig.gateway.ready('bank')).toBe(false)
  })

  it('key change, under the keys that are in force', async () => {
    const { host } = await open('tdes', 'card host key change')
    host.sendBody(bodyOf('card host key change'))
    await until(() => host.messages.length === 1)
    expect(last(host)).toEqual(bodyOf('card host key change answered'))
  })

  it('approval without a MAC is unknown', async () => {
    const { host, rig } = await open('tdes', 'purchase approved, MAC missing')
    const result = rig.gateway.debit(debitOf())
    await until(() => host.messages.length === 1)
    expect(host.messages[0]?.message.has(64)).toBe(true)
    host.sendBody(bodyOf('purchase approved, MAC missing'))
    expect(await result).toMatchObject({ kind: 'unknown', why: 'the answer has no right MAC' })
  })

  it.each(['301', '101', '002'])(
    'a request of the host with DE 70 = %s and no MAC gets 63',
    async (de70) => {
      const { host, rig } = await open('tdes', 'card host key change')
      host.send('0800', { 7: '1122054400', 11: '000001', 70: de70 })
      await until(() => host.messages.length === 1)
      expect(host.seen()).toEqual([`0810 ${de70} 63`])
      expect(host.messages[0]?.message.has(128)).toBe(false)
      // Whoever it was: the host has not signed off.
      expect(rig.gateway.ready('bank')).toBe(true)
    },
  )

  it('key change is answered before anything goes out under the keys that it brings', async () => {
    const { host, rig } = await open('tdes', 'card host key change')
    rig.whenUp = () => void rig.gateway.reverse(reversalOf(), false)
    host.sendBody(bodyOf('card host key change'))
    await until(() => host.messages.length === 2)
    expect(host.seen()).toEqual(['0810 101 00', '0420'])
  })

  it('key change that is refused has nothing sent again', async () => {
    const { host, rig } = await open('tdes', 'card host key change')
    const told = rig.told.length
    store.row(OWNER).master = undefined
    host.sendBody(bodyOf('card host key change'))
    await until(() => host.seen().includes('0810 101 96'))
    expect(rig.told).toHaveLength(told)
  })
})

/** No sign-on, so that only what a test asks for is sent. */
function unsigned(host: BareHost) {
  return { ...SETTINGS, port: host.port, profile: { ...PROFILE, signOn: false } }
}
