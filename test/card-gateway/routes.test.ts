// The memory of connections: bounded, the oldest goes first.

import { expect, it } from 'vitest'
import { Routes } from '../../card-gateway/routes.ts'
import type { Session } from '../../card-gateway/session.ts'

it('remembers the newest routes and whether they were approved', () => {
  const routes = new Routes(2)
  const session = {} as Session
  for (const key of ['a', 'b', 'c']) routes.remember(key, session)
  routes.sawApproval('a')
  routes.sawApproval('c')
  expect(['a', 'b', 'c'].map((key) => routes.sessionOf(key))).toEqual([undefined, session, session])
  expect(['a', 'b', 'c'].map((key) => routes.isApproved(key))).toEqual([false, false, true])
})
