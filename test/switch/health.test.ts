// The health of a running switch: its state in one word, and each number under its own name.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { healthOf } from '../../switch/health.ts'
import type { Runtime } from '../../switch/runtime.ts'
import { readHead } from '../../voucher-store/writer/chain.ts'
import { type TemporaryStore, temporaryStore } from '../voucher-store/temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await temporaryStore()
})
afterEach(() => store.close())

function healthWith(reasons: string[]) {
  const { database } = store
  const runtime = {
    store: { database, facts: undefined, epoch: 4, journal: { depth: 3 } },
    book: {
      reversals: { counts: () => ({ open: 5, suspense: 2 }) },
      running: new Map([[7, undefined]]),
    },
    cardGateway: { status: () => [] },
    reasons: () => reasons,
  } as unknown as Runtime
  const facts = { version: '1.2.3', startedMs: 0 }
  return healthOf(runtime, { listeners: [], gateways: [] }, facts)
}

it('has its numbers under their names', () => {
  expect(healthWith([])).toMatchObject({
    ...{ version: '1.2.3', reversals: { open: 5, suspense: 2 }, salesInFlight: 1, warnings: [] },
    journal: { jseq: readHead(store.database).jseq, epoch: 4, waiting: 3 },
  })
})

it.each([
  ['selling', []],
  ['not selling', ['no card host is signed on']],
  ['draining', ['no card host is signed on', 'the switch is stopping']],
])('is %s for the reasons %j', (status, reasons) => {
  expect(healthWith(reasons)).toMatchObject({ status, reasons })
})
