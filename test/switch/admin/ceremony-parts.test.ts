// Parts of keys where something goes wrong with them: one that could not be written down is not
// lost to its custodian, and of one that is refused nothing is left in memory.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { AdminClient } from '../../../admin-api/client.ts'
import { checkValueOf } from '../../../protocol/security/check-value.ts'
import { wipesOf } from '../../wipes.ts'
import { type Office, openOffice, together, withCustodians } from '../access/office.ts'
import { FULL } from '../core/fake-journal.ts'

const OWNER = {
  kind: 'terminal',
  ...{ tid: '10000001', mid: '000000000012345', institution: 0 },
} as const
const PART = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'
const CHECK_VALUE = checkValueOf('aes', Buffer.from(PART, 'hex'))

let office: Office
let first: AdminClient
let second: AdminClient
let one: AdminClient
let two: AdminClient
beforeEach(async () => {
  office = await openOffice()
  ;({ first, second, one, two } = await withCustodians(office))
})
afterEach(() => office.close())

it('a part whose taking could not be written down is given whole to who takes it then', async () => {
  const issue = { owner: OWNER, scheme: 'aes', parts: 2 } as const
  const { id, checkValue } = await together(() => first.startKeyIssue(issue), second)
  const write = vi.spyOn(office.store.journal, 'write').mockResolvedValueOnce(FULL)
  await expect(one.takeKeyPart(id)).rejects.toMatchObject({ code: 'NOT_READY' })
  write.mockRestore()
  const taken = [await two.takeKeyPart(id), await one.takeKeyPart(id)]
  const parts = taken.map(({ part, checkValue: own }) => ({ part, checkValue: own }))
  const load = { owner: OWNER, scheme: 'aes' as const, parts, checkValue: checkValue ?? '' }
  expect(await together(() => first.loadKey(load), second)).toMatchObject({ checkValue })
})

it.each(['whose check value differs', 'that another one has entered'])(
  'the bytes of a part %s are overwritten',
  async (what) => {
    const { id } = await first.startKeyLoad({ owner: OWNER, scheme: 'aes', parts: 2 })
    const isWrong = what.startsWith('whose')
    if (!isWrong) await one.enterKeyPart(id, { part: PART, checkValue: CHECK_VALUE })
    const given = { part: PART, checkValue: isWrong ? '000000' : CHECK_VALUE }
    const enter = () => two.enterKeyPart(id, given).catch((error: unknown) => error)
    const [refused, wiped] = await wipesOf(enter)
    expect(refused).toMatchObject({ code: isWrong ? 'USAGE' : 'CONFLICT' })
    expect(wiped).toContain(PART)
  },
)

it('a ceremony that is cancelled keeps no part, on a full disk either', async () => {
  const { id } = await first.startKeyLoad({ owner: OWNER, scheme: 'aes', parts: 2 })
  await one.enterKeyPart(id, { part: PART, checkValue: CHECK_VALUE })
  const write = vi.spyOn(office.store.journal, 'write').mockResolvedValueOnce(FULL)
  const cancel = () => first.cancelKeyCeremony(id).catch((error: unknown) => error)
  const [refused, wiped] = await wipesOf(cancel)
  write.mockRestore()
  expect(refused).toMatchObject({ code: 'NOT_READY' })
  expect(wiped).toContain(PART)
  expect(await office.user.keyCeremonies()).toEqual([])
})
