// A store from before the acts of administration had an index of their own: it gets one, and the
// acts are those that were there.

import { expect, it } from 'vitest'
import { auditRecords } from '../../../voucher-store/reports/audit-records.ts'
import { migrate } from '../../../voucher-store/schema/migrate.ts'
import { shapeProblems } from '../../../voucher-store/schema/shape.ts'
import { stockedStore } from '../temporary-store.ts'

it('an older store finds its acts by an index that it has not had', async () => {
  const store = await stockedStore(0, 10)
  const range = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, after: 0, limit: 100 }
  const { records } = auditRecords(store.database, range)
  expect(records.length).toBeGreaterThan(1)
  store.writer.exec(`drop index journal_acts;
    delete from knex_migrations where name = '009-acts'`)
  expect(await migrate(store.writer.name)).toEqual({ kind: 'current', applied: ['009-acts'] })
  expect(shapeProblems(store.database)).toEqual([])
  expect(auditRecords(store.database, range).records).toEqual(records)
  store.close()
})
