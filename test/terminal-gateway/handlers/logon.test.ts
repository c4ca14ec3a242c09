// What a logon may do: ask for keys, and nothing else. It has no MAC, so anybody can send one in a
// terminal's name, and what it tells of sales and devices is not believed.

import { describe, expect, it } from 'vitest'
import type { Fields } from '../../../protocol/message/encode.ts'
import { MacFailures } from '../../../terminal-gateway/mac-failures.ts'
import { FrontDesk } from '../front-desk.ts'
import { KeyedDesk, OWNER } from '../keyed-desk.ts'

/** DE 60 of a message that tells all that a terminal can tell: of its newest sale and of itself. */
const TELLING = '0106000002020120302v904'

describe('what a logon tells, which anybody may have sent,', () => {
  it('confirms no sale; a message with a right MAC does', async () => {
    const keyed = await KeyedDesk.open('aes')
    const session = await keyed.logon(1)
    expect((await keyed.ask(session, '0200', keyed.desk.story.sale(2)))?.get(39)).toBe('00')
    const confirmed = () => keyed.desk.story.count('sale', 'confirmed_ms is not null')
    const logon = { ...keyed.logonFields(3), 60: `${TELLING}03PX7` }
    expect(await keyed.desk.code('0800', logon)).toBe('00')
    expect(confirmed()).toBe(0)
    const echo = { ...keyed.logonFields(4), 3: '990000', 60: TELLING.slice(0, 10) }
    expect((await keyed.ask(session, '0800', echo))?.get(39)).toBe('00')
    expect(confirmed()).toBe(1)
  })

  it('is not noted of the terminal, whatever the logon was answered', async () => {
    const keyed = await KeyedDesk.open('tdes')
    const noted: unknown[] = []
    const seen = {
      noted: (...facts: unknown[]) => noted.push(facts),
      failedMac: () => undefined,
    }
    const { story, listener, gateway } = keyed.desk
    const desk = new FrontDesk(story, listener, { ...gateway, seen })
    const logon = (stan: number): Fields => ({
      ...keyed.logonFields(stan),
      60: `${TELLING}03PX7`,
    })
    expect(await desk.code('0800', logon(1))).toBe('00')
    const { 7: _time, ...timeless } = logon(2)
    expect(await desk.code('0800', timeless)).toBe('30')
    expect(noted).toEqual([])
  })

  it('counts from a terminal without keys as in any other message', async () => {
    const desk = await FrontDesk.open()
    expect(await desk.code('0200', desk.story.sale(2))).toBe('00')
    const logon = { ...desk.story.sale(3), 3: '920000', 60: TELLING.slice(0, 10) }
    expect(await desk.code('0800', logon)).toBe('12')
    expect(desk.story.count('sale', 'confirmed_ms is not null')).toBe(1)
  })
})

it('a logon that is sent again, as 0801, needs no MAC either, and its keys are good', async () => {
  const keyed = await KeyedDesk.open('aes')
  const fields = keyed.logonFields(1)
  expect(await keyed.desk.code('0800', fields)).toBe('00')
  const reply = await keyed.desk.ask('0801', fields)
  if (reply === undefined) throw new Error('no answer')
  expect([reply.mti, reply.get(39)]).toEqual(['0810', '00'])
  const session = keyed.sessionOf(reply)
  expect((await keyed.ask(session, '0200', keyed.desk.story.sale(2)))?.get(39)).toBe('00')
})

describe('logons in somebody’s name', () => {
  const TOLD = 'security events: logons whose keys are not used'

  it('are one at a time: another one meanwhile is answered 96, the same one gets its answer', async () => {
    const keyed = await KeyedDesk.open('aes')
    const { handlers, sent } = keyed.desk
    const logon = (stan: number) => keyed.sealed(undefined, '0800', keyed.logonFields(stan))
    for (const body of [logon(1), logon(1), logon(2)]) handlers.frame(body, undefined)
    await keyed.desk.story.time.run(3_000)
    const answers = sent.map(({ message }) => [message.get(11), message.get(39)])
    expect(answers).toContainEqual(['000002', '96'])
    expect(answers.filter(([stan, code]) => stan === '000001' && code === '00')).toHaveLength(2)
    const blocks = sent.map(({ message }) => message.get(62)).filter((text) => text !== undefined)
    expect(new Set(blocks).size).toBe(1)
    expect(keyed.store.row(OWNER).pending?.generation).toBe(1)
    expect(await keyed.desk.code('0800', keyed.logonFields(3))).toBe('00')
  })

  it('end with their connection, when keys were given again and again and never used', async () => {
    const keyed = await KeyedDesk.open('aes')
    for (let stan = 1; stan <= 9; stan++) {
      expect(await keyed.desk.code('0800', keyed.logonFields(stan))).toBe('00')
      expect(keyed.desk.closings).toHaveLength(0)
    }
    // The fifth above what nobody counts.
    expect(await keyed.desk.code('0800', keyed.logonFields(10))).toBe('00')
    expect(keyed.desk.closings).toEqual(['messages without a right MAC'])
    expect(keyed.desk.counted.filter((what) => what === TOLD)).toHaveLength(5)
    expect(keyed.desk.dropped).toBe(5)
    const { generation } = keyed.store.row(OWNER).pending ?? {}
    expect(await keyed.desk.code('0800', keyed.logonFields(11))).toBeUndefined()
    expect(keyed.store.row(OWNER).pending?.generation).toBe(generation)
  })

  it('do not keep the terminal itself out, and are forgotten when it uses its keys', async () => {
    const keyed = await KeyedDesk.open('aes')
    for (let stan = 1; stan <= 8; stan++) await keyed.logon(stan)
    const session = await keyed.logon(9)
    const echo = { ...keyed.logonFields(10), 3: '990000' }
    expect((await keyed.ask(session, '0800', echo))?.get(39)).toBe('00')
    for (let stan = 11; stan <= 15; stan++) await keyed.logon(stan)
    expect(keyed.desk.closings).toEqual([])
  })

  it('from an address that sends too many make no keys any more', async () => {
    const keyed = await KeyedDesk.open('aes')
    const { story, listener, gateway } = keyed.desk
    const limits = { perConnection: 5, perAddressAndMinute: 2, addresses: 9 }
    const macFailures = new MacFailures(limits, story.time)
    const fresh = () => new FrontDesk(story, listener, { ...gateway, macFailures })
    const codes: (string | undefined)[] = []
    for (let stan = 1; stan <= 9; stan++) {
      codes.push(await fresh().code('0800', keyed.logonFields(stan)))
    }
    expect(codes).toEqual([...Array.from({ length: 7 }, () => '00'), undefined, undefined])
    expect(keyed.store.row(OWNER).pending?.generation).toBe(7)
  })
})

describe('a serial number that could be a card number', () => {
  /** Both have a right check digit, the same first six digits and the same last four. */
  const [OWN, OTHER] = ['356938035643809', '356938121023809'] as const
  const MASKED = '356938*****3809'

  async function bound() {
    const keyed = await KeyedDesk.open('aes')
    const session = await keyed.logon(1, OWN)
    await keyed.ask(session, '0800', { ...keyed.logonFields(2), 3: '990000' })
    return keyed
  }

  it('is told from another one that has its first and last digits', async () => {
    const keyed = await bound()
    expect(await keyed.desk.code('0800', keyed.logonFields(3, OTHER))).toBe('58')
    expect(await keyed.desk.code('0800', keyed.logonFields(4, OWN))).toBe('00')
    const later = keyed.restarted()
    expect(await later.desk.code('0800', later.logonFields(5, OTHER))).toBe('58')
    expect(await later.desk.code('0800', later.logonFields(6, OWN))).toBe('00')
  })

  it('is kept masked, with a keyed hash of the whole', async () => {
    const { store } = await bound()
    expect(store.find(OWNER).serialNumber).toMatch(/^356938\*{5}3809 [0-9a-f]{16}$/)
    expect(store.find(OWNER).active?.serialNumber).toBe(store.find(OWNER).serialNumber)
  })

  it('is hashed as no card is: whoever has the hashes of sales does not find it there', async () => {
    const { store, desk } = await bound()
    const [masked, hash = ''] = store.find(OWNER).serialNumber?.split(' ') ?? []
    expect([masked, hash.length]).toEqual([MASKED, 16])
    expect(desk.gateway.hashCard(OWN)).not.toContain(hash)
  })

  it('that was bound masked, as stores of before have it, goes on', async () => {
    const keyed = await KeyedDesk.open('aes')
    keyed.store.row(OWNER).serialNumber = MASKED
    expect(await keyed.desk.code('0800', keyed.logonFields(1, OWN))).toBe('00')
    expect(await keyed.desk.code('0800', keyed.logonFields(2, '356939035643808'))).toBe('58')
  })
})
