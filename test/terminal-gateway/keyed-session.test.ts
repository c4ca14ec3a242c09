// A connection of a terminal with keys, as the terminal sees it: logon, MACs both ways, PIN fields,
// two sets across a change, and what is answered when a MAC is wrong.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DIALECTS, type DialectName } from '../../protocol/message/dialect.ts'
import type { Fields } from '../../protocol/message/encode.ts'
import { CardPin } from '../../protocol/values/card.ts'
import type { Key, KeyScheme } from '../../protocol/values/key.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { MacFailures } from '../../terminal-gateway/mac-failures.ts'
import type { SqliteTerminalDirectory } from '../../voucher-store/reading/terminal-directory.ts'
import { good, keyIn } from '../protocol/security/test-module.ts'
import { FrontDesk, fieldsOf } from './front-desk.ts'
import { type GoldenKeys, KeyedDesk, MASTER, OWNER } from './keyed-desk.ts'

const SCHEMES: KeyScheme[] = ['tdes', 'aes']
const CARD = good(Pan.parse('6037990000000014'))

interface Golden {
  name: string
  kind: string
  link: string
  dialect: DialectName
  scheme: KeyScheme
  keys: GoldenKeys
  hex: string
  tpdu: string
  expect: { rc: string; mti: string; echo: Fields }
}

const path = new URL('../golden/messages.json', import.meta.url)
const golden = (JSON.parse(readFileSync(path, 'utf8')) as Golden[]).filter(
  ({ kind }) => kind === 'negative: MAC',
)

describe('the golden messages with a wrong MAC', () => {
  it.each(golden)('$name: 63 without a MAC, and nothing is sold', async (message) => {
    const { scheme, keys } = message
    const keyed = await KeyedDesk.open(scheme, { dialect: DIALECTS[message.dialect] })
    keyed.install(keys)
    const body = Buffer.from(message.hex, 'hex').subarray(7)
    const [reply] = await keyed.desk.frame(body, Buffer.from(message.tpdu, 'hex'))
    expect(reply?.message.mti).toBe(message.expect.mti)
    expect(fieldsOf(reply?.message as never)).toEqual({ ...message.expect.echo, 39: '63' })
    expect(keyed.desk.story.ledger.debits.size).toBe(0)
    expect(keyed.desk.counted).toContain('security events: wrong MAC')
  })
})

describe.each(SCHEMES)('a terminal with %s keys', (scheme) => {
  it('is told to log on, echo included, before it has keys', async () => {
    const keyed = await KeyedDesk.open(scheme)
    const echo = { ...keyed.logonFields(1), 3: '990000' }
    expect(await keyed.desk.code('0800', echo)).toBe('97')
    expect(await keyed.desk.code('0200', keyed.desk.story.sale(2))).toBe('97')
  })

  it('buys with the keys of its logon, and reads its voucher', async () => {
    const keyed = await KeyedDesk.open(scheme)
    const session = await keyed.logon(1)
    const sale = keyed.desk.story.sale(2)
    const reply = await keyed.ask(session, '0200', sale)
    expect(reply?.get(39)).toBe('00')
    expect(keyed.verifies(session, reply)).toBe(true)
    const first = openedField(keyed, session.dataKey, reply?.get(62) ?? '')
    expect(first).toMatch(/^\d{8,24}$/)
    const again = await keyed.ask(session, '0201', sale)
    expect(openedField(keyed, session.dataKey, again?.get(62) ?? '')).toBe(first)
  })

  it('is told the host’s time by a logon, whatever its own clock says', async () => {
    const keyed = await KeyedDesk.open(scheme)
    const asked = { ...keyed.logonFields(1), 12: '010203', 13: '0405' }
    const reply = await keyed.desk.ask('0800', asked)
    // 22 November 2026, 06:00 UTC and a second.
    const told = [reply?.get(39), reply?.get(13), reply?.get(12)?.slice(0, 4)]
    expect(told).toEqual(['00', '1122', '0930'])
  })

  it('gets the same voucher under its next keys', async () => {
    const keyed = await KeyedDesk.open(scheme)
    const session = await keyed.logon(1)
    const sale = keyed.desk.story.sale(2)
    const bought = await keyed.ask(session, '0200', sale)
    const next = await keyed.logon(3)
    const { 60: _status, ...own } = keyed.logonFields(4)
    const inquiry = { ...own, 3: '330000', 48: `${sale[11]}${sale[12]}${sale[13]}` }
    const told = await keyed.ask(next, '0100', inquiry)
    expect(keyed.verifies(next, told)).toBe(true)
    expect(told?.get(62)).not.toBe(bought?.get(62))
    expect(openedField(keyed, next.dataKey, told?.get(62) ?? '')).toBe(
      openedField(keyed, session.dataKey, bought?.get(62) ?? ''),
    )
  })

  it('keeps its old keys until it has used the new ones, then they are worth nothing', async () => {
    const keyed = await KeyedDesk.open(scheme)
    const old = await keyed.logon(1)
    const echo = (stan: number): Fields => ({ ...keyed.logonFields(stan), 3: '990000' })
    expect((await keyed.ask(old, '0800', echo(2)))?.get(39)).toBe('00')
    const fresh = await keyed.logon(3)
    expect((await keyed.ask(old, '0800', echo(4)))?.get(39)).toBe('00')
    expect((await keyed.ask(fresh, '0800', echo(5)))?.get(39)).toBe('00')
    const late = await keyed.ask(old, '0800', echo(6))
    expect(late?.get(39)).toBe('63')
    expect(late?.has(64)).toBe(false)
  })

  it('goes on with its keys after a restart of the switch, pending ones too', async () => {
    const keyed = await KeyedDesk.open(scheme)
    const session = await keyed.logon(1)
    await keyed.ask(session, '0800', { ...keyed.logonFields(2), 3: '990000' })
    const pending = await keyed.logon(3)
    const later = keyed.restarted()
    const echo = (stan: number): Fields => ({ ...keyed.logonFields(stan), 3: '990000' })
    expect((await later.ask(session, '0800', echo(4)))?.get(39)).toBe('00')
    expect((await later.ask(pending, '0800', echo(5)))?.get(39)).toBe('00')
    expect(later.alarms).toEqual([])
  })

  it('goes on after a restart with keys it first used while its next logon was being written', async () => {
    const keyed = await KeyedDesk.open(scheme)
    await keyed.logon(1)
    const used = await keyed.logon(2)
    const request = {
      scheme,
      stan: '000009',
      transmission: '0722091503',
      serialNumber: 'PX7',
      masked: 'PX7',
    }
    const next = keyed.keyDesk.logon(OWNER, request)
    const echo = (stan: number): Fields => ({ ...keyed.logonFields(stan), 3: '990000' })
    expect((await keyed.ask(used, '0800', echo(4)))?.get(39)).toBe('00')
    expect(await next).toMatchObject({ kind: 'keys' })
    const later = keyed.restarted()
    expect((await later.ask(used, '0800', echo(5)))?.get(39)).toBe('00')
    expect(keyed.store.row(OWNER).pending?.generation).toBe(3)
  })

  it('goes on after a restart with keys whose note the disk did not take', async () => {
    const keyed = await KeyedDesk.open(scheme)
    await keyed.logon(1)
    const used = await keyed.logon(2)
    const echo = (stan: number): Fields => ({ ...keyed.logonFields(stan), 3: '990000' })
    keyed.store.full = true
    expect((await keyed.ask(used, '0800', echo(3)))?.get(39)).toBe('00')
    keyed.store.full = false
    const pending = await keyed.logon(4)
    const later = keyed.restarted()
    expect((await later.ask(used, '0800', echo(5)))?.get(39)).toBe('00')
    expect((await later.ask(pending, '0800', echo(6)))?.get(39)).toBe('00')
  })

  /** Its keys were replaced, and the disk, which is full, took no note of that. */
  async function replacedUnnoted() {
    const keyed = await KeyedDesk.open(scheme)
    const echo = (stan: number): Fields => ({ ...keyed.logonFields(stan), 3: '990000' })
    const old = await keyed.logon(1)
    await keyed.ask(old, '0800', echo(2))
    const used = await keyed.logon(3)
    keyed.store.full = true
    await keyed.ask(used, '0800', echo(4))
    return { keyed, old, used, echo }
  }

  it('has its old keys refused after a restart, though the disk took the note only later', async () => {
    const { keyed, old, used, echo } = await replacedUnnoted()
    keyed.store.full = false
    await keyed.ask(used, '0800', echo(5))
    const later = keyed.restarted()
    expect((await later.ask(old, '0800', echo(6)))?.get(39)).toBe('63')
    expect((await later.ask(used, '0800', echo(7)))?.get(39)).toBe('00')
  })

  it('has its old keys refused among many terminals, while the disk takes no note', async () => {
    const { keyed, old, echo } = await replacedUnnoted()
    const request = {
      scheme,
      stan: '000009',
      transmission: '0722091503',
      serialNumber: 'PX8',
      masked: 'PX8',
    }
    for (let id = 2; id < 20; id++) await keyed.keyDesk.logon(`terminal/${id}`, request)
    expect((await keyed.ask(old, '0800', echo(5)))?.get(39)).toBe('63')
  })

  it('sends its PIN under its PIN key; one of the other format is a format error', async () => {
    const keyed = await KeyedDesk.open(scheme)
    const session = await keyed.logon(1)
    const cardPin = good(CardPin.parse('1234'))
    const block = keyed.module.encipherPin(session.pinKey, cardPin, CARD).reveal()
    const [own, other] = scheme === 'tdes' ? [52, 61] : [61, 52]
    const sale = keyed.desk.story.sale(2)
    const sold = await keyed.ask(session, '0200', { ...sale, [own as number]: block })
    expect(sold?.get(39)).toBe('00')
    const strange = scheme === 'tdes' ? '0'.repeat(32) : '0'.repeat(16)
    const refused = await keyed.ask(session, '0200', {
      ...keyed.desk.story.sale(3),
      [other as number]: strange,
    })
    expect(refused?.get(39)).toBe('30')
    expect(keyed.verifies(session, refused)).toBe(true)
  })

  it('gets refusals with a MAC while it is blocked, and its reversal is taken', async () => {
    const keyed = await KeyedDesk.open(scheme)
    const session = await keyed.logon(1)
    const sale = keyed.desk.story.sale(2)
    await keyed.ask(session, '0200', sale)
    keyed.desk.register({ scheme, maySell: false })
    const directory = keyed.desk.gateway.directory as SqliteTerminalDirectory
    directory.changed()
    const refused = await keyed.ask(session, '0200', keyed.desk.story.sale(3))
    expect(refused?.get(39)).toBe('58')
    expect(keyed.verifies(session, refused)).toBe(true)
    expect(await keyed.desk.code('0200', keyed.desk.story.sale(4))).toBe('58')
    const { 35: _track, 22: _entry, 25: _condition, 48: _order, 49: _currency, ...advice } = sale
    const { 60: _status, 24: _network, ...reversal } = advice
    // What anybody could send is no reversal of the terminal, and its refusal is that of the MAC.
    expect(await keyed.desk.code('0400', reversal)).toBe('63')
    expect((await keyed.ask(session, '0400', reversal))?.get(39)).toBe('00')
  })
})

describe('a logon', () => {
  it('binds the serial number when its keys are used, not before', async () => {
    const keyed = await KeyedDesk.open('aes')
    await keyed.logon(1, 'STRANGER')
    const session = await keyed.logon(2, 'PX7')
    expect(keyed.store.find(OWNER).serialNumber).toBeUndefined()
    await keyed.ask(session, '0800', { ...keyed.logonFields(3), 3: '990000' })
    expect(keyed.store.find(OWNER).serialNumber).toBe('PX7')
    expect(await keyed.desk.code('0800', keyed.logonFields(4, 'STRANGER'))).toBe('58')
    const told = 'security events: logon with another serial number'
    expect(keyed.desk.counted.filter((what) => what === told)).toHaveLength(1)
    expect(await keyed.desk.code('0800', keyed.logonFields(5, 'PX7'))).toBe('00')
  })

  it('without a serial number is a format error, and without a master key refused', async () => {
    const keyed = await KeyedDesk.open('tdes')
    const { 60: _status, ...nameless } = keyed.logonFields(1)
    expect(await keyed.desk.code('0800', nameless)).toBe('30')
    expect(await keyed.desk.code('0800', { ...keyed.logonFields(2), 60: '02010' })).toBe('30')
    keyed.store.clear()
    keyed.keyDesk.changed(OWNER)
    expect(await keyed.desk.code('0800', keyed.logonFields(3))).toBe('58')
    expect(keyed.desk.counted).toContain('security events: logon without a master key')
  })

  it('has its keys though another one came while it was written, and was answered 96', async () => {
    const keyed = await KeyedDesk.open('aes')
    const logon = (stan: number) => keyed.sealed(undefined, '0800', keyed.logonFields(stan))
    keyed.desk.handlers.frame(logon(1), undefined)
    const replies = (await keyed.desk.frame(logon(2))).map(({ message }) => message)
    expect(replies.map((reply) => reply.get(39))).toEqual(['96', '00'])
    const session = keyed.sessionOf(replies[1] as never)
    const reply = await keyed.ask(session, '0200', keyed.desk.story.sale(3))
    expect(reply?.get(39)).toBe('00')
  })

  it('whose keys are not durable is answered 96, and the old ones go on', async () => {
    const keyed = await KeyedDesk.open('aes')
    const session = await keyed.logon(1)
    keyed.store.full = true
    expect(await keyed.desk.code('0800', keyed.logonFields(2))).toBe('96')
    const echo = await keyed.ask(session, '0800', { ...keyed.logonFields(3), 3: '990000' })
    expect(echo?.get(39)).toBe('00')
  })
})

it('the logon of an institution’s terminal gives nobody keys, and without a MAC is not heard', async () => {
  const keyed = await KeyedDesk.open('aes', { kind: 'institution' })
  const owner = `institution/${keyed.desk.listener.name}` as const
  const keys = golden.find((message) => message.scheme === 'aes')?.keys
  if (keys === undefined) throw new Error('no golden keys')
  keyed.store.putMaster(keyed.module, owner, keyIn(keyed.module, 'master', 'aes', MASTER))
  const asked = async () => (await keyed.desk.ask('0800', keyed.logonFields(1)))?.get(39)
  expect(await asked()).toBe('97')
  keyed.install(keys, owner)
  expect(await asked()).toBe('63')
  expect(keyed.store.row(owner).pending).toBeUndefined()
})

it.each([
  ['terminal', OWNER, [1]],
  // The link's keys are wrong: it says nothing of the terminal that it names.
  ['institution', 'institution/pos', []],
] as const)('a wrong MAC on a link of a %s is noted of whose keys they are', async (...row) => {
  const [kind, owner, noted] = row
  const keyed = await KeyedDesk.open('aes', { kind })
  const keys = golden.find((message) => message.scheme === 'aes')?.keys
  if (keys === undefined) throw new Error('no golden keys')
  keyed.install(keys, owner)
  const failed: number[] = []
  const seen = { noted: () => undefined, failedMac: (key: number) => failed.push(key) }
  const { story, listener, gateway } = keyed.desk
  const desk = new FrontDesk(story, listener, { ...gateway, seen })
  expect(await desk.code('0800', { ...keyed.logonFields(1), 3: '990000' })).toBe('63')
  expect(failed).toEqual(noted)
})

it('a message of a terminal that has not logged on yet is no wrong MAC of it', async () => {
  const keyed = await KeyedDesk.open('aes')
  const failed: number[] = []
  const seen = { noted: () => undefined, failedMac: (key: number) => failed.push(key) }
  const { story, listener, gateway } = keyed.desk
  const desk = new FrontDesk(story, listener, { ...gateway, seen })
  expect(await desk.code('0800', { ...keyed.logonFields(1), 3: '990000' })).toBe('97')
  expect(failed).toEqual([])
})

it('two terminals of one merchant have no keys in common', async () => {
  const keyed = await KeyedDesk.open('aes')
  keyed.desk.story.database.exec("update terminal set scheme = 'aes' where id = 2")
  const session = await keyed.logon(1)
  const echo = { ...keyed.logonFields(2), 3: '990000' }
  expect((await keyed.ask(session, '0800', echo))?.get(39)).toBe('00')
  const other = { ...keyed.logonFields(3), 3: '990000', 41: '10000002' }
  expect((await keyed.ask(session, '0800', other))?.get(39)).toBe('97')
})

it('a master key of another scheme than the terminal’s gives no keys', async () => {
  const keyed = await KeyedDesk.open('aes')
  keyed.store.putMaster(keyed.module, OWNER, keyIn(keyed.module, 'master', 'tdes', MASTER))
  keyed.keyDesk.changed(OWNER)
  expect(await keyed.desk.code('0800', keyed.logonFields(1))).toBe('58')
  expect(keyed.store.row(OWNER).pending).toBeUndefined()
})

it('the fifth wrong MAC closes its connection, whatever came in between', async () => {
  const keyed = await KeyedDesk.open('aes')
  const session = await keyed.logon(1)
  const wrong = keyed.sealed(session, '0800', { ...keyed.logonFields(2), 3: '990000' })
  wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1
  for (let times = 0; times < 4; times++) await keyed.desk.frame(wrong)
  const echo = { ...keyed.logonFields(3), 3: '990000' }
  expect((await keyed.ask(session, '0800', echo))?.get(39)).toBe('00')
  expect(keyed.desk.closings).toEqual([])
  await keyed.desk.frame(wrong)
  expect(keyed.desk.closings).toEqual(['messages without a right MAC'])
})

it('wrong MACs of an address above its limit close, unanswered', async () => {
  const keyed = await KeyedDesk.open('aes')
  await keyed.logon(1)
  const { story, listener, gateway } = keyed.desk
  const limits = { perConnection: 5, perAddressAndMinute: 2, addresses: 9 }
  const macFailures = new MacFailures(limits, story.time)
  const met: [string | undefined, number][] = []
  for (let stan = 2; stan <= 5; stan++) {
    const desk = new FrontDesk(story, listener, { ...gateway, macFailures })
    const code = await desk.code('0800', { ...keyed.logonFields(stan), 3: '990000' })
    met.push([code, desk.closings.length])
  }
  expect(met).toEqual([...Array(2).fill(['63', 0]), ...Array(2).fill([undefined, 1])])
})

it.each(['terminal', 'institution'] as const)(
  'a wrong MAC in the name of a blocked terminal, on a link of kind %s, counts as any other',
  async (kind) => {
    const keyed = await KeyedDesk.open('aes', { kind })
    const owner = kind === 'terminal' ? OWNER : (`institution/${keyed.desk.listener.name}` as const)
    const keys = golden.find((message) => message.scheme === 'aes')?.keys
    if (keys === undefined) throw new Error('no golden keys')
    keyed.install(keys, owner)
    keyed.desk.register({ scheme: 'aes', maySell: false })
    const failed: number[] = []
    const seen = { noted: () => undefined, failedMac: (key: number) => failed.push(key) }
    const { story, listener, gateway } = keyed.desk
    const desk = new FrontDesk(story, listener, { ...gateway, seen })
    for (let stan = 1; stan <= 5; stan++) {
      expect(await desk.code('0200', story.sale(stan))).toBe('58')
      expect(desk.closings).toHaveLength(stan === 5 ? 1 : 0)
    }
    const told = keyed.desk.counted.filter((what) => what === 'security events: wrong MAC')
    expect(told).toHaveLength(5)
    expect([failed, desk.dropped]).toEqual([kind === 'terminal' ? [1, 1, 1, 1, 1] : [], 5])
  },
)

/** The PIN of the only voucher in DE 62. */
function openedField(keyed: KeyedDesk, dataKey: Key, field: string): string {
  const serialLength = Number(field.slice(2, 4))
  return good(keyed.module.decipherVoucherPin(dataKey, field.slice(6 + serialLength))).reveal()
}
