// The table of rights says of every route something that can be obeyed, and gives nobody more than
// the change log and docs/administration.md promise.

import { expect, it } from 'vitest'
import { ACCESS } from '../../admin-api/access.ts'
import type { Role } from '../../admin-api/control-schemas.ts'
import type { Route } from '../../admin-api/route.ts'
import { ROUTES, type RouteName } from '../../admin-api/routes.ts'

const names = Object.keys(ROUTES) as RouteName[]
const route = (name: RouteName): Route => ROUTES[name]

it('has a row for every route and no other', () => {
  expect(Object.keys(ACCESS).sort()).toEqual([...names].sort())
})

it('calls reading only what changes nothing', () => {
  const reading = names.filter((name) => ACCESS[name].reads === true)
  const asked = reading.filter((name) => route(name).method !== 'GET')
  expect(asked.sort()).toEqual(['audit', 'verifyAudit', 'verifyJournal'])
  for (const name of names) if (route(name).method === 'GET') expect(reading).toContain(name)
})

it('a viewer changes nothing but his own session and password', () => {
  const may = names.filter((name) => ACCESS[name].roles.includes('viewer'))
  const changes = may.filter((name) => ACCESS[name].reads !== true)
  expect(changes.sort()).toEqual(['changePassword', 'decideApproval', 'endSession', 'openSession'])
})

it('a key custodian has parts of keys in hand and brings nothing in force', () => {
  const may = names.filter((name) => ACCESS[name].roles.includes('key-custodian'))
  const changes = may.filter((name) => ACCESS[name].reads !== true)
  expect(changes.sort()).toEqual([
    ...['changePassword', 'decideApproval', 'endSession', 'enterKeyPart', 'openSession'],
    'takeKeyPart',
  ])
  expect(ACCESS.enterKeyPart.hidden).toContain('part')
})

const changesOf = (role: Role) =>
  names.filter((name) => ACCESS[name].reads !== true && ACCESS[name].roles.includes(role))
const OWN = ['changePassword', 'decideApproval', 'endSession', 'openSession']

it('an administrator has the daily work and the money, and neither logins nor keys', () => {
  expect(changesOf('administrator').sort()).toEqual(
    [
      ...['acceptFence', 'addMerchant', 'addTerminal', 'backup', 'believeClock', 'changeBatch'],
      ...['changeMerchant'],
      ...['changeProduct', 'changeTerminal', 'changeVoucher', 'closeDayEnd', 'importBatch'],
      ...['importMerchants', 'importTerminals', 'loadProducts', 'reconcile', 'replaceTerminal'],
      ...['resolveClaim', 'resolveSuspense', 'returnFenced', 'revealVoucher', 'setCommission'],
      ...OWN,
    ].sort(),
  )
})

it('a security officer has logins and keys, and neither stock nor money', () => {
  expect(changesOf('security-officer').sort()).toEqual(
    [
      ...['addLogin', 'cancelKeyCeremony', 'changeLogin', 'decideRecovery', 'enterKeyPart'],
      ...['finishKeyLoad', 'issueKey', 'loadKey', 'makeZoneKeys', 'recoverLogin', 'removeKeys'],
      ...['rotateData', 'rotateKek', 'startKeyIssue', 'startKeyLoad', 'takeKeyPart'],
      ...OWN,
    ].sort(),
  )
})

it('asks for a named login on the socket too for logins, keys, money and a PIN', () => {
  const named = names.filter((name) => ACCESS[name].login === true)
  expect(named.sort()).toEqual([
    ...['addLogin', 'cancelKeyCeremony', 'changeLogin', 'changePassword', 'changeVoucher'],
    ...['decideApproval', 'decideRecovery', 'endSession', 'enterKeyPart', 'finishKeyLoad'],
    ...['issueKey', 'loadKey', 'makeZoneKeys', 'removeKeys', 'resolveClaim', 'returnFenced'],
    ...['revealVoucher', 'startKeyIssue', 'startKeyLoad', 'takeKeyPart'],
  ])
})

it('lets nobody in without a session but to open one', () => {
  expect(names.filter((name) => ACCESS[name].open === true)).toEqual(['openSession'])
  expect(names.filter((name) => ACCESS[name].stopped === true)).toEqual(['recoverLogin'])
})

it('no role has both money and logins', () => {
  for (const role of ['administrator', 'security-officer'] as const) {
    const two = names.filter(
      (name) => ACCESS[name].twoPersons !== undefined && ACCESS[name].roles.includes(role),
    )
    expect(two.includes('addLogin') && two.includes('resolveClaim')).toBe(false)
  }
})

it('needs two persons for every disclosure, refund, release and new login', () => {
  const always = names.filter((name) => ACCESS[name].twoPersons === true)
  expect(always.sort()).toEqual([
    ...['addLogin', 'changeVoucher', 'finishKeyLoad', 'issueKey', 'loadKey', 'makeZoneKeys'],
    ...['removeKeys', 'resolveClaim', 'returnFenced', 'revealVoucher', 'startKeyIssue'],
  ])
  const files = names.filter((name) => ACCESS[name].twoPersons !== undefined)
  // What is streamed is not among what a second person could have seen.
  for (const name of files) expect(route(name).upload, name).toBeUndefined()
})

it('asks the password again for a disclosure, and for nothing that has none in its body', () => {
  const proving = names.filter((name) => ACCESS[name].proves === true)
  expect(proving).toEqual(['revealVoucher'])
  for (const name of proving) expect(route(name).body?.shape).toHaveProperty('password')
})

it('hides every password', () => {
  for (const name of names) {
    const members = Object.keys(route(name).body?.shape ?? {})
    for (const member of members.filter((one) => /password|current/.test(one))) {
      expect(ACCESS[name].hidden, name).toContain(member)
    }
  }
})
