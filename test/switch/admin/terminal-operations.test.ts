// Merchants and terminals beside a running switch: it hears of every change that it sells by, and a
// rate or a search means the day and the moment that it says.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { isoMoment } from '../../../voucher-store/admin/shown.ts'
import {
  addTerminal,
  inChunks,
  NOW,
  type TemporaryStore,
  temporaryStore,
} from '../../voucher-store/temporary-store.ts'
import { type ToldOperations, toldOperations } from './told-operations.ts'

const actor = { name: 'sara' }
const MID = '000000000012345'
const KEY = { tid: '10000001', mid: MID, institution: 0 }
const LIST = { fileName: 'list.csv', dryRun: false }

let store: TemporaryStore
let made: ToldOperations
beforeEach(async () => {
  store = await temporaryStore()
  await addTerminal(store)
  made = toldOperations(store)
})
afterEach(() => store.close())

it('the running switch hears of a terminal that is bound anew, and forgets its keys', async () => {
  await made.operations.changeTerminal(actor, { ...KEY, name: 'till 1' })
  expect(made.told).toEqual(['terminals'])
  await made.operations.changeTerminal(actor, { ...KEY, serial: null })
  expect(made.told).toEqual(['terminals', 'terminals', 'keys of terminal/1'])
})

it('the running switch hears of a terminal in the place of another', async () => {
  const same = await made.operations.replaceTerminal(actor, { ...KEY, by: '10000002' })
  expect(same).toMatchObject({ tid: '10000002', scheme: 'aes', replaces: '10000001' })
  expect(made.told).toEqual(['terminals'])
  const order = { ...KEY, tid: '10000002', by: '10000003', scheme: 'tdes' } as const
  expect(await made.operations.replaceTerminal(actor, order)).toMatchObject({ scheme: 'tdes' })
  expect(await made.operations.terminal(KEY)).toMatchObject({
    ...{ state: 'retired', replacedBy: '10000002' },
  })
})

it('a terminal without keys has none to tell of, and one with a scheme says that they miss', async () => {
  const plain = { ...KEY, tid: '10000005', scheme: 'none' } as const
  await made.operations.addTerminal(actor, plain)
  expect((await made.operations.terminal(plain)).keys).toBeNull()
  expect((await made.operations.terminal(KEY)).keys).toMatchObject({ masterKey: 'missing' })
})

it('a terminal that is retired is replaced by no other', async () => {
  await made.operations.replaceTerminal(actor, { ...KEY, by: '10000002' })
  const again = made.operations.replaceTerminal(actor, { ...KEY, by: '10000003' })
  await expect(again).rejects.toMatchObject({
    ...{ code: 'CONFLICT', message: expect.stringContaining('is retired') },
  })
})

it('single settings are changed among the others', async () => {
  const { operations } = made
  await operations.changeTerminal(actor, { ...KEY, settings: { volume: '2', advert: 'on' } })
  const settingChanges = { volume: '3', advert: null, url: 'a=b' }
  await operations.changeTerminal(actor, { ...KEY, settingChanges })
  expect((await operations.terminal(KEY)).settings).toEqual({ volume: '3', url: 'a=b' })
  const both = operations.changeTerminal(actor, { ...KEY, settings: {}, settingChanges })
  await expect(both).rejects.toMatchObject({ code: 'USAGE' })
})

it('of two who change single settings at once none undoes what the other did', async () => {
  const held: (() => void)[] = []
  const { operations } = toldOperations(store, {
    write: async (record) => {
      await new Promise<void>((written) => held.push(written))
      return store.journal.write(record)
    },
  })
  const both = [{ volume: '3' }, { advert: 'on' }].map((settingChanges) =>
    operations.changeTerminal(actor, { ...KEY, settingChanges }),
  )
  for (const written of held) written()
  expect(await Promise.allSettled(both)).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'CONFLICT' } },
  ])
  expect((await operations.terminal(KEY)).settings).toEqual({ volume: '3' })
})

it.each(['addTerminal', 'changeTerminal'] as const)(
  '%s refuses settings that no terminal takes, and writes nothing',
  async (act) => {
    const { length } = store.records
    const terminal = { ...KEY, tid: act === 'addTerminal' ? '10000005' : KEY.tid }
    const settings = { 'not a name': 'x'.repeat(5_000) }
    const refused = made.operations[act](actor, { ...terminal, scheme: 'none', settings })
    await expect(refused).rejects.toMatchObject({
      ...{ code: 'USAGE', message: expect.stringContaining('settings: ') },
    })
    expect([store.records.length, made.told]).toEqual([length, []])
  },
)

it('the running switch hears of a list that was registered, once it is', async () => {
  const file = inChunks(Buffer.from(`tid,mid,scheme\n10000009,${MID},none\n`))
  for await (const event of made.operations.importTerminals(actor, LIST, file)) {
    if (event.kind === 'done') expect(event).toMatchObject({ added: 1, refused: 0 })
  }
  expect(made.told).toEqual(['terminals'])
})

it('a rate without a day holds from today on', async () => {
  const rate = { institution: 0, product: null, rate: '0.015' }
  const detail = await made.operations.setCommission(actor, MID, rate)
  expect(detail.commission).toEqual([{ product: null, rate: '0.015', validFrom: '2026-07-01' }])
  const later = { ...rate, rate: '0.02', validFrom: '2026-08-01' }
  const { commission } = await made.operations.setCommission(actor, MID, later)
  expect(commission.map(({ validFrom }) => validFrom)).toContain('2026-08-01')
})

it('terminals that were not seen since a moment are those, to the second', async () => {
  const put = store.writer.prepare('insert into terminal_seen (terminal, seen_ms) values (1, ?)')
  put.run(NOW)
  const since = async (ms: number) => {
    const notSeenSince = isoMoment(ms)
    return (await made.operations.terminals({ notSeenSince, limit: 9 })).terminals.length
  }
  expect(await since(NOW - 1_000)).toBe(0)
  expect(await since(NOW + 1_000)).toBe(1)
})

it('a list of merchants and one of terminals say who sent them and how he was let in', async () => {
  const how = { as: 'login', from: 'tcp' } as const
  const { operations } = made
  const lists = [
    [operations.importMerchants, 'mid,name\n7,Shop\n'],
    [operations.importTerminals, 'mid,tid,scheme\n7,71,none\n'],
  ] as const
  for (const [send, text] of lists) {
    for await (const event of send({ ...actor, how }, LIST, inChunks(Buffer.from(text)))) {
      if (event.kind === 'done') expect(event).toMatchObject({ added: 1, refused: 0 })
    }
  }
  const acts = store.records.slice(-2)
  expect(acts).toMatchObject([
    { action: 'merchant import', by: 'sara', how, atMs: NOW },
    { action: 'terminal import', by: 'sara', how, atMs: NOW },
  ])
})
