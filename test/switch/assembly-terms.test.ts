// What the wiring hands on to those who decide: the card that makes a sale another one, how long
// replaced keys of an institution are taken, and that a link of TLS is never dialled in clear.

import { describe, expect, it } from 'vitest'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encodeWithMac } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { SecurityModule } from '../../protocol/security/security-module.ts'
import type { Key } from '../../protocol/values/key.ts'
import { type AssemblyPorts, assembleSwitch } from '../../switch/assembly.ts'
import type { Config } from '../../switch/config/schema.ts'
import { good } from '../protocol/security/test-module.ts'
import { simConfig } from '../simulation/config.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'
import { saleFields } from './core/story-terminal.ts'
import { KeyedWorld } from './keyed-world.ts'

const OTHER_TRACK = '6273530000000029=29121010000000000000'
const BLOCK_CHARS = 112
const INSTITUTION = 'institution/7'

it('a sale that is asked for again with another card is refused, and shows no voucher', async () => {
  const world = await KeyedWorld.open()
  const fields = saleFields(world.time, { terminal: 1, stan: 1 })
  const sold = await world.wait(world.ask('0200', fields))
  expect([sold?.get(39), sold?.has(62)]).toEqual(['00', true])
  const again = await world.wait(world.ask('0201', { ...fields, 35: OTHER_TRACK }))
  expect([again?.get(39), again?.has(62)]).toEqual(['94', false])
  expect(world.host.debits.size).toBe(1)
})

function messageUnder(module: SecurityModule, macKey: Key): Message {
  const fields = { 7: '1122054430', 11: '000001', 70: '301' }
  const mac = (input: Buffer) => module.mac(macKey, input)
  const message = decode(
    DIALECTS.iso87ascii,
    encodeWithMac(DIALECTS.iso87ascii, '0800', fields, mac),
  )
  if (message.kind === 'rejected') throw new Error(message.reason)
  return message
}

it('keys of an institution are taken so long after others replaced them, by no calendar', async () => {
  const { store, software, assembly, time } = await KeyedWorld.open()
  const { replacedKeysMs } = simConfig().timeouts
  const { keyDesk } = assembly.gateway
  const master = software.generate('master', 'aes')
  store.putMaster(software, INSTITUTION, master)
  const loggedOn = async (stan: string) => {
    const about = { stan, transmission: '1122093000', serialNumber: '', masked: '' }
    const told = await keyDesk?.logon(INSTITUTION, { scheme: 'aes', ...about })
    if (told?.kind !== 'keys') throw new Error('no keys')
    const block = told.blocks.slice(0, BLOCK_CHARS)
    return messageUnder(software, good(software.importUnder(master, block, 'mac')))
  }
  const verdict = (message: Message) => {
    const told = keyDesk?.verify(INSTITUTION, message, 'aes')
    return typeof told === 'string' ? told : told?.generation
  }
  const first = await loggedOn('000001')
  expect(verdict(first)).toBe(1)
  const second = await loggedOn('000002')
  expect(verdict(second)).toBe(2)
  await time.run(replacedKeysMs - 1)
  time.jumpWall(3_600_000)
  expect(verdict(first)).toBe(1)
  await time.run(1)
  expect([verdict(first), verdict(second)]).toEqual(['wrong', 2])
})

describe('a card host whose link is to be TLS', () => {
  it('is dialled by nobody who has no credentials for it', async () => {
    const { cardHosts, ...rest } = simConfig()
    const tls = { ca: 'ca.pem', minVersion: 'TLSv1.2' }
    const config = { ...rest, cardHosts: cardHosts.map((one) => ({ ...one, tls })) }
    const ports = {
      timers: new VirtualTime(),
      store: {
        fenced: false,
        journal: { write: async () => ({ kind: 'written' }) },
        sales: { counter: () => 0, openIntents: () => [], openReversals: () => [] },
      },
    }
    const assembled = assembleSwitch(config as Config, ports as unknown as AssemblyPorts)
    await expect(assembled).rejects.toThrow('no TLS credentials for card host bank')
  })
})
