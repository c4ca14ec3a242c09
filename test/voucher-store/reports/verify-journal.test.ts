// The verifier and the audit: silent over a sound store, and each kind of damage is found.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { removeUnfinishedImports } from '../../../voucher-store/import.ts'
import { audit } from '../../../voucher-store/reports/audit.ts'
import { verifyJournal } from '../../../voucher-store/reports/verify-journal.ts'
import { GENESIS, hashRecord, type JournalRow } from '../../../voucher-store/writer/chain.ts'
import { cutOffImport } from '../cut-off-import.ts'
import {
  addSale,
  endReversal,
  enlarge,
  genericFile,
  importFile,
  must,
  NOW,
  stockedStore,
  type TemporaryStore,
  type TestVoucher,
  vouchersFrom,
} from '../temporary-store.ts'

let store: TemporaryStore
beforeEach(async () => {
  store = await stockedStore(0, 30)
  await addSale(store, { id: 1, voucherIds: [1] }, 'sold')
  await must(store.journal.write({ kind: 'confirm', id: 1, by: '0220', atMs: NOW }))
  await addSale(store, { id: 2, voucherIds: [2] }, 'declined')
  await addSale(store, { id: 3, voucherIds: [2] }, 'reversing')
  await endReversal(store, 3, 'closed')
  await addSale(store, { id: 4, voucherIds: [3, 4] }, 'refunding')
  await addSale(store, { id: 5, voucherIds: [5] }, 'intent')
  await addSale(store, { id: 6, voucherIds: [6] }, 'sold')
})
afterEach(() => store.close())

const failing = () =>
  audit(store.database)
    .checks.filter((check) => check.violations > 0)
    .map((check) => check.name)

it.each([
  [true, 0],
  [false, 1],
])('between its parts a check (quick: %s) keeps the log from being emptied: %d', (quick, busy) => {
  const look = store.database.pragma.bind(store.database)
  const emptied: unknown[] = []
  vi.spyOn(store.database, 'pragma').mockImplementation((what, options) => {
    if (what.startsWith('integrity_check')) {
      const [state] = store.writer.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
      emptied.push(state?.busy)
    }
    return look(what, options)
  })
  store.writer.pragma('busy_timeout = 0')
  expect(verifyJournal(store.database, { quick }).ok).toBe(true)
  expect(emptied).toEqual([busy])
})

describe('a sound store', () => {
  it('verifies after an import that was begun and removed', async () => {
    const known = [...vouchersFrom(500, 6_000), ...vouchersFrom(0, 1)]
    await importFile(store, genericFile(known))
    const actions = store.records.map((record) => record.kind === 'admin' && record.action)
    expect(actions).toContain('batch import removed')
    expect(verifyJournal(store.database).problems).toEqual([])
  })

  it('verifies after numbers of a removed import were given again', async () => {
    const known = [...vouchersFrom(500, 6_000), ...vouchersFrom(0, 1)]
    await importFile(store, genericFile(known))
    await importFile(store, genericFile(vouchersFrom(500, 7_000)))
    expect(verifyJournal(store.database).problems).toEqual([])
  })

  it.each([
    [1, 280],
    [2, 30],
  ])('verifies after %i records of the removal of an import', async (records, vouchers) => {
    await cutOffImport(store, 500)
    let left = records
    const ports = { ...store, isStopped: () => left-- === 0 }
    await removeUnfinishedImports(ports, () => NOW)
    const rows = store.database.prepare('select count(*) from voucher').pluck().get()
    expect(rows).toBe(vouchers)
    expect(verifyJournal(store.database).problems).toEqual([])
    // Damage elsewhere is seen meanwhile.
    store.writer.prepare("update voucher set serial = 'x' where id = 7").run()
    expect(verifyJournal(store.database).ok).toBe(false)
  })

  it('verifies and keeps every invariant', () => {
    const verdict = verifyJournal(store.database)
    expect(verdict.problems).toEqual([])
    expect(verdict).toMatchObject({ ok: true, records: verdict.head.jseq })
    expect(failing()).toEqual([])
  })

  it('keeps every invariant with reversals that wait for a person, a host or a ledger', async () => {
    const ends = ['suspense', 'unfound', 'watched', 'no-debit'] as const
    for (const [index, status] of ends.entries()) {
      await addSale(store, { id: 11 + index, voucherIds: [11 + index] }, 'reversing')
      await endReversal(store, 11 + index, status)
    }
    expect(failing()).toEqual([])
  })
})

/** As the versions before it wrote it: the chain whole, no statements in it. */
function forgetStatements(): void {
  const rows = store.writer.prepare('select * from journal order by jseq').all() as JournalRow[]
  const write = store.writer.prepare('update journal set body = ?, hash = ? where jseq = ?')
  let before = GENESIS.hash
  for (const row of rows) {
    const body = JSON.stringify({ ...JSON.parse(row.body), statements: undefined })
    before = hashRecord(before, { ...row, body })
    write.run(body, before, row.jseq)
  }
}

it('without room for the comparison all else is looked at', () => {
  const lack = 'no room'
  expect(verifyJournal(store.database, { lack })).toMatchObject({
    ...{ ok: true, problems: [], rowsCompared: false, notComparable: lack },
  })
  store.writer.exec('update journal set at_ms = at_ms + 1 where jseq = 2')
  expect(verifyJournal(store.database, { lack })).toMatchObject({
    ...{ ok: false, rowsCompared: false, notComparable: lack },
  })
})

describe('a journal without the statements of administration', () => {
  it('is verified as far as it goes, and says that rows cannot be rebuilt from it', () => {
    forgetStatements()
    const { ok, problems, rowsCompared, notComparable } = verifyJournal(store.database)
    expect({ ok, problems, rowsCompared }).toEqual({ ok: true, problems: [], rowsCompared: false })
    expect(notComparable).toContain('record 1 is of a version that')
    expect(verifyJournal(store.database, { quick: true }).ok).toBe(true)
  })

  it('is damaged all the same when its chain or an invariant is', () => {
    forgetStatements()
    store.writer.exec('update lot set available = available + 1')
    expect(verifyJournal(store.database).ok).toBe(false)
  })
})

it('a small store is compared row by row by the quick check too', () => {
  expect(verifyJournal(store.database, { quick: true })).toMatchObject({
    ...{ ok: true, rowsCompared: true, notComparable: undefined },
  })
  store.writer.exec("update sale set rrn = '618200000009' where id = 2")
  const { problems } = verifyJournal(store.database, { quick: true })
  expect(problems.join()).toContain('sale 2 is not what')
})

it('a large store is compared row by row when somebody asks, and not by the quick check', () => {
  enlarge(store)
  store.writer.exec("update sale set rrn = '618200000009' where id = 2")
  expect(verifyJournal(store.database, { quick: true })).toMatchObject({
    ...{ ok: true, rowsCompared: false, notComparable: undefined },
  })
  const { problems, rowsCompared } = verifyJournal(store.database)
  expect([rowsCompared, problems.join()]).toEqual([true, expect.stringContaining('sale 2 is not')])
})

it('two vouchers that changed their lots, and so their expiry, are found', async () => {
  const [first, second] = vouchersFrom(100, 2) as [TestVoucher, TestVoucher]
  await importFile(store, genericFile([first, { ...second, expires: '2029-12-31' }]))
  const lots = store.database.prepare('select lot from voucher where id > 30 order by id').pluck()
  const [one, other] = lots.all()
  const move = store.writer.prepare('update voucher set lot = ? where id = ?')
  move.run(other, 31)
  move.run(one, 32)
  const { problems } = verifyJournal(store.database)
  expect(problems.join()).toContain('batch 2: vouchers 31 to 32 are not as')
})

it('a sale that an index lost is found, though its row is what the journal says', async () => {
  const { writer } = store
  const name = 'sale_day_time_terminal_stan_unique'
  const entry = writer.prepare('select * from sqlite_master where name = ?').raw().get(name)
  const changed = (sql: string, values: unknown) => {
    writer.unsafeMode()
    writer.pragma('writable_schema = ON')
    writer.prepare(sql).run(values)
    writer.pragma(
      `schema_version = ${Number(writer.pragma('schema_version', { simple: true })) + 1}`,
    )
    writer.pragma('writable_schema = RESET')
    writer.unsafeMode(false)
  }
  changed('delete from sqlite_master where name = ?', [name])
  await addSale(store, { id: 7, voucherIds: [7] }, 'sold')
  changed('insert into sqlite_master values (?, ?, ?, ?, ?)', entry)
  const { ok, problems } = verifyJournal(store.database)
  expect(ok).toBe(false)
  expect(problems.join('\n')).toMatch(/^pages: .*sale_day_time_terminal_stan_unique/)
})

const DAMAGE: readonly (readonly [string, RegExp])[] = [
  ["update journal set body = replace(body, '50000', '60000') where jseq = 12", /record 12/],
  ['delete from journal where jseq = 7', /record 7 is missing/],
  ['update lot set available = available + 1', /the counts of a lot/],
  ["update journal set kind = 'claim' where jseq = 9", /record 9 does not match/],
  ...[
    ...['amount = 1', "response_code = '00'", 'state = 1', 'jseq = 3', "rrn = '618200000009'"],
    ...["auth_code = '000000'", '"order" = \'x\'', "card_hash = 'cd'", 'count = 2'],
    ...["host_stan = '000009'", "host_transmission = '0'", 'cancelled = 1', 'reprints = 1'],
    ...['disclosures = 1', 'answered = 1', 'outcome_ms = 1', 'confirmed_ms = 1', 'merchant = 2'],
  ].map((change): [string, RegExp] => [
    `update sale set ${change} where id = 2`,
    /sale 2 is not what/,
  ]),
  ['delete from sale where id = 2', /sale 2 is in the journal and not in the table/],
  ['update sale set sold_before = null where id = 6', /sale 6 is not what/],
  ["update sale set sealed_card = 'text' where id = 6", /sale 6 is not what/],
  ["update reversal set host_stan = '1' where sale = 3", /reversal 3 is not what/],
  ['update reversal set tries = 9 where sale = 3', /reversal 3 is not what/],
  ['update refund set amount = 1 where sale = 4', /refund 4 is not what/],
  ['update terminal_tally set sales_amount = 1', /terminal_tally 1 is not what/],
  ["update counter set high = 1 where name = 'rrn'", /counter rrn is not what/],
  ["update merchant set name = 'x'", /merchant 1 is not what/],
  ["update terminal set scheme = 'none'", /terminal 1 is not what/],
  ['update product set price_rial = 1 where id = 1', /product 1 is not what/],
  ["update batch set file_name = 'x'", /batch 1 is not what/],
  ['update lot set expires = 20300101', /lot 1 is not what/],
  ["update voucher set serial = '1' where id = 9", /batch 1: vouchers 1 to 30 are not as/],
  ["update voucher set sealed = x'00' where id = 9", /batch 1: vouchers 1 to 30 are not as/],
  ["update meta set value = '2' where name = 'epoch'", /meta epoch is not what/],
]

describe('damage is found:', () => {
  it.each(DAMAGE)('%s', (damage, problem) => {
    store.writer.pragma('foreign_keys = OFF')
    expect(store.writer.prepare(damage).run().changes).toBe(1)
    const { ok, problems } = verifyJournal(store.database)
    expect(ok).toBe(false)
    expect(problems.join('\n')).toMatch(problem)
  })

  it.each([
    ["update sale set vouchers = '[1]' where id = 6", 'no voucher is under two sales'],
    ['update lot set imported = 5', 'imported is the sum of all states, lot by lot'],
    ['update voucher set state = 0, sale = null where id = 1', 'the counts of a lot are those'],
    ['update voucher set sale = 2 where id = 6', 'a reserved, sold or refunded voucher is in'],
    ['update reversal set status = 3 where sale = 4', 'every sale whose debit is to be undone'],
    ['update sale set state = 4 where id = 4', 'every open reversal belongs to such a sale'],
    [
      'update voucher set state = 1, sale = 2 where id = 20',
      'a reserved, sold or refunded voucher',
    ],
    ['update voucher set state = 0, sale = null where id = 3', 'every voucher of a sale is in the'],
    ['delete from refund where sale = 4', 'every refunded sale is counted in its day'],
    ['update voucher set sale = 1 where id = 20', 'a voucher in stock belongs to no sale'],
    ['update voucher set sale = 1 where id = 5', 'every voucher of a sale is in the state of the'],
  ])('%s', (damage, check) => {
    expect(store.writer.prepare(damage).run().changes).toBe(1)
    expect(failing().join('\n')).toContain(check)
  })
})
