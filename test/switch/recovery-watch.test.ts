// A login that is being recovered is told at the start, and again every hour until it ends.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Notice } from '../../switch/core/notice.ts'
import { watchRecovery } from '../../switch/recovery-watch.ts'
import {
  cancelRecovery,
  readRecovery,
  startRecovery,
} from '../../voucher-store/admin/login-recovery.ts'
import { NOW, type TemporaryStore, temporaryStore } from '../voucher-store/temporary-store.ts'

const HOUR_MS = 3_600_000
const by = { by: 'root', atMs: NOW }

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => {
  vi.useRealTimers()
  store.close()
})

it('is an alarm at once and every hour, until the recovery ends or the switch stops', async () => {
  const login = { id: 1, name: 'sara' }
  await startRecovery(store, login, { verifier: 'x', validMs: NOW + 9 * HOUR_MS }, by)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: NOW })
  const told: Notice[] = []
  const end = watchRecovery(store, (notice) => told.push(notice))
  expect(told).toMatchObject([{ level: 'alarm', what: 'a login is being recovered' }])
  vi.advanceTimersByTime(2 * HOUR_MS)
  expect(told).toHaveLength(3)
  const recovery = readRecovery(store.database)
  if (recovery === undefined) throw new Error('it was begun')
  await cancelRecovery(store.journal, recovery, by)
  vi.advanceTimersByTime(HOUR_MS)
  expect(told).toHaveLength(3)
  end()
  expect(vi.getTimerCount()).toBe(0)
})
