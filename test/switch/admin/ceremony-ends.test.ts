// How a key ceremony ends where something happens at the same moment: what is being put in force is
// cancelled by nobody, and what the token could not make is begun anew.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { AdminClient } from '../../../admin-api/client.ts'
import { checkValueOf } from '../../../protocol/security/check-value.ts'
import { ModuleAwayError } from '../../../protocol/security/security-module.ts'
import { SoftwareModule } from '../../../protocol/security/software-module.ts'
import { type Office, openOffice, requestOf, withCustodians } from '../access/office.ts'

const OWNER = {
  kind: 'terminal',
  ...{ tid: '10000001', mid: '000000000012345', institution: 0 },
} as const
const printed = (part: string) => {
  return { part, checkValue: checkValueOf('aes', Buffer.from(part, 'hex')) }
}
const ONE = printed('a1b2c3d4e5f60718293a4b5c6d7e8f90')
const TWO = printed('0f1e2d3c4b5a69788796a5b4c3d2e1f0')

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

const begin = () => first.startKeyLoad({ owner: OWNER, scheme: 'aes', parts: 2 })
const actions = () => office.acts().map(({ action, by }) => `${action} by ${by}`)
const HOUR = 3_600_000

async function wholeCeremony(): Promise<{ id: string; finish: () => Promise<unknown> }> {
  const { id } = await begin()
  await one.enterKeyPart(id, ONE)
  const { checkValue } = await two.enterKeyPart(id, TWO)
  const said = { owner: 'terminal/1', checkValue: checkValue ?? '' }
  const finish = () => first.finishKeyLoad(id, said)
  await second.decideApproval(await requestOf(finish), { approve: true })
  return { id, finish }
}

it('a key that is being put in force is cancelled by nobody, and does not grow too old', async () => {
  const { id, finish } = await wholeCeremony()
  const held = office.hold((record) => record.kind === 'admin' && record.action === 'key load')
  const finished = finish()
  await held.came(1)
  const cancel = second.cancelKeyCeremony(id)
  await expect(cancel).rejects.toMatchObject({ code: 'CONFLICT' })
  office.pass(HOUR)
  await office.user.keyCeremonies()
  held.letGo()
  await finished
  expect(await office.user.keyCeremonies()).toEqual([])
  expect(await office.user.keys()).toHaveLength(1)
  expect(actions().filter((action) => /cancel|expire/.test(action))).toEqual([])
})

it('one that was never put in force is cancelled as before', async () => {
  const { id } = await wholeCeremony()
  await second.cancelKeyCeremony(id)
  expect(await office.user.keyCeremonies()).toEqual([])
  expect(actions().at(-1)).toBe('key load cancel by second')
})

it('what the token could not make of all parts is dropped, and begun anew', async () => {
  const { id } = await begin()
  await one.enterKeyPart(id, ONE)
  const away = new ModuleAwayError('token shop: CKR_DEVICE_REMOVED')
  const spy = vi.spyOn(SoftwareModule.prototype, 'combine').mockImplementation(() => {
    throw away
  })
  await expect(two.enterKeyPart(id, TWO)).rejects.toMatchObject({
    ...{ code: 'HSM_UNAVAILABLE', message: away.message },
    hint: expect.stringContaining('begin anew'),
  })
  spy.mockRestore()
  expect(await office.user.keyCeremonies()).toEqual([])
  expect(actions()).toContain('key load refuse by two')
  const again = await begin()
  await one.enterKeyPart(again.id, ONE)
  expect((await two.enterKeyPart(again.id, TWO)).checkValue).toMatch(/^[0-9A-F]{6}$/)
})
