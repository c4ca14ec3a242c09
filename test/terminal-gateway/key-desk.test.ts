// Which owners' keys stay open: a bounded number, and never without one whose logon is being
// written, or its next set would have the number of that one and be lost. What the store does not
// have is asked for again.

import { describe, expect, it } from 'vitest'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode } from '../../protocol/message/encode.ts'
import { encodeWithMac } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { SecurityModule } from '../../protocol/security/security-module.ts'
import type { Key } from '../../protocol/values/key.ts'
import type { KeyOwner, SealedKeySet } from '../../switch/core/key-store.ts'
import { KeyDesk, type LogonRequest, type LogonResult } from '../../terminal-gateway/key-desk.ts'
import { good, newModule } from '../protocol/security/test-module.ts'
import { KeyedDesk } from './keyed-desk.ts'
import { StoredInMemory } from './stored-keys.ts'

const [FIRST, SECOND] = ['terminal/1', 'terminal/2'] as const satisfies readonly KeyOwner[]

const REQUEST: LogonRequest = {
  ...{ scheme: 'aes', stan: '000001', transmission: '1122093000', serialNumber: 'SN-1' },
  masked: 'SN-1',
}

class SlowStore extends StoredInMemory {
  readonly generations: number[] = []
  readonly #writes: (() => void)[] = []

  override async putPending(owner: KeyOwner, set: SealedKeySet, under: string): Promise<boolean> {
    this.generations.push(set.generation)
    await new Promise<void>((written) => this.#writes.push(written))
    return super.putPending(owner, set, under)
  }

  write(): void {
    for (const written of this.#writes.splice(0)) written()
  }
}

it('an owner is not forgotten for another one while a logon of his is being written', async () => {
  const store = new SlowStore()
  const module = newModule()
  const master: Key = module.generate('master', 'aes')
  for (const owner of [FIRST, SECOND]) store.putMaster(module, owner, master)
  const desk = new KeyDesk({ module, store, ownersMost: 1, unusedMost: 5, alarm: () => undefined })
  const other = { ...REQUEST, stan: '000002' }
  const logons = [FIRST, SECOND].map((owner) => desk.logon(owner, REQUEST))
  // Were it forgotten, this one would be written beside it, under the same number.
  logons.push(desk.logon(FIRST, other))
  store.write()
  const kinds = (await Promise.all(logons)).map(({ kind }) => kind)
  expect(kinds).toEqual(['keys', 'keys', 'busy'])
  expect(store.generations).toEqual([1, 1])
})

it.each<[string, Partial<LogonRequest>]>([
  ['another number', { stan: '000002' }],
  ['another time', { transmission: '1122093001' }],
  ['another device', { serialNumber: 'SN-2', masked: 'SN-2' }],
])('a logon of %s than the one that is being written does not get its keys', async (...row) => {
  const store = new SlowStore()
  const module = newModule()
  store.putMaster(module, FIRST, module.generate('master', 'aes'))
  const desk = new KeyDesk({ module, store, ownersMost: 9, unusedMost: 5, alarm: () => undefined })
  const requests = [REQUEST, { ...REQUEST }, { ...REQUEST, ...row[1] }]
  const asked = requests.map((request) => desk.logon(FIRST, request))
  store.write()
  const [first, again, other] = await Promise.all(asked)
  expect([first?.kind, again, other]).toEqual(['keys', first, { kind: 'busy' }])
})

it('the keys of so many owners stay open, and who came first is asked of the store again', () => {
  const store = new StoredInMemory()
  const found: KeyOwner[] = []
  const find = store.find.bind(store)
  store.find = (owner) => {
    found.push(owner)
    return find(owner)
  }
  const ports = { module: newModule(), store, unusedMost: 5, alarm: () => undefined }
  const desk = new KeyDesk({ ...ports, ownersMost: 2 })
  const third = 'terminal/3'
  const echo = read(encode(DIALECT, '0800', FIELDS))
  for (const owner of [FIRST, SECOND, FIRST, SECOND]) desk.verify(owner, echo, 'aes')
  expect(found).toEqual([FIRST, SECOND])
  for (const owner of [third, SECOND, third, FIRST] as const) desk.verify(owner, echo, 'aes')
  expect(found).toEqual([FIRST, SECOND, third, FIRST])
})

it('a key set of terminals that the store has only later is found then', () => {
  const store = new StoredInMemory()
  const module = newModule()
  const desk = new KeyDesk({ module, store, ownersMost: 1, unusedMost: 5, alarm: () => undefined })
  const serials = ['FFFF9876543210E00001', 'FFFF1111113210E00001'] as const
  expect(serials.map((serial) => desk.baseKey(serial))).toEqual([undefined, undefined])
  const base = module.generate('dukpt-base', 'tdes')
  store.putMaster(module, `dukpt/${serials[0].slice(0, 10)}`, base)
  expect(desk.baseKey(serials[0])).toMatchObject({ scheme: 'tdes' })
  expect(desk.baseKey(serials[1])).toBeUndefined()
})

it('keys that do not open are told by their owner, and nobody has them', async () => {
  const store = new StoredInMemory()
  const module = newModule()
  const alarms: string[] = []
  const alarm = (what: string, owner: KeyOwner) => void alarms.push(`${what}: ${owner}`)
  const open = () => new KeyDesk({ module, store, ownersMost: 9, unusedMost: 5, alarm })
  store.putMaster(module, FIRST, module.generate('master', 'aes'))
  expect((await open().logon(FIRST, REQUEST)).kind).toBe('keys')
  Object.assign(store.row(SECOND), store.row(FIRST))
  const later = open()
  const echo = read(encode(DIALECT, '0800', FIELDS))
  expect([later.verify(FIRST, echo, 'aes'), later.verify(SECOND, echo, 'aes')]).toEqual([
    'wrong',
    'none',
  ])
  expect((await later.logon(SECOND, REQUEST)).kind).toBe('no-master-key')
  const told = ['a master key does not open', 'keys do not open']
  expect(alarms).toEqual(told.map((what) => `${what}: ${SECOND}`))
})

it('a set whose note the disk did not take is noted again, though an older note came after it', async () => {
  const keyed = await KeyedDesk.open('aes')
  const echo = (stan: number) => ({ ...keyed.logonFields(stan), 3: '990000' })
  const activate = keyed.store.activate.bind(keyed.store)
  const notes: { generation: number; end: (takes: boolean) => void }[] = []
  keyed.store.activate = (owner, which, ...rest) =>
    new Promise((resolve) => {
      const end = (takes: boolean) => resolve(takes && activate(owner, which, ...rest))
      notes.push({ generation: which.generation, end })
    })
  const noted = () => notes.map(({ generation }) => generation)
  const first = await keyed.logon(1)
  await keyed.ask(first, '0800', echo(2))
  const second = await keyed.logon(3)
  await keyed.ask(second, '0800', echo(4))
  expect(noted()).toEqual([1, 1, 2])
  notes.pop()?.end(false)
  for (const { end } of notes.splice(0)) end(true)
  await keyed.desk.story.time.settle()
  expect((await keyed.ask(second, '0800', echo(5)))?.get(39)).toBe('00')
  expect(noted()).toEqual([2])
  notes[0]?.end(true)
  await keyed.desk.story.time.settle()
  const later = keyed.restarted()
  expect((await later.ask(first, '0800', echo(6)))?.get(39)).toBe('63')
})

describe('a logon while the master key of its terminal is changed', () => {
  function changing() {
    const store = new SlowStore()
    const module = newModule()
    store.putMaster(module, FIRST, module.generate('master', 'aes'))
    const desk = new KeyDesk({
      module,
      store,
      ownersMost: 9,
      unusedMost: 5,
      alarm: () => undefined,
    })
    const logon = async () => {
      const asked = desk.logon(FIRST, REQUEST)
      store.write()
      return (await asked).kind
    }
    /** As the store does it: what was under the key before is gone with it. */
    const replace = (master: Key) => {
      store.clear()
      store.putMaster(module, FIRST, master)
    }
    return { store, module, desk, logon, replace }
  }

  it('brings nothing into force that was made under the key of before', async () => {
    const { store, module, desk, logon, replace } = changing()
    expect(await logon()).toBe('keys')
    // Its record waits behind that of the new key.
    const waiting = desk.logon(FIRST, REQUEST)
    replace(module.generate('master', 'aes'))
    store.write()
    expect(await waiting).toEqual({ kind: 'not-written' })
    // The store has the new key, and the desk is not told of it yet.
    expect(await logon()).toBe('not-written')
    expect(store.find(FIRST).pending).toBeUndefined()
    desk.changed(FIRST)
    expect(await logon()).toBe('keys')
    expect(store.find(FIRST).pending?.generation).toBe(1)
  })

  it('is not lost behind a set of a higher number: the next one goes on from there', async () => {
    const { store, module, desk, logon, replace } = changing()
    const same = module.generate('master', 'aes')
    replace(same)
    for (let times = 0; times < 3; times++) expect(await logon()).toBe('keys')
    // The same key is loaded again while a logon waits: that one is the fourth, and is written. The
    // same message has the same answer.
    const waiting = desk.logon(FIRST, REQUEST)
    replace(same)
    desk.changed(FIRST)
    const next = desk.logon(FIRST, REQUEST)
    store.write()
    expect([(await waiting).kind, (await next).kind]).toEqual(['keys', 'keys'])
    expect(store.find(FIRST).pending?.generation).toBe(4)
    expect(await logon()).toBe('keys')
    expect(store.find(FIRST).pending?.generation).toBe(5)
  })

  it.each([
    ['a message', false],
    ['another logon', true],
  ])('gives keys that work although %s came between', async (_what, isLogon) => {
    const { store, module, desk, replace } = changing()
    const master = module.generate('master', 'aes')
    replace(master)
    desk.changed(FIRST)
    const first = desk.logon(FIRST, REQUEST)
    // Its serial number is unbound, which leaves the master key as it is.
    desk.changed(FIRST)
    const body = encode(DIALECT, '0800', FIELDS)
    const other = isLogon ? desk.logon(FIRST, { ...REQUEST, stan: '000002' }) : undefined
    expect(desk.verify(FIRST, read(body), 'aes')).toBe('none')
    store.write()
    const answer = await first
    await other
    const sealed = sealedUnder(module, master, answer)
    expect(desk.verify(FIRST, read(sealed), 'aes')).toMatchObject({ generation: 1 })
    const next = desk.logon(FIRST, { ...REQUEST, stan: '000003' })
    store.write()
    expect((await next).kind).toBe('keys')
  })
  it('leaves keys in force that nobody could note meanwhile', async () => {
    const { store, module, desk, logon, replace } = changing()
    const master = module.generate('master', 'aes')
    replace(master)
    const first = desk.logon(FIRST, REQUEST)
    store.write()
    const sealed = sealedUnder(module, master, await first)
    // A stranger's, while an administrator unbinds the serial number.
    const second = desk.logon(FIRST, { ...REQUEST, stan: '000002' })
    desk.changed(FIRST)
    expect(desk.verify(FIRST, read(sealed), 'aes')).toMatchObject({ generation: 1 })
    store.write()
    expect((await second).kind).toBe('keys')
    expect(desk.verify(FIRST, read(sealed), 'aes')).toMatchObject({ generation: 1 })
    expect(await logon()).toBe('keys')
    expect(store.generations).toEqual([1, 2, 3])
  })

  it('is one at a time also after what is open was forgotten', async () => {
    const { store, module, desk, replace } = changing()
    replace(module.generate('master', 'aes'))
    const first = desk.logon(FIRST, REQUEST)
    for (const stan of ['000002', '000003']) {
      desk.changed(FIRST)
      expect(await desk.logon(FIRST, { ...REQUEST, stan })).toEqual({ kind: 'busy' })
    }
    store.write()
    expect((await first).kind).toBe('keys')
    expect(store.generations).toEqual([1])
  })
})

const DIALECT = DIALECTS.iso87ascii
const FIELDS = { 7: '1122054430', 11: '000001', 70: '301' }

/** An echo under the keys that a logon was answered with. */
function sealedUnder(module: SecurityModule, master: Key, answer: LogonResult): Buffer {
  if (answer.kind !== 'keys') throw new Error(answer.kind)
  const block = answer.blocks.slice(0, answer.blocks.length / 3)
  const macKey = good(module.importUnder(master, block, 'mac'))
  return encodeWithMac(DIALECT, '0800', FIELDS, (input) => module.mac(macKey, input))
}

function read(body: Buffer): Message {
  const message = decode(DIALECT, body)
  if (message.kind === 'rejected') throw new Error(message.reason)
  return message
}
