// The health of a running switch: its state in one word, and each number under its own name.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemTimers } from '../../protocol/link/timers.ts'
import { healthOf } from '../../switch/health.ts'
import type { Runtime } from '../../switch/runtime.ts'
import { startRecovery } from '../../voucher-store/admin/login-recovery.ts'
import { readHead } from '../../voucher-store/writer/chain.ts'
import { NOW, type TemporaryStore, temporaryStore } from '../voucher-store/temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

const CARD_HOSTS = [
  { name: 'bank', connections: 2, signedOn: 1, keys: 'none' },
  { name: 'shetab', connections: 0, signedOn: 0, keys: 'missing' },
] as const
const DOORS = {
  listeners: [{ name: 'pos', kind: 'terminal', port: 5_000, connections: 8 }],
  gateways: [{ name: 'gw-1', links: 1, connections: 9 }],
}

function healthWith(reasons: string[], startedMs = 0) {
  const { database } = store
  const runtime = {
    store: { database, facts: undefined, epoch: 4, journal: { depth: 3 } },
    book: { running: new Map([[7, undefined]]) },
    reversalCounts: { now: async () => ({ open: 5, suspense: 2 }) },
    cardGateway: { status: () => CARD_HOSTS },
    reasons: () => reasons,
  } as unknown as Runtime
  return healthOf(runtime, DOORS, { version: '1.2.3', startedMs })
}

it('has its numbers under their names', async () => {
  expect(await healthWith([])).toMatchObject({
    ...{ version: '1.2.3', reversals: { open: 5, suspense: 2 }, salesInFlight: 1, warnings: [] },
    journal: { jseq: readHead(store.database).jseq, epoch: 4, waiting: 3 },
    ...{ ...DOORS, cardHosts: CARD_HOSTS },
  })
})

it('tells for how many seconds it has been up', async () => {
  const { uptimeSeconds } = await healthWith([], systemTimers.monotonicMs() - 90_000)
  expect(uptimeSeconds).toBeGreaterThanOrEqual(90)
  expect(uptimeSeconds).toBeLessThan(100)
})

it('warns of a login that is being recovered, and sells all the same', async () => {
  const by = { by: 'root', atMs: NOW }
  await startRecovery(store, { id: 1, name: 'sara' }, { verifier: 'x', validMs: NOW }, by)
  const { status, warnings } = await healthWith([])
  expect(status).toBe('selling')
  expect(warnings).toEqual([expect.stringContaining('login sara is being recovered')])
})

it.each([
  ['selling', []],
  ['not selling', ['no card host is signed on']],
  ['draining', ['no card host is signed on', 'the switch is stopping']],
])('is %s for the reasons %j', async (status, reasons) => {
  expect(await healthWith(reasons)).toMatchObject({ status, reasons })
})
