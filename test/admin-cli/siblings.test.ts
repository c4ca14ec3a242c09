// Verbs that are made alike, each with an act of its own; flags that narrow a question, or make an
// act safe; and what is refused before anybody is asked. The first of each kind: verbs.test.ts.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Health } from '../../admin-api/schemas.ts'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs } from './fake-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-siblings-'))
afterAll(() => rmSync(folder, { recursive: true }))

const parts = ['A1', 'B2'].map((byte) => ({ part: byte.repeat(16), checkValue: '0A0B0C' }))
const files = parts.map(({ part, checkValue }, index) => {
  const file = join(folder, `${index}.txt`)
  writeFileSync(file, `scheme aes\npart ${part} ${checkValue}\n`)
  return file
})
const OWNER = { kind: 'host', name: 'bank', institution: 0 }
const PERIOD = { from: '2026-11-01', to: '2026-11-09' }
const KEY = { tid: '7', mid: '1', institution: 0 }

/** The operation and its arguments, the actor apart. */
const CALLS: [line: string, name: string, given: unknown[]][] = [
  ['batch release 7', 'changeBatch', [7, { action: 'release' }]],
  ['batch hold 7', 'changeBatch', [7, { action: 'hold' }]],
  ['batch close 7', 'changeBatch', [7, { action: 'close' }]],
  ['voucher release 1007', 'changeVoucher', [1007, { action: 'release' }]],
  ['login unblock reza', 'changeLogin', ['reza', { action: 'unblock' }]],
  ['login remove reza', 'changeLogin', ['reza', { action: 'remove' }]],
  ['merchant enable 12', 'changeMerchant', ['12', { institution: 0, enabled: true }]],
  ['product disable 091905', 'changeProduct', ['091905', { enabled: false }]],
  ['terminal unblock 7 --mid 1', 'changeTerminal', [{ ...KEY, state: 'active' }]],
  ...(['reversed', 'retry'] as const).map((as): [string, string, unknown[]] => [
    `suspense resolve 17 --as ${as} --note x`,
    'resolveSuspense',
    [17, { as, note: 'x' }],
  ]),
  [
    `key load --card-host bank --scheme aes --part ${files.join(' --part ')} --check-value 9f3a11`,
    'loadKey',
    [{ owner: OWNER, scheme: 'aes', parts, checkValue: '9F3A11' }],
  ],
  [
    'reconcile --ledger - --card-host bank --from 2026-11-01 --to 2026-11-09',
    'reconcile',
    [{ cardHost: 'bank', ...PERIOD, settle: false }, 'from stdin'],
  ],
  [
    'sale list --mid 12 --rrn 632609000001',
    'sales',
    [{ mid: '12', rrn: '632609000001', limit: 100 }],
  ],
  [
    'terminal list --tid 7 --institution 2',
    'terminals',
    [{ tid: '7', institution: 2, limit: 100 }],
  ],
  ['merchant list --institution 2', 'merchants', [{ institution: 2, limit: 100 }]],
  ['init --dir shop --force', 'init', [{ dir: '/work/shop', force: true }]],
]

it.each(CALLS)('%s asks %s', async (line, name, given) => {
  const { exitCode, asked, stderr } = await evs(line.split(' '), { stdin: 'from stdin' })
  expect(exitCode, stderr).toBe(0)
  const call = asked.find((one) => one.name === name)
  expect(call?.given.slice(-given.length)).toEqual(given)
})

it.each([
  'vault rotate data',
  'vault rotate data --all --batch 7',
  'init --dir shop --pkcs11 /lib/p11.so --token evs',
  'init --dir shop --pkcs11 /lib/p11.so --user-pin-file pin',
  'init --dir shop --token evs --user-pin-file pin',
])('%s is not understood, and nothing is done', async (line) => {
  const { exitCode, asked } = await evs(line.split(' '))
  expect([exitCode, asked]).toEqual([2, []])
})

it.each<[Health['status'], number]>([
  ['selling', 0],
  ['not selling', 4],
  ['offline', 4],
])('health of a switch that is %s is %i', async (status, code) => {
  const lists = { cardHosts: [], listeners: [], gateways: [], warnings: [], reasons: [] }
  const health = async () => ({ ...EXAMPLES.health, ...lists, status })
  const { exitCode } = await evs(['health', '--json'], { operations: { health } })
  expect(exitCode).toBe(code)
})
