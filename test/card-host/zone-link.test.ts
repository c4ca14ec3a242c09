// A card host with zone keys over a real connection: key changes, MACs both ways, PIN blocks, and
// what it keeps for its next start.

import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AccountsData } from '../../card-host/accounts.ts'
import type { CardHost } from '../../card-host/host.ts'
import type { CardHostEvent, CardHostOptions } from '../../card-host/host-options.ts'
import { CARD, OTHER_CARD, pairOf, purchase, reversal, startForTest } from './host-client.ts'
import { ZoneClient, ZoneFolder } from './zone-client.ts'

const ECHO = { 7: '1122054500', 11: '004150', 70: '301' }

let folder: ZoneFolder
let cardHost: CardHost
let link: ZoneClient
let events: CardHostEvent[]

beforeEach(() => {
  folder = new ZoneFolder()
  events = []
})

afterEach(async () => {
  link?.client.end()
  await cardHost?.stop()
  folder.remove()
})

const ofKind = (kind: string) => events.filter((event) => event.kind === kind)

describe.each(['tdes', 'aes'] as const)('a card host with keys of scheme %s', (scheme) => {
  async function open(options: CardHostOptions = {}): Promise<void> {
    const zoneKeyFile = folder.keyFile(scheme)
    const observe = (event: CardHostEvent) => events.push(event)
    cardHost = await startForTest({ zoneKeyFile, observe, ...options })
    link = await ZoneClient.connect(cardHost, scheme)
  }

  it('sends keys after the first sign-on, and debits under them', async () => {
    await open()
    expect((await link.signOn()).has(128)).toBe(false)
    const change = await link.next()
    expect([change.mti, change.get(70), change.has(128)]).toEqual(['0800', '101', false])
    const zone = link.take(change)
    link.answer(change, '00')
    const sold = await link.ask('0200', purchase(), zone)
    expect([sold.get(39), link.isUnder(sold, zone)]).toEqual(['00', true])
    const undone = await link.ask('0420', reversal(), zone)
    expect([undone.get(39), link.isUnder(undone, zone)]).toEqual(['00', true])
    const echo = await link.ask('0800', ECHO, zone)
    expect([echo.get(39), echo.has(128), link.isUnder(echo, zone)]).toEqual(['00', true, true])
    expect(ofKind('key-change').map(({ reason }) => reason)).toEqual(['sent', 'taken'])
  })

  it.each([
    ['no MAC', undefined],
    ['a MAC under another key', 'other'],
  ])('answers %s with 63, moves nothing and has no MAC', async (_what, other) => {
    await open()
    const zone = await link.keyed()
    const { module } = link
    const wrong = other === undefined ? undefined : { ...zone, mac: module.generate('mac', scheme) }
    for (const [mti, fields] of [
      ['0200', purchase()],
      ['0420', reversal()],
      ['0800', ECHO],
    ] as const) {
      const answer = await link.ask(mti, fields, wrong)
      expect([answer.get(39), answer.has(64), answer.has(128)]).toEqual(['63', false, false])
    }
    expect(cardHost.ledger.entries()).toEqual([])
    expect(ofKind('wrong-mac')).toHaveLength(3)
    expect((await link.ask('0200', purchase(), zone)).get(39)).toBe('00')
  })

  it('moves nothing before there are keys', async () => {
    await open()
    await link.signOn()
    await link.next()
    expect((await link.ask('0200', purchase())).get(39)).toBe('63')
    expect((await link.ask('0420', reversal())).get(39)).toBe('63')
    expect((await link.ask('0800', ECHO)).get(39)).toBe('00')
    expect(cardHost.ledger.entries()).toEqual([])
  })

  it('changes keys when told to: the change under the old ones, the old ones taken meanwhile', async () => {
    await open()
    const old = await link.keyed()
    await link.ask('0800', ECHO, old)
    expect(cardHost.changeKeys()).toBe(true)
    expect(cardHost.changeKeys()).toBe(false)
    const change = await link.next()
    expect(link.isUnder(change, old)).toBe(true)
    const fresh = link.take(change)
    // On its way while the change was.
    const [first] = pairOf('000001')
    const answered = await link.ask('0200', first, old)
    expect([answered.get(39), link.isUnder(answered, old)]).toEqual(['00', true])
    link.answer(change, '00', old)
    const [second] = pairOf('000002')
    const next = await link.ask('0200', second, fresh)
    expect([next.get(39), link.isUnder(next, fresh)]).toEqual(['00', true])
    const [third] = pairOf('000003')
    const late = await link.ask('0200', third, old)
    expect([late.get(39), link.isUnder(late, old)]).toEqual(['00', true])
    expect(ofKind('key-change').map(({ reason }) => reason)).toEqual([
      ...['sent', 'taken', 'sent', 'taken'],
    ])
  })

  it('takes new keys as agreed on by a message under them, when the answer was lost', async () => {
    await open()
    await link.signOn()
    const zone = link.take(await link.next())
    expect((await link.ask('0200', purchase(), zone)).get(39)).toBe('00')
    expect((await link.ask('0800', ECHO)).get(39)).toBe('63')
  })

  it('keeps the old keys when a change is refused', async () => {
    await open()
    const old = await link.keyed()
    await link.ask('0800', ECHO, old)
    cardHost.changeKeys()
    link.answer(await link.next(), '96', old)
    const echo = await link.ask('0800', ECHO, old)
    expect(link.isUnder(echo, old)).toBe(true)
    cardHost.changeKeys()
    const again = await link.next()
    expect(link.isUnder(again, old)).toBe(true)
    expect(ofKind('key-change').map(({ reason }) => reason)).toContain('answered 96')
  })

  it('does not believe an answer to a key change whose MAC is wrong', async () => {
    await open()
    const old = await link.keyed()
    await link.ask('0800', ECHO, old)
    cardHost.changeKeys()
    const change = await link.next()
    link.answer(change, '00')
    await link.ask('0800', ECHO, old)
    expect(ofKind('key-change').map(({ reason }) => reason)).toEqual(['sent', 'taken', 'sent'])
  })

  it('changes keys at an interval', async () => {
    await open({ keyChangeMs: 30 })
    const zone = await link.keyed()
    const change = await link.next()
    expect([change.get(70), link.isUnder(change, zone)]).toEqual(['101', true])
  })

  it('keeps its keys beside the ledger, and no clear key in the file', async () => {
    await open({ ledgerFile: folder.ledger })
    const old = await link.keyed()
    await link.ask('0800', ECHO, old)
    cardHost.changeKeys()
    // Offered, and the answer has not come.
    const fresh = link.take(await link.next())
    link.client.end()
    await cardHost.stop()
    const file = `${folder.ledger}.zone-keys`
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')))).toEqual(['current', 'offered'])
    await open({ ledgerFile: folder.ledger })
    // The other side had taken it: no key change is needed.
    expect((await link.signOn(fresh)).get(39)).toBe('00')
    expect(await link.isSilent()).toBe(true)
    expect((await link.ask('0800', ECHO, old)).get(39)).toBe('00')
  })

  it('refuses to start on kept keys that do not open', async () => {
    await open({ ledgerFile: folder.ledger })
    await link.keyed()
    await cardHost.stop()
    const zoneKeyFile = folder.keyFile(scheme, '00112233445566778899AABBCCDDEEFF')
    await expect(startForTest({ zoneKeyFile, ledgerFile: folder.ledger })).rejects.toThrow(
      'does not open',
    )
    writeFileSync(`${folder.ledger}.zone-keys`, '[1]')
    const options = { zoneKeyFile: folder.keyFile(scheme), ledgerFile: folder.ledger }
    await expect(startForTest(options)).rejects.toThrow('does not open')
  })

  it('refuses a key file that others may read, and one that is not there', async () => {
    const zoneKeyFile = folder.keyFile(scheme)
    for (const mode of [0o644, 0o640, 0o604]) {
      chmodSync(zoneKeyFile, mode)
      await expect(startForTest({ zoneKeyFile })).rejects.toThrow('its owner only')
    }
    await expect(startForTest({ zoneKeyFile: `${zoneKeyFile}x` })).rejects.toThrow('is missing')
  })

  it.each(['mac-wrong', 'mac-missing'] as const)('debits and answers with %s', async (kind) => {
    await open()
    const zone = await link.keyed()
    cardHost.faults = [{ times: 1, fault: { kind } }]
    const answer = await link.ask('0200', purchase(), zone)
    expect(answer.get(39)).toBe('00')
    expect([answer.has(64), link.isUnder(answer, zone)]).toEqual([kind === 'mac-wrong', false])
    expect(cardHost.netDebits()).toHaveLength(1)
  })

  describe('with a PIN', () => {
    const accounts: AccountsData = {
      unknownCards: 'refuse',
      accounts: [
        { card: CARD, balanceRial: 500_000, cardPin: '4921' },
        { card: OTHER_CARD, balanceRial: 500_000 },
      ],
    }

    it('debits with the right one, and declines a wrong or missing one with 55', async () => {
      await open({ accounts, ledgerFile: folder.ledger })
      const zone = await link.keyed()
      const buy = async (stan: string, entered: object) => {
        return (await link.ask('0200', { ...pairOf(stan)[0], ...entered }, zone)).get(39)
      }
      expect(await buy('000001', link.pinFields(zone, '4921'))).toBe('00')
      expect(await buy('000002', link.pinFields(zone, '4922'))).toBe('55')
      expect(await buy('000003', {})).toBe('55')
      // Of another card: it does not open, or opens to another PIN.
      expect(await buy('000004', link.pinFields(zone, '4921', OTHER_CARD))).toBe('55')
      const ledger = readFileSync(folder.ledger, 'utf8')
      expect(ledger).not.toMatch(/49(21|22)"/)
      expect(ledger.match(/"wrongPin":true/g)?.length).toBeLessThanOrEqual(2)
    })

    it('blocks the card after three wrong ones, over a restart too; a right one forgives', async () => {
      await open({ accounts, ledgerFile: folder.ledger })
      const zone = await link.keyed()
      let stan = 100
      const buy = async (digits: string) => {
        stan += 1
        const [fields] = pairOf(String(stan).padStart(6, '0'))
        const entered = link.pinFields(zone, digits)
        return (await link.ask('0200', { ...fields, ...entered }, zone)).get(39)
      }
      const tries = ['1111', '2222', '4921', '1111', '2222', '3333', '4921']
      const codes: (string | undefined)[] = []
      for (const digits of tries) codes.push(await buy(digits))
      expect(codes).toEqual(['55', '55', '00', '55', '55', '55', '75'])
      link.client.end()
      await cardHost.stop()
      await open({ accounts, ledgerFile: folder.ledger })
      expect((await link.signOn(zone)).get(39)).toBe('00')
      expect(await buy('4921')).toBe('75')
    })

    it('takes no block of the other format', async () => {
      await open({ accounts })
      const zone = await link.keyed()
      const other = scheme === 'aes' ? { 52: '0011223344556677' } : { 61: '00'.repeat(16) }
      const both = { 52: '0011223344556677', 61: '00'.repeat(16) }
      for (const entered of [other, both]) {
        const answer = await link.ask('0200', { ...purchase(), ...entered }, zone)
        expect([answer.get(39), link.isUnder(answer, zone)]).toEqual(['30', true])
      }
      expect(cardHost.ledger.entries()).toEqual([])
    })

    it('needs a zone master key', async () => {
      await expect(startForTest({ accounts })).rejects.toThrow('cardPin: only with')
    })
  })
})

it('a host without keys changes none, and is asked for none', async () => {
  cardHost = await startForTest()
  link = await ZoneClient.connect(cardHost, 'aes')
  await link.signOn()
  expect(await link.isSilent()).toBe(true)
  expect(cardHost.changeKeys()).toBe(false)
  expect((await link.ask('0200', purchase())).get(39)).toBe('00')
})
