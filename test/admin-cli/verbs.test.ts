// What each verb asks of the admin API or of a room, and what it says.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { EvsError } from '../../admin-api/errors.ts'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs } from './fake-world.ts'

const directory = mkdtempSync(join(tmpdir(), 'evs-verbs-'))
const file = join(directory, 'file.txt')
writeFileSync(file, 'line one\n')
afterAll(() => rmSync(directory, { recursive: true }))

const HOST = { kind: 'host', name: 'bank', institution: 0 }
const KEY = { tid: '7', mid: '1', institution: 0 }

/** The operation and its arguments, the actor apart. */
const CALLS: [string, string, unknown[]][] = [
  ['stock', 'stock', []],
  ['merchant list', 'merchants', [{ limit: 100 }]],
  ['merchant list --disabled --limit 5', 'merchants', [{ enabled: false, limit: 5 }]],
  ['merchant show 12', 'merchant', ['12', 0]],
  [
    'merchant set 12 --limit-rial ۵۰۰ --limit-count none --products 091905,093510 --contact none',
    'changeMerchant',
    [
      '12',
      {
        ...{ institution: 0, limitRial: 500, limitCount: null, contact: null },
        products: ['091905', '093510'],
      },
    ],
  ],
  [
    'merchant commission 12 --rate 0.015 --product 091905 --from 2026-12-01',
    'setCommission',
    ['12', { institution: 0, rate: '0.015', product: '091905', validFrom: '2026-12-01' }],
  ],
  [
    `merchant import ${file} --dry-run`,
    'importMerchants',
    [{ fileName: 'file.txt', dryRun: true }, 'line one\n'],
  ],
  [
    'merchant add --mid 1 --name A --city Tabriz --institution 7',
    'addMerchant',
    [{ mid: '1', name: 'A', city: 'Tabriz', institution: 7 }],
  ],
  ['merchant disable 12', 'changeMerchant', ['12', { institution: 0, enabled: false }]],
  ['terminal list --mid 12', 'terminals', [{ mid: '12', limit: 100 }]],
  [
    'terminal list --state blocked --not-seen-since 2026-11-01T00:00:00Z --limit 7',
    'terminals',
    [{ state: 'blocked', notSeenSince: '2026-11-01T00:00:00Z', limit: 7 }],
  ],
  ['terminal show 7 --mid 1', 'terminal', [{ tid: '7', mid: '1', institution: 0 }]],
  [
    'terminal set 7 --mid 1 --name none --limit-count 9 --setting a=b --setting volume= --unbind',
    'changeTerminal',
    [
      {
        ...{ tid: '7', mid: '1', institution: 0, name: null, limitCount: 9, serial: null },
        settingChanges: { a: 'b', volume: null },
      },
    ],
  ],
  ['terminal retire 7 --mid 1', 'changeTerminal', [{ ...KEY, state: 'retired' }]],
  [
    'terminal replace 7 8 --mid 1 --scheme aes',
    'replaceTerminal',
    [{ ...KEY, by: '8', scheme: 'aes' }],
  ],
  [
    'terminal import - --name fleet.csv',
    'importTerminals',
    [{ fileName: 'fleet.csv', dryRun: false }, 'from stdin'],
  ],
  [
    'terminal add --tid ۱۰۰ --mid 1 --scheme tdes',
    'addTerminal',
    [{ tid: '100', mid: '1', scheme: 'tdes', institution: 0 }],
  ],
  [
    'terminal block 100 --mid 1',
    'changeTerminal',
    [{ tid: '100', mid: '1', institution: 0, state: 'blocked' }],
  ],
  ['product list', 'products', []],
  [`product load ${file}`, 'loadProducts', ['line one\n']],
  ['product load -', 'loadProducts', ['from stdin']],
  ['product enable 091905', 'changeProduct', ['091905', { enabled: true }]],
  ['batch list --state held', 'batches', [{ state: 'held' }]],
  ['batch show 7', 'batch', [7]],
  ['batch recall 7', 'changeBatch', [7, { action: 'recall' }]],
  ['sale show 632609000001', 'sale', ['632609000001']],
  ['suspense list', 'suspense', []],
  [
    'suspense resolve 17 --as no-debit --note x',
    'resolveSuspense',
    [17, { as: 'no-debit', note: 'x' }],
  ],
  ['claims list', 'claims', []],
  ['claims resolve 3 --note paid', 'resolveClaim', [3, { resolution: 'paid' }]],
  ['day-end list', 'dayEndDifferences', []],
  ['day-end close 2', 'closeDayEnd', [2]],
  ['report sales --from 2026-11-01', 'report', [{ report: 'sales', from: '2026-11-01' }]],
  [
    'report merchant --from 2026-11-01 --to ۲۰۲۶-۱۱-۰۹',
    'report',
    [{ report: 'merchant', from: '2026-11-01', to: '2026-11-09' }],
  ],
  [`reconcile --ledger ${file} --settle`, 'reconcile', [{ settle: true }, 'line one\n']],
  ['vault status', 'vaultStatus', []],
  ['vault rotate kek', 'rotateKek', [{}]],
  ['vault rotate kek --new-kek-file next', 'rotateKek', [{ newKekFile: '/work/next' }]],
  ['vault rotate data --batch ۷', 'rotateData', [{ batch: 7 }]],
  ['vault rotate data --all', 'rotateData', [{}]],
  [
    'key begin load --card-host bank --scheme tdes --parts 2 --check-value 9f3a11',
    'startKeyLoad',
    [{ owner: HOST, scheme: 'tdes', parts: 2, checkValue: '9F3A11' }],
  ],
  [
    'key begin issue --card-host bank --scheme tdes',
    'startKeyIssue',
    [{ owner: HOST, scheme: 'tdes', parts: 3 }],
  ],
  ['key ceremonies', 'keyCeremonies', []],
  ['key cancel 1f0c77ab', 'cancelKeyCeremony', ['1f0c77ab']],
  ['journal verify', 'verifyJournal', []],
  ['audit', 'audit', []],
  ['audit check', 'audit', []],
  ['audit verify', 'verifyAudit', []],
  ['login list', 'logins', []],
  ['login block reza', 'changeLogin', ['reza', { action: 'block' }]],
  ['approval list', 'approvals', []],
  ['approval approve 1f0c77ab', 'decideApproval', ['1f0c77ab', { approve: true }]],
  ['approval deny 1f0c77ab', 'decideApproval', ['1f0c77ab', { approve: false }]],
  ['voucher list --sale 41', 'vouchers', [{ sale: 41 }]],
  [
    `voucher reveal 1007 --password-file ${file}`,
    'revealVoucher',
    [1007, { password: 'line one' }],
  ],
  ['voucher void 1007', 'changeVoucher', [1007, { action: 'void' }]],
  ['fence return 7', 'returnFenced', [7]],
  ['fence list', 'fences', []],
  ['fence accept', 'acceptFence', []],
  ['clock believe', 'believeClock', []],
  ['backup b.evsbak', 'backup', ['/work/b.evsbak']],
  ['health', 'health', []],
  ['init --dir shop', 'init', [{ dir: '/work/shop', force: false }]],
  ['serve --dir shop', 'serve', ['/work/shop/evs.yaml']],
  ['demo --once', 'demo', [{ once: true }]],
  ['restore b --dir s', 'restore', ['/work/s/evs.yaml', '/work/b']],
  ['config print', 'configPrinted', []],
  ['config check', 'configProblems', ['/work/evs.yaml', { files: true }]],
  ['config check --no-files', 'configProblems', ['/work/evs.yaml', { files: false }]],
  ['batch formats', 'batchFormats', []],
]

describe('a verb', () => {
  it.each(CALLS)('%s asks %s', async (line, name, given) => {
    const { exitCode, asked, stdout } = await evs(line.split(' '), { stdin: 'from stdin' })
    expect(exitCode).toBe(0)
    const found = asked.find((call) => call.name === name)
    const [first, ...rest] = found?.given ?? []
    const actorFirst = typeof first === 'object' && first !== null && 'name' in first
    expect(actorFirst && given.length < (found?.given.length ?? 0) ? rest : found?.given).toEqual(
      given,
    )
    if (!['serve', 'demo'].includes(name)) expect(stdout).not.toBe('')
  })

  it.each(CALLS.filter(([line]) => !/^(serve|demo)/.test(line)))(
    '%s --json prints one JSON value and nothing on standard error',
    async (line) => {
      const { exitCode, stdout, stderr } = await evs([...line.split(' '), '--json'])
      expect([exitCode, stderr]).toEqual([0, ''])
      expect(stdout.trimEnd()).not.toContain('\n')
      JSON.parse(stdout)
    },
  )
})

it("card-host and pos get their options, and their exit code is the command's", async () => {
  const host = await evs('card-host --port 6000 --forget-reversals --sign-on none'.split(' '))
  expect(host.asked[0]?.given[0]).toMatchObject({
    port: '6000',
    forgetReversals: true,
    signOn: 'none',
  })
  const sale = await evs('pos sell --port 5000 --tid 1 --redeem a --redeem b --json'.split(' '))
  expect(sale.exitCode).toBe(3)
  expect(sale.asked[0]?.given[0]).toMatchObject({
    action: 'sell',
    tid: '1',
    redeem: ['a', 'b'],
    json: true,
  })
  expect((await evs(['pos', 'steal'])).exitCode).toBe(2)
})

it('terminal block finds the merchant, and asks for it when there are several', async () => {
  const one = await evs(['terminal', 'block', '10000001'])
  expect(one.asked.at(-1)?.given[1]).toMatchObject({
    ...{ mid: EXAMPLES.terminal.mid, state: 'blocked' },
  })
  const terminals = () =>
    Promise.resolve({
      ...{ terminals: [EXAMPLES.terminal, { ...EXAMPLES.terminal, mid: 'other' }], after: null },
    })
  const two = await evs(['terminal', 'block', '10000001'], { operations: { terminals } })
  expect(two.exitCode).toBe(2)
  expect(two.stderr).toContain('000000000100001, other')
  const nobody = () => Promise.resolve({ terminals: [], after: null })
  const none = await evs(['terminal', 'block', '9'], { operations: { terminals: nobody } })
  expect(none.exitCode).toBe(1)
})

it('health is 0 only while it sells, and never works on a stopped switch', async () => {
  const health = () => Promise.resolve({ ...idle(), status: 'draining' as const })
  expect((await evs(['health'], { operations: { health } })).exitCode).toBe(4)
  const stopped = await evs(['health', '--json'], { stopped: true })
  expect(stopped.exitCode).toBe(4)
  expect(JSON.parse(stopped.stdout).error.code).toBe('SWITCH_UNREACHABLE')
  expect((await evs(['stock'], { stopped: true })).exitCode).toBe(0)
})

it('health names the gateways, linked or not', async () => {
  const gateways = [
    { name: 'gw-1', links: 1, connections: 250 },
    { name: 'gw-2', links: 0, connections: 0 },
  ]
  const health = () => Promise.resolve({ ...idle(), gateways })
  const { stdout } = await evs(['health'], { operations: { health } })
  expect(stdout).toMatch(/gateway +gw-1: 1 links, 250 connections/)
  expect(stdout).toMatch(/gateway +gw-2: 0 links, 0 connections/)
})

const idle = () => ({
  ...EXAMPLES.health,
  cardHosts: [],
  listeners: [],
  gateways: [],
  warnings: [],
  reasons: ['stopping'],
})

it('reconcile is 1 when anything differs', async () => {
  const words = ['reconcile', '--ledger', file]
  const whole = { ...EXAMPLES.reconciliation, differences: [] }
  const found = [
    { ...whole, differenceRial: -5 },
    { ...whole, doubleSold: 1 },
    { ...whole, differences: [{ ...blank, kind: 'unknown debit' as const }] },
  ]
  expect((await evs(words)).exitCode).toBe(0)
  for (const result of found) {
    const reconcile = async (
      _actor: unknown,
      _request: unknown,
      ledger: AsyncIterable<Uint8Array>,
    ) => {
      for await (const _chunk of ledger);
      return result
    }
    expect((await evs(words, { operations: { reconcile } })).exitCode).toBe(1)
  }
  expect((await evs(['reconcile', '--ledger', '/nowhere/x'])).exitCode).toBe(2)
  expect((await evs(['reconcile', '--ledger', directory])).exitCode).toBe(2)
})

const blank = {
  amountRial: 1,
  sale: null,
  rrn: null,
  tid: null,
  hostStan: null,
  hostTransmission: null,
  text: '',
}

it('journal verify and audit are 6 when something is broken', async () => {
  const verifyJournal = () =>
    Promise.resolve({ ...EXAMPLES.journalCheck, ok: false, problems: ['gap after 7'] })
  const broken = await evs(['journal', 'verify'], { operations: { verifyJournal } })
  expect(broken.exitCode).toBe(6)
  expect(broken.stdout).toContain('gap after 7')
  const old = { ok: false, rowsCompared: false, notComparable: 'so old', problems: ['gap'] }
  const both = () => Promise.resolve({ ...EXAMPLES.journalCheck, ...old })
  const damaged = await evs(['journal', 'verify'], { operations: { verifyJournal: both } })
  expect(damaged.exitCode).toBe(6)
  const audit = () => Promise.resolve({ ok: false, checks: [] })
  expect((await evs(['audit'], { operations: { audit } })).exitCode).toBe(6)
})

it('journal verify is 3 when rows cannot be rebuilt from so old a journal', async () => {
  const old = { rowsCompared: false, notComparable: 'rows cannot be rebuilt from this journal' }
  const verifyJournal = () => Promise.resolve({ ...EXAMPLES.journalCheck, problems: [], ...old })
  const checked = await evs(['journal', 'verify'], { operations: { verifyJournal } })
  expect(checked.exitCode).toBe(3)
  expect(checked.stdout).toContain('rows cannot be rebuilt')
})

it('day-end list has what the terminal claims and what the switch counted', async () => {
  const sales = (count: number) => ({ salesCount: count, salesAmountRial: count * 1_000 })
  const reversals = (count: number) => ({ reversalsCount: count, reversalsAmountRial: 0 })
  const row = {
    ...{ ...EXAMPLES.dayEndDifference, id: 7, closedAt: null },
    claimed: { ...sales(3), ...reversals(5) },
    actual: { ...sales(4), ...reversals(6) },
  }
  const dayEndDifferences = () => Promise.resolve([row])
  const { stdout } = await evs(['day-end', 'list', '--csv'], { operations: { dayEndDifferences } })
  expect(stdout.split('\r\n')).toEqual([
    'difference,at,TID,MID,"sales, terminal","rial, terminal","sales, switch","rial, switch",' +
      '"reversals, terminal","reversals, switch",closed at',
    '7,2026-11-21T19:00:00.000Z,10000001,000000000100001,3,3000,4,4000,5,6,',
    '',
  ])
})

it('an error of the switch has its exit code, message, hint and details', async () => {
  const addMerchant = () =>
    Promise.reject(new EvsError('ALREADY_EXISTS', { details: { mid: '1' } }))
  const words = 'merchant add --mid 1 --name A --json'.split(' ')
  const { exitCode, stdout, stderr } = await evs(words, { operations: { addMerchant } })
  expect(exitCode).toBe(1)
  expect(JSON.parse(stdout).error).toMatchObject({
    code: 'ALREADY_EXISTS',
    details: { mid: '1' },
  })
  expect(stderr).toMatch(/^evs: ALREADY_EXISTS: .*\n {2}choose another/)
})

it('config check tells every problem at once with exit code 2', async () => {
  const problems = [
    { path: 'a.b', message: 'is no setting', hint: 'did you mean a.c?', where: 'evs.yaml:3' },
    { path: 'x', message: 'is missing', hint: '', where: 'evs.yaml:1' },
  ]
  const rooms = { configProblems: () => Promise.resolve(problems) }
  const { exitCode, stderr } = await evs(['config', 'check'], { rooms })
  expect(exitCode).toBe(2)
  expect(stderr).toContain('evs.yaml:3: a.b: is no setting\n  did you mean a.c?\nevs.yaml:1: x')
})

it('a fault of the program shows no stack', async () => {
  const rooms = { demo: () => Promise.reject(new TypeError('x is undefined')) }
  const { exitCode, stderr } = await evs(['demo'], { rooms })
  expect(exitCode).toBe(1)
  expect(stderr).toContain('INTERNAL')
  expect(stderr).not.toContain('at ')
})
