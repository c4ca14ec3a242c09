// Reading the audit record is an act: once for an export, from wherever it begins.

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ReportThreads } from '../../../voucher-store/reports/report-threads.ts'
import { type Office, openOffice, staffed } from '../access/office.ts'
import { FULL } from '../core/fake-journal.ts'

const MINUTE = 60_000

let office: Office
beforeEach(async () => {
  office = await openOffice()
  await staffed(office)
})
afterEach(() => office.close())

it('an export of the audit record is recorded wherever it begins, and once', async () => {
  const dara = await office.session('dara')
  const exports = () => office.acts().filter(({ action }) => action === 'audit export')
  const page = async (after: number, limit = 2) =>
    (await dara.auditRecords({ after, limit })).after ?? expect.fail('there is more')
  const second = await page(await page(0))
  expect(exports()).toMatchObject([{ by: 'dara', after: 0 }])
  await page(1)
  expect(exports()).toMatchObject([{ after: 0 }, { by: 'dara', after: 1 }])
  // It went on with another one meanwhile, and nobody else goes on with it.
  await (await office.session('sara')).auditRecords({ after: second, limit: 2 })
  expect(exports()).toHaveLength(3)
  const later = await page(second)
  office.pass(14 * MINUTE)
  await page(later)
  expect(exports()).toHaveLength(5)
})

it('nothing of the record is given out when the reading of it cannot be written down', async () => {
  const dara = await office.session('dara')
  const write = vi.spyOn(office.store.journal, 'write').mockResolvedValueOnce(FULL)
  const read = dara.auditRecords({ after: 0, limit: 2 })
  await expect(read).rejects.toMatchObject({ code: 'NOT_READY' })
  write.mockRestore()
})

it('a page has the time that a large store needs, and no limit of reports', async () => {
  const dara = await office.session('dara')
  const run = vi.spyOn(ReportThreads.prototype, 'run')
  await dara.auditRecords({ after: 0, limit: 2 })
  const [[job, limits] = []] = run.mock.calls
  run.mockRestore()
  expect([job?.kind, limits?.limitMs]).toEqual(['acts', 4 * 60 * MINUTE])
})
