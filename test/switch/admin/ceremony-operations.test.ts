// Key ceremonies with sessions: each custodian has one part, two officers put the key in force, no
// part can be read again or found anywhere, and what is cancelled, too old or wrong is gone.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TakenPart } from '../../../admin-api/ceremony-schemas.ts'
import type { AdminClient } from '../../../admin-api/client.ts'
import { type CeremonyPart, KeyCeremonies } from '../../../switch/access/key-ceremonies.ts'
import type { WriteResult } from '../../../switch/core/journal.ts'
import { SqliteKeyStore } from '../../../voucher-store/key-store.ts'
import { verifyJournal } from '../../../voucher-store/reports/verify-journal.ts'
import { newModule } from '../../protocol/security/test-module.ts'
import { NOW } from '../../voucher-store/temporary-store.ts'
import { wipesOf } from '../../wipes.ts'
import { type Office, openOffice, requestOf, staffed, together } from '../access/office.ts'

const OWNER = {
  kind: 'terminal',
  ...{ tid: '10000001', mid: '000000000012345', institution: 0 },
} as const
const NAME = 'terminal/1'
const HOUR = 3_600_000

let office: Office
let first: AdminClient
let second: AdminClient
let custodians: AdminClient[]
let printed: { key: string; parts: { part: string; checkValue: string }[] }

beforeEach(async () => {
  office = await openOffice()
  await staffed(office, {
    ...{ one: ['key-custodian'], two: ['key-custodian'], three: ['key-custodian'] },
    sara: ['administrator'],
  })
  ;[first, second] = [await office.session('first'), await office.session('second')]
  custodians = await Promise.all(['one', 'two', 'three'].map((name) => office.session(name)))
  const module = newModule()
  const { key, components } = module.generateComponents('master', 'aes', 3)
  const parts = components.map(({ component, checkValue }) => {
    return { part: component.reveal(), checkValue }
  })
  printed = { key: module.checkValue(key), parts }
})
afterEach(async () => {
  // Whatever became of it: nothing of a part is in the journal, which holds.
  const bodies = JSON.stringify(office.acts())
  for (const { part } of printed.parts) expect(bodies).not.toContain(part)
  expect(verifyJournal(office.store.database).problems).toEqual([])
  await office.close()
})

const refusal = (code: string) => expect.objectContaining({ code })
const custodian = (index: number) => custodians[index] as AdminClient
const partOf = (index: number) => printed.parts[index] as (typeof printed.parts)[number]
const start = (checkValue?: string, parts = 3) =>
  first.startKeyLoad({ owner: OWNER, scheme: 'aes', parts, ...(checkValue && { checkValue }) })
const enter = (id: string, index: number, from = index) =>
  custodian(index).enterKeyPart(id, partOf(from))
const FULL = { kind: 'rolled-back', reason: 'full', detail: 'SQLITE_FULL' } as const

/** Runs an act; when the record of that name is about to be written, something else happens. */
function whenWritten<Result>(
  action: string,
  happens: () => Promise<WriteResult | undefined>,
  act: () => Promise<Result>,
): Promise<Result> {
  const { journal } = office.store
  const write = journal.write.bind(journal)
  const spy = vi.spyOn(journal, 'write').mockImplementation(async (record) => {
    const isIt = record.kind === 'admin' && record.action === action
    return (isIt ? await happens() : undefined) ?? write(record)
  })
  return act().finally(() => spy.mockRestore())
}
const withoutRoom = <Result>(action: string, act: () => Promise<Result>) =>
  whenWritten(action, async () => FULL, act)

const actions = () => office.acts().map(({ action, by }) => `${action} by ${by}`)

describe('a key that is loaded', () => {
  it('is made of a part from each custodian, and put in force by two officers', async () => {
    const { id, checkValue, parts } = await start(printed.key)
    expect(office.acts().at(-1)).toMatchObject({
      ...{ action: 'key load start', by: 'first', checkValue: printed.key },
    })
    expect([checkValue, parts.map(({ by }) => by)]).toEqual([null, [null, null, null]])
    await enter(id, 1)
    const early = () => first.finishKeyLoad(id, { owner: NAME, checkValue: printed.key })
    await expect(together(early, second)).rejects.toEqual(refusal('CONFLICT'))
    await enter(id, 0)
    const whole = await enter(id, 2)
    expect(whole).toMatchObject({
      checkValue: printed.key,
      parts: [1, 0, 2].map((from, index) => {
        return { part: index + 1, by: ['two', 'one', 'three'][index], ...values(from) }
      }),
    })
    expect(await office.user.keys()).toEqual([])
    const finish = () => first.finishKeyLoad(id, { owner: NAME, checkValue: printed.key })
    const request = await requestOf(finish)
    const asked = (await office.user.approvals()).find((one) => one.id === request)
    expect(asked?.given).toEqual({ id, owner: NAME, checkValue: printed.key })
    await second.decideApproval(request, { approve: true })
    expect(await finish()).toMatchObject({ owner: NAME, checkValue: printed.key })
    expect(await office.user.keyCeremonies()).toEqual([])
    expect(
      new SqliteKeyStore({ ...office.store, wallMs: () => NOW }).find(NAME).master,
    ).toBeDefined()
    expect(office.acts().filter(({ action }) => action === 'key part enter')).toMatchObject(
      [1, 0, 2].map((from, index) => ({
        ...{ ceremony: id, owner: NAME, part: index + 1, of: 3, ...values(from) },
        ...{ by: ['two', 'one', 'three'][index], how: { as: 'login', from: 'socket' } },
      })),
    )
    expect(office.acts().at(-1)).toMatchObject({
      ...{ action: 'key load', by: 'first', how: { consentBy: 'second' } },
    })
  })

  it('keeps the place of a part that cannot be written down for the same custodian', async () => {
    const { id } = await start()
    const full = { kind: 'rolled-back', reason: 'full', detail: 'SQLITE_FULL' } as const
    const write = vi.spyOn(office.store.journal, 'write').mockResolvedValueOnce(full)
    await expect(enter(id, 0)).rejects.toThrow()
    write.mockRestore()
    const [open] = await first.keyCeremonies()
    expect(open?.parts.map(({ by }) => by)).toEqual([null, null, null])
    const entered = await enter(id, 0)
    expect(entered.parts.map(({ by }) => by)).toEqual(['one', null, null])
  })

  it('is still to be put in force when that could not be written down', async () => {
    const { id } = await start()
    for (const index of [0, 1, 2]) await enter(id, index)
    const finish = () => first.finishKeyLoad(id, { owner: NAME, checkValue: printed.key })
    await second.decideApproval(await requestOf(finish), { approve: true })
    await expect(withoutRoom('key load', finish)).rejects.toEqual(refusal('NOT_READY'))
    expect(await office.user.keys()).toEqual([])
    expect(await together(finish, second)).toMatchObject({ checkValue: printed.key })
  })

  it('takes no part of a ceremony that is cancelled meanwhile', async () => {
    const { id } = await start()
    const cancel = () => second.cancelKeyCeremony(id).then(() => undefined)
    const late = whenWritten('key part enter', cancel, () => enter(id, 0))
    await expect(late).rejects.toEqual(refusal('NOT_FOUND'))
  })

  it('takes one part of each login, and no part twice', async () => {
    const { id } = await start()
    await enter(id, 0)
    await expect(enter(id, 0, 1)).rejects.toEqual(refusal('CONFLICT'))
    await expect(enter(id, 1, 0)).rejects.toEqual(refusal('CONFLICT'))
    const both = await Promise.allSettled([enter(id, 1, 1), enter(id, 1, 2)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect((await office.user.keyCeremonies())[0]?.parts.map(({ by }) => by)).toEqual([
      ...['one', 'two', null],
    ])
  })

  it('takes parts of custodians and officers with sessions, and of nobody else', async () => {
    const { id } = await start()
    const sara = await office.session('sara')
    await expect(sara.enterKeyPart(id, partOf(0))).rejects.toEqual(refusal('NOT_ALLOWED'))
    const user = office.user.enterKeyPart(id, partOf(0))
    await expect(user).rejects.toEqual(refusal('LOGIN_REQUIRED'))
    await expect(custodian(0).cancelKeyCeremony(id)).rejects.toEqual(refusal('NOT_ALLOWED'))
    const begin = custodian(0).startKeyLoad({ owner: OWNER, scheme: 'aes', parts: 2 })
    await expect(begin).rejects.toEqual(refusal('NOT_ALLOWED'))
    expect((await first.enterKeyPart(id, partOf(0))).parts[0]?.by).toBe('first')
  })

  it('refuses a part that was typed wrong or is weak, and keeps the place for it', async () => {
    const { id } = await start()
    const { part, checkValue } = partOf(0)
    const slip = `${part.slice(0, -1)}${part.endsWith('0') ? '1' : '0'}`
    const wrong = custodian(0).enterKeyPart(id, { part: slip, checkValue })
    await expect(wrong).rejects.toThrow('the check value of the part differs')
    await expect(wrong).rejects.not.toThrow(slip)
    const zeros = { part: '0'.repeat(32), checkValue: '763CBC' }
    await expect(custodian(0).enterKeyPart(id, zeros)).rejects.toThrow('the part')
    const groups = part.match(/.{4}/g)?.join('-') ?? ''
    const small = { part: groups.toLowerCase(), checkValue }
    expect((await custodian(0).enterKeyPart(id, small)).parts[0]?.by).toBe('one')
  })

  it('that is another one than was announced is dropped with all its parts', async () => {
    const { id } = await start('000000')
    for (const index of [0, 1]) await enter(id, index)
    await expect(enter(id, 2)).rejects.toThrow(`its check value is ${printed.key}, and not 000000`)
    await expect(enter(id, 2)).rejects.toEqual(refusal('NOT_FOUND'))
    expect(actions()).toContain('key load refuse by three')
  })

  it('is what the officers say it is, or stays out', async () => {
    const { id } = await start(undefined, 2)
    for (const index of [0, 1]) await enter(id, index)
    const whole = (await office.user.keyCeremonies())[0]?.checkValue ?? ''
    for (const said of [
      { owner: NAME, checkValue: '000000' },
      { owner: 'terminal/2', checkValue: whole },
    ]) {
      const finish = () => first.finishKeyLoad(id, said)
      await expect(together(finish, second)).rejects.toEqual(refusal('CONFLICT'))
    }
    expect(await office.user.keys()).toEqual([])
  })
})

/** Parts that somebody claimed, and the bytes of each. */
function watchedParts() {
  const claimed: { part: CeremonyPart; bytes: () => Buffer | undefined }[] = []
  const claim = KeyCeremonies.prototype.claim
  const spy = vi.spyOn(KeyCeremonies.prototype, 'claim').mockImplementation(function (
    this: KeyCeremonies,
    ...given
  ) {
    const part = claim.apply(this, given)
    let [now, kept] = [part.bytes, part.bytes]
    Object.defineProperty(part, 'bytes', {
      get: () => now,
      set: (bytes: Buffer | undefined) => {
        now = bytes
        kept = bytes ?? kept
      },
    })
    claimed.push({ part, bytes: () => kept })
    return part
  })
  return { claimed, restore: () => spy.mockRestore() }
}

const EMPTY = Buffer.alloc(16)

describe('the bytes of parts', () => {
  it('that are entered are kept until the whole is made, and then of none', async () => {
    const { claimed, restore } = watchedParts()
    const { id } = await start()
    for (const index of [0, 1]) await enter(id, index)
    expect(claimed.map(({ bytes }) => bytes()?.toString('hex').toUpperCase())).toEqual(
      [0, 1].map((index) => partOf(index).part.toUpperCase()),
    )
    await enter(id, 2)
    restore()
    expect(claimed.map(({ part }) => part.bytes)).toEqual([undefined, undefined, undefined])
    expect(claimed.map(({ bytes }) => bytes())).toEqual([EMPTY, EMPTY, EMPTY])
  })

  it('that are taken are gone with each of them, and so is what it was written from', async () => {
    const begin = () => first.startKeyIssue({ owner: OWNER, scheme: 'aes', parts: 3 })
    const { id } = await together(begin, second)
    const { claimed, restore } = watchedParts()
    for (const one of custodians) {
      const [{ part }, wiped] = await wipesOf(() => one.takeKeyPart(id))
      const taken = claimed.at(-1)
      expect([taken?.part.bytes, taken?.bytes()]).toEqual([undefined, EMPTY])
      expect(wiped.filter((bytes) => bytes.toUpperCase() === part)).toHaveLength(2)
    }
    restore()
  })
})

describe('a key that is issued', () => {
  const issue = (parts = 3) =>
    together(() => first.startKeyIssue({ owner: OWNER, scheme: 'aes', parts }), second)

  it('is handed out part by part, each once, and is in force with the last', async () => {
    const { id, checkValue, parts } = await issue()
    expect(parts).toEqual([1, 2, 3].map((part) => ({ part, by: null, checkValue: null })))
    const taken: TakenPart[] = []
    for (const [index, one] of custodians.entries()) {
      expect(await office.user.keys()).toEqual([])
      taken.push(await one.takeKeyPart(id))
      const again = refusal(index === 2 ? 'NOT_FOUND' : 'CONFLICT')
      await expect(one.takeKeyPart(id)).rejects.toEqual(again)
    }
    expect(taken.map(({ number, of, last }) => [number, of, last])).toEqual([
      ...[[1, 3, false] as const, [2, 3, false] as const, [3, 3, true] as const],
    ])
    expect(await office.user.keys()).toMatchObject([{ owner: NAME, checkValue }])
    // What the custodians hold makes the key that is in force.
    const load = { owner: OWNER, scheme: 'aes' as const, checkValue: checkValue ?? '' }
    const held = taken.map(({ part, checkValue: own }) => ({ part, checkValue: own }))
    await together(() => first.loadKey({ ...load, parts: held }), second)
    printed.parts.push(...held)
    expect(actions()).toEqual(
      expect.arrayContaining([
        ...['key issue start by first', 'key part take by one', 'key part take by two'],
        ...['key part take by three', 'key issue by first'],
      ]),
    )
    const issued = office.acts().find(({ action }) => action === 'key issue')
    expect(issued).toMatchObject({ how: { consentBy: 'second' } })
  })

  it('gives its last part again when it could not be put in force with it', async () => {
    const { id, checkValue } = await issue(2)
    await custodian(0).takeKeyPart(id)
    const last = () => custodian(1).takeKeyPart(id)
    await expect(withoutRoom('key issue', last)).rejects.toEqual(refusal('NOT_READY'))
    expect(await office.user.keys()).toEqual([])
    expect(await last()).toMatchObject({ number: 2, last: true, keyCheckValue: checkValue })
    expect(await office.user.keys()).toMatchObject([{ owner: NAME, checkValue }])
  })

  it('gives two who take at once two parts', async () => {
    const { id } = await issue(2)
    const both = await Promise.all([custodian(0).takeKeyPart(id), custodian(1).takeKeyPart(id)])
    expect(both.map(({ number }) => number).sort()).toEqual([1, 2])
    expect(both.filter(({ last }) => last)).toHaveLength(1)
    expect(await office.user.keys()).toHaveLength(1)
  })

  it('needs a second officer before anything of it is made', async () => {
    const begin = () => first.startKeyIssue({ owner: OWNER, scheme: 'aes', parts: 2 })
    await requestOf(begin)
    expect(await office.user.keyCeremonies()).toEqual([])
  })

  it('takes no part, and a loading gives none', async () => {
    const { id } = await issue(2)
    await expect(custodian(0).enterKeyPart(id, partOf(0))).rejects.toEqual(refusal('CONFLICT'))
    const loading = await start()
    await expect(custodian(0).takeKeyPart(loading.id)).rejects.toEqual(refusal('CONFLICT'))
  })

  it('of which a part was never taken is dropped in the end, and the key of before stays', async () => {
    await together(() => first.issueKey({ owner: OWNER, scheme: 'aes', parts: 2 }), second)
    const before = await office.user.keys()
    const { id } = await issue(2)
    await custodian(0).takeKeyPart(id)
    office.pass(HOUR)
    custodians = await Promise.all(['one', 'two'].map((name) => office.session(name)))
    await expect(custodian(1).takeKeyPart(id)).rejects.toEqual(refusal('NOT_FOUND'))
    expect(await office.user.keys()).toEqual(before)
    expect(actions()).toContain('key issue expire by switch')
  })
})

describe('a ceremony', () => {
  it('whose beginning cannot be written down is not open', async () => {
    await expect(withoutRoom('key load start', start)).rejects.toEqual(refusal('NOT_READY'))
    expect(await first.keyCeremonies()).toEqual([])
  })

  it('that is cancelled drops its parts', async () => {
    const { id } = await start()
    await enter(id, 0)
    await second.cancelKeyCeremony(id)
    await expect(enter(id, 1)).rejects.toEqual(refusal('NOT_FOUND'))
    expect(actions()).toContain('key load cancel by second')
  })

  it('is one of a few, and for an owner and a scheme that there are', async () => {
    for (let open = 0; open < 10; open++) await start()
    await expect(start()).rejects.toEqual(refusal('NOT_READY'))
    const other = first.startKeyLoad({ owner: OWNER, scheme: 'tdes', parts: 2 })
    await expect(other).rejects.toEqual(refusal('CONFLICT'))
    const nobody = { ...OWNER, tid: '99999999' }
    const strange = first.startKeyLoad({ owner: nobody, scheme: 'aes', parts: 2 })
    await expect(strange).rejects.toEqual(refusal('NOT_FOUND'))
  })

  it('is over with the process', async () => {
    const { id } = await start()
    await enter(id, 0)
    office.restart()
    expect(await office.user.keyCeremonies()).toEqual([])
    await expect(enter(id, 1)).rejects.toEqual(refusal('NOT_FOUND'))
  })
})

function values(from: number): { checkValue: string } {
  return { checkValue: partOf(from).checkValue }
}
