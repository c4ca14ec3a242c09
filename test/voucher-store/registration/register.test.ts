// Lists of terminals and merchants into a real store: what is registered, what is refused and why,
// and that a list may be sent again.

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemTimers } from '../../../protocol/link/timers.ts'
import { listMerchants, merchantDetail } from '../../../voucher-store/admin/merchants.ts'
import { listTerminals, terminalDetail } from '../../../voucher-store/admin/terminals.ts'
import { merchantList } from '../../../voucher-store/registration/merchant-list.ts'
import {
  type RegistrationOrder,
  type RegistrationProgress,
  register,
} from '../../../voucher-store/registration/register.ts'
import { terminalList } from '../../../voucher-store/registration/terminal-list.ts'
import { compareWithRebuilt } from '../../../voucher-store/reports/rebuild.ts'
import {
  addTerminal,
  inChunks,
  NOW,
  type TemporaryStore,
  TODAY,
  temporaryStore,
} from '../temporary-store.ts'

const MID = '000000000012345'
const TITLE = 'mid,tid,scheme,name,limitCount,limitRial,settings'
let store: TemporaryStore

beforeEach(async () => {
  store = await temporaryStore()
  await addTerminal(store)
})
afterEach(() => store.close())

type Last = Extract<RegistrationProgress, { kind: 'done' | 'refused' }>

async function send(
  what: 'terminal' | 'merchant',
  text: string,
  change: Partial<RegistrationOrder> = {},
): Promise<Last> {
  const { journal, database } = store
  const clock = { ...systemTimers, wallMs: () => NOW }
  const order = { fileName: 'list.csv', by: 'sara', today: TODAY, dryRun: false, ...change }
  const ports = { journal, database, clock }
  const file = inChunks(Buffer.from(text), 1_000)
  const events =
    what === 'terminal'
      ? register(terminalList(), ports, order, file)
      : register(merchantList(), ports, order, file)
  let last: RegistrationProgress | undefined
  for await (const event of events) last = event
  if (last === undefined || last.kind === 'progress') throw new Error('no end')
  return last
}

const terminals = (rows: string[], change?: Partial<RegistrationOrder>) =>
  send('terminal', [TITLE, ...rows].join('\n'), change)
const tids = () => listTerminals(store.database, { limit: 100 }).terminals.map(({ tid }) => tid)

describe('a list of terminals', () => {
  it('registers every row with what it says, and the journal makes the same rows', async () => {
    const rows = [`${MID},20000001,tdes,"till, 2",200,,volume=3;advert=none`, `${MID},۲۱,none,,,9,`]
    const done = await terminals(rows)
    expect(done).toMatchObject({ kind: 'done', rows: 2, added: 2, unchanged: 0, refused: 0 })
    const key = { institution: 0, mid: MID, tid: '20000001' }
    expect(terminalDetail(store.database, key, TODAY)).toMatchObject({
      ...{ scheme: 'tdes', state: 'active', name: 'till, 2', limitCount: 200, limitRial: null },
      settings: { advert: 'none', volume: '3' },
    })
    expect(tids()).toEqual(['10000001', '20000001', '21'])
    expect(compareWithRebuilt(store.file, { inMemory: true })).toEqual([])
    const record = store.records.at(-1)
    expect(record).toMatchObject({ action: 'terminal import', by: 'sara' })
  })

  it('may name key files, which are for the terminals and not for the store', async () => {
    const text = `MID,tid,Scheme,Key File\n${MID},20000001,aes,keys/1.key\n${MID},20000002,none,\n`
    expect(await send('terminal', text)).toMatchObject({ kind: 'done', added: 2, refused: 0 })
    expect(JSON.stringify(store.records)).not.toContain('1.key')
  })

  it('refuses rows one by one, with line, column, reason and what to do', async () => {
    const done = await terminals([
      `${MID},31,none,,,,`,
      'none,32,none,,,,',
      `${MID},123456789,none,,,,`,
      `${MID},33,des,,,,`,
      `${MID},34,none,,1 000,,`,
      `${MID},35,none,,,,volume`,
      `${MID},36,none`,
      `${MID},37,none,"x,,,,`,
      `${MID},31,none,,,,`,
      `${MID},10000001,none,,,,`,
      `${MID},38,aes,,,,`,
    ])
    if (done.kind !== 'done') throw new Error('refused as a whole')
    expect([done.rows, done.added, done.refused]).toEqual([11, 2, 9])
    expect(done.problems.map(({ line, column }) => [line, column])).toEqual([
      ...[
        [4, 'tid'],
        [5, 'scheme'],
        [6, 'limitCount'],
        [7, 'settings'],
        [8, ''],
        [9, ''],
      ],
      ...[
        [3, 'mid'],
        [10, ''],
        [11, 'scheme'],
      ],
    ])
    for (const { message, hint } of done.problems) {
      expect(message.length).toBeGreaterThan(10)
      expect(hint.length).toBeGreaterThan(10)
    }
    expect(tids()).toEqual(['10000001', '31', '38'])
  })

  it('tells the first hundred rows that it refuses, and how many more there are', async () => {
    const rows = Array.from({ length: 130 }, (_, n) => `${MID},${50_000 + n},des,,,,`)
    const done = await terminals([...rows, `${MID},59999,none,,,,`])
    if (done.kind !== 'done') throw new Error('refused as a whole')
    expect([done.added, done.refused, done.moreProblems]).toEqual([1, 130, 30])
    expect(done.problems.map(({ line }) => line)).toEqual(rows.slice(0, 100).map((_, n) => n + 2))
  })

  it('takes limits up to the largest, and none above it', async () => {
    const done = await terminals([
      ...[`${MID},51,none,,1000000,999999999999,`, `${MID},52,none,,1000001,,`],
      `${MID},53,none,,,1000000000000,`,
    ])
    expect(done).toMatchObject({
      ...{ added: 1, refused: 2 },
      problems: [
        { line: 3, column: 'limitCount' },
        { line: 4, column: 'limitRial' },
      ],
    })
  })

  it('may be sent again: what is there with the same values is left alone', async () => {
    const rows = Array.from({ length: 600 }, (_, n) => `${MID},${40_000 + n},none,till ${n},5,,`)
    expect(await terminals(rows.slice(0, 300))).toMatchObject({ added: 300 })
    expect(await terminals(rows)).toMatchObject({ added: 300, unchanged: 300, refused: 0 })
    expect(await terminals(rows)).toMatchObject({ added: 0, unchanged: 600, refused: 0 })
    const other = await terminals([`${MID},40001,none,till 1,6,,`])
    expect(other).toMatchObject({ refused: 1, problems: [{ line: 2, column: 'limitCount' }] })
  })

  it.each([
    ['scheme', 'tdes,till,5,9,a=b'],
    ['name', 'none,,5,9,a=b'],
    ['limitCount', 'none,till,,9,a=b'],
    ['limitRial', 'none,till,5,10,a=b'],
    ['settings', 'none,till,5,9,a=c'],
  ])('refuses a row that is there with another %s', async (column, cells) => {
    const first = await terminals([`${MID},41,none,till,5,9,a=b`])
    expect(first).toMatchObject({ added: 1 })
    const done = await terminals([`${MID},41,${cells}`])
    expect(done).toMatchObject({ unchanged: 0, refused: 1, problems: [{ line: 2, column }] })
  })

  it('is not another one for the order of its settings', async () => {
    await terminals([`${MID},43,none,,,,b=2;a=1`])
    expect(await terminals([`${MID},43,none,,,,a=1;b=2`])).toMatchObject({ unchanged: 1 })
  })

  it('takes the same number once for each merchant, and a limit of nothing as one', async () => {
    const other = '000000000000777'
    await send('merchant', `mid,name\n${other},Shop`)
    const done = await terminals([`${MID},42,none,,0,0,`, `${other},42,none,,,,`])
    expect(done).toMatchObject({ added: 2, refused: 0 })
    const key = { institution: 0, mid: MID, tid: '42' }
    expect(terminalDetail(store.database, key, TODAY)).toMatchObject({
      ...{ limitCount: 0, limitRial: 0 },
    })
    const next = { ...key, mid: other }
    expect(terminalDetail(store.database, next, TODAY)).toMatchObject({ limitCount: null })
  })

  it('is on record with who sent it and how he was let in', async () => {
    const how = { as: 'login', from: 'tcp', approval: '1f0c77ab', consentBy: 'dara' } as const
    await terminals([`${MID},51,none,,,,`], { how })
    const body = store.database.prepare('select body from journal order by jseq desc').pluck()
    expect(JSON.parse(String(body.get()))).toMatchObject({
      ...{ action: 'terminal import', by: 'sara', how, fileName: 'list.csv', rows: 1 },
    })
  })

  it('writes nothing in a dry run', async () => {
    const written = store.records.length
    const done = await terminals([`${MID},51,none,,,,`, 'x,52,none,,,,'], { dryRun: true })
    expect(done).toMatchObject({ dryRun: true, added: 1, refused: 1 })
    expect(store.records).toHaveLength(written)
  })

  it.each([
    ['', { line: 1 }],
    ['mid,tid\n1,2', { line: 1, column: 'scheme' }],
    ['mid,tid,scheme,colour\n', { line: 1, column: 'colour' }],
    ['mid,tid,scheme,TID\n', { line: 1, column: 'tid' }],
    ['\u0000', { line: 1 }],
  ])('%j is no such list', async (text, problem) => {
    expect(await send('terminal', text)).toMatchObject({ kind: 'refused', problem })
  })

  it('ends at a line that is not text, and says that nothing after it was read', async () => {
    const rows = Array.from({ length: 400 }, (_, n) => `${MID},${60_000 + n},none,,,,`)
    const done = await terminals([...rows, 'a\u0001b', `${MID},69999,none,,,,`])
    if (done.kind !== 'done') throw new Error('refused as a whole')
    expect([done.added, done.refused]).toEqual([400, 1])
    expect(done.problems[0]).toMatchObject({ line: 402 })
    expect(done.problems[0]?.hint).toContain('nothing from this line on was read')
  })

  it('never breaks, whatever the file holds', async () => {
    const cell = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom(MID, 'none', '"', '7', ''))
    const row = fc.array(cell, { minLength: 1, maxLength: 9 }).map((cells) => cells.join(','))
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
        const done = await terminals(rows, { dryRun: true })
        if (done.kind === 'refused') return
        expect(done.rows).toBeGreaterThanOrEqual(done.added + done.unchanged)
      }),
      { numRuns: 60, seed: 5 },
    )
  })

  it('looks again when somebody registers one of its rows meanwhile', async () => {
    await terminals([`${MID},70,none,,,,`])
    const { journal } = store
    let interfered = false
    store = {
      ...store,
      journal: {
        write: async (record) => {
          if (!interfered) {
            interfered = true
            await journal.write({
              ...{ kind: 'admin', action: 'terminal add', by: 'other', detail: {}, atMs: NOW },
              statements: [
                {
                  sql: 'insert into terminal (merchant, tid, scheme, enabled) values (1, ?, ?, 1)',
                  bindings: ['71', 'none'],
                },
              ],
            })
          }
          return journal.write(record)
        },
      },
    }
    const done = await terminals([70, 71, 72].map((tid) => `${MID},${tid},none,,,,`))
    expect(done).toMatchObject({ added: 1, unchanged: 2, refused: 0 })
  })

  it('tells the rows that the store did not take', async () => {
    const full = { kind: 'rolled-back', reason: 'full', detail: 'SQLITE_FULL' } as const
    store = { ...store, journal: { write: () => Promise.resolve(full) } }
    const done = await terminals([`${MID},81,none,,,,`])
    expect(done).toMatchObject({ added: 0, refused: 1, problems: [{ line: 2 }] })
  })
})

describe('a list of merchants', () => {
  it('registers limits, products and a commission from today on', async () => {
    const text = `name,mid,products,limitRial,commission,city
Shop,000000000000777,093205 091905,500000000,0.015,
فروشگاه,000000000000778,,,,Tabriz`
    expect(await send('merchant', text)).toMatchObject({ added: 2, refused: 0 })
    const key = { institution: 0, mid: '000000000000777' }
    expect(merchantDetail(store.database, key, TODAY)).toMatchObject({
      ...{ name: 'Shop', city: 'Tehran', limitRial: 500_000_000 },
      products: ['091905', '093205'],
      commission: [{ product: null, rate: '0.015', validFrom: '2026-07-01' }],
      today: { count: 0, rial: 0 },
    })
    expect(await send('merchant', text)).toMatchObject({ added: 0, unchanged: 2 })
    const { merchants } = listMerchants(store.database, { limit: 10 })
    expect(merchants[2]).toMatchObject({ name: 'فروشگاه', city: 'Tabriz', products: null })
  })

  it('of an institution knows those of four digits', async () => {
    const done = await send('merchant', 'institution,mid,name\n9999,1,A\n10000,2,B\n')
    expect(done).toMatchObject({ added: 1, problems: [{ line: 3, column: 'institution' }] })
  })

  it('keeps apart what has one number at two institutions, commissions too', async () => {
    const rows = ['7,1,Ours,0.01', '8,1,Theirs,0.02']
    const done = await send('merchant', ['institution,mid,name,commission', ...rows].join('\n'))
    expect(done).toMatchObject({ added: 2, refused: 0 })
    const rates = [7, 8].map((institution) => {
      const found = merchantDetail(store.database, { institution, mid: '1' }, TODAY)
      return found?.commission.map(({ rate }) => rate)
    })
    expect(rates).toEqual([['0.01'], ['0.02']])
  })

  it.each([
    ['name', 'B,Rey,c,5,9,093205'],
    ['city', 'A,,c,5,9,093205'],
    ['contact', 'A,Rey,,5,9,093205'],
    ['limitCount', 'A,Rey,c,6,9,093205'],
    ['limitRial', 'A,Rey,c,5,,093205'],
    ['products', 'A,Rey,c,5,9,'],
  ])('refuses a row that is there with another %s', async (column, cells) => {
    const title = 'mid,name,city,contact,limitCount,limitRial,products'
    const first = `${title}\n9,A,Rey,c,5,9,093205`
    expect(await send('merchant', first)).toMatchObject({ added: 1 })
    expect(await send('merchant', first)).toMatchObject({ added: 0, unchanged: 1 })
    const done = await send('merchant', `${title}\n9,${cells}`)
    expect(done).toMatchObject({ unchanged: 0, refused: 1, problems: [{ line: 2, column }] })
  })

  it('refuses what is no product, rate or name', async () => {
    const rows = ['1,A,9190,', '2,A,,1.5', '3,,,', '4,A,,0.12345', '5,A,,1']
    const done = await send('merchant', ['mid,name,products,commission', ...rows].join('\r\n'))
    if (done.kind !== 'done') throw new Error('refused as a whole')
    expect(done.problems.map(({ line, column }) => `${line} ${column}`)).toEqual([
      ...['2 products', '3 commission', '4 name', '5 commission'],
    ])
    expect(done.added).toBe(1)
  })
})
