// What becomes of a login in the store: a blocked one may be given a new password or be removed, a
// removed one is over, and its password with it.

import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  addLogin,
  findLogin,
  type KnownLogin,
  moveLogin,
  setPassword,
} from '../../../voucher-store/admin/logins.ts'
import { NOW, type TemporaryStore, temporaryStore } from '../temporary-store.ts'

const by = { by: 'sara', atMs: NOW }
const VERIFIER = 'scrypt of reza'
let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
  const login = { name: 'reza', roles: ['support'], verifier: VERIFIER, alone: undefined }
  await addLogin(store, login, by)
})
afterEach(() => store.close())

function login(): KnownLogin {
  const found = findLogin(store.database, 'reza')
  if (found === undefined) throw new Error('it was added')
  return found
}

const move = (to: 'block' | 'unblock' | 'remove') => moveLogin(store.journal, login(), to, by)
const shown = () => [login().state, login().password?.verifier]

it('a blocked login is given a new password, and stays blocked until it is unblocked', async () => {
  expect(await move('block')).toMatchObject({ kind: 'written' })
  expect(await setPassword(store, login(), 'another', by)).toMatchObject({ kind: 'written' })
  expect(shown()).toEqual(['blocked', 'another'])
  expect(await move('block')).toMatchObject({ kind: 'changed' })
  expect(await move('unblock')).toMatchObject({ kind: 'written' })
  expect(shown()).toEqual(['active', 'another'])
  expect(await move('unblock')).toMatchObject({ kind: 'changed' })
})

it('a blocked login is removed with its password, and is over', async () => {
  await move('block')
  expect(await move('remove')).toMatchObject({ kind: 'written' })
  expect(shown()).toEqual(['removed', undefined])
  for (const to of ['block', 'unblock', 'remove'] as const) {
    expect(await move(to)).toMatchObject({ kind: 'changed' })
  }
  expect(await setPassword(store, login(), 'another', by)).toMatchObject({ kind: 'changed' })
  expect(shown()).toEqual(['removed', undefined])
})

it('an active login is removed too, and its name is not given again', async () => {
  expect(await move('remove')).toMatchObject({ kind: 'written' })
  const again = { name: 'reza', roles: ['support'], verifier: VERIFIER, alone: undefined }
  expect(await addLogin(store, again, by)).toMatchObject({ kind: 'taken' })
})
