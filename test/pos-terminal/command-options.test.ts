// What the options of `evs pos` put into a message, and what it says of what came of it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runPos } from '../../pos-terminal/command.ts'
import type { PosOptions } from '../../pos-terminal/command-options.ts'
import { HONEST, PIN_1, type Script, ScriptedSwitch, VirtualTimers } from './scripted-switch.ts'

let folder: string
let timers: VirtualTimers
let peer: ScriptedSwitch
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pos-'))
  timers = new VirtualTimers()
  peer = new ScriptedSwitch(timers, HONEST)
})
afterEach(() => rmSync(folder, { recursive: true }))

const TRACK2 = '6037990000000014=29121010000000000000'

async function pos(options: Partial<PosOptions>) {
  const printed = { stdout: '', stderr: '' }
  const write = (name: 'stdout' | 'stderr') => async (text: string) => {
    printed[name] += text
    return 'out' as const
  }
  const out = { stdout: write('stdout'), stderr: write('stderr') }
  const given = { action: 'sell', port: '8583', tid: '10000001', mid: '100001', lang: 'en' }
  const sale = { product: '091905', amount: '50000', store: join(folder, 'pos.json') }
  const work = runPos({ ...given, ...sale, ...options }, out, { timers, connect: peer.connect })
  return { code: await timers.finish(work), ...printed }
}

it('a card that is keyed in is said to be, and its expiry is that of the option', async () => {
  await pos({ card: '6037-9900-0000-0014=2912', expiry: '3001' })
  await pos({ card: '6037 9900 0000 0014=2912' })
  await pos({ track2: TRACK2 })
  const sales = peer.heard.filter(({ mti }) => mti === '0200').map(({ fields }) => fields)
  const card = { 2: '6037990000000014', 22: '012', 25: '14' }
  expect(sales).toMatchObject([{ ...card, 14: '3001' }, { ...card, 14: '2912' }, { 22: '021' }])
})

it('a kiosk, its printer, its number and the lines that it wants are told', async () => {
  const serialNumber = 'PX7-0099812-ABCDEF'
  await pos({ track2: TRACK2, kiosk: true, printer: 'low', receiptLines: true, serialNumber })
  expect(peer.heard[0]?.fields).toMatchObject({
    ...{ 25: '43', 60: `020110418${serialNumber}0502en07011` },
  })
  await pos({ track2: TRACK2, printer: 'out' })
  expect(peer.heard[2]?.fields[60]).toBe('0106000001020120502en')
})

it('an earlier sale that ends with this one is told apart from it', async () => {
  peer.script = () => 'silence'
  await pos({ track2: TRACK2 })
  peer.script = HONEST
  const { code, stderr } = await pos({ track2: TRACK2 })
  expect([code, stderr]).toEqual([0, 'an earlier sale ended: reversed\n'])
})

it('a period that an administrator closed is begun anew', async () => {
  await pos({ track2: TRACK2 })
  peer.script = () => ({ 39: '95', 48: '0'.repeat(36) })
  const differs = await pos({ action: 'end-of-day' })
  expect(differs.code).toBe(1)
  expect(differs.stderr).toContain('totals differ: terminal 1 sales of 50000 rial')
  peer.script = HONEST
  const closed = await pos({ action: 'end-of-day', newPeriod: true })
  expect(closed).toMatchObject({ code: 0 })
  expect(closed.stdout).toContain('0 sales of 0 rial')
})

it('a sale that the switch does not know, or discloses no more, is told', async () => {
  const unknown: Script = (heard, index) =>
    heard.mti === '0220' ? { 39: '25' } : HONEST(heard, index)
  peer.script = unknown
  expect((await pos({ track2: TRACK2 })).stdout).toContain('knows no such sale (25)')
  peer.script = ({ mti }) => ({ 39: mti === '0400' ? '61' : mti === '0100' ? '00' : '68' })
  expect(await pos({ track2: TRACK2 })).toMatchObject({
    ...{ code: 0, stdout: expect.stringContaining('no longer disclosed: ask for a reprint') },
  })
})

it('the paper has the names, the dial string and the tax that were given', async () => {
  const { stdout } = await pos({
    ...{ track2: TRACK2, tid: '۱۰۰۰۰۰۰۱', merchantName: 'Corner Shop', helpline: '021-12345' },
    ...{ taxRate: '0', redeem: ['0919=*150*{pin}#'] },
  })
  expect(peer.heard[0]?.fields[41]).toBe('10000001')
  expect(stdout).toMatch(/^ +Corner Shop\n/)
  expect(stdout).toMatch(/Help: +021-12345\n/)
  expect(stdout).toMatch(/Real credit: +50,000 rial\n/)
  expect(stdout).toContain('*150*7100000000000016#\n')
})

it('a dial string of the command line holds for a receipt of any day', async () => {
  const redeem = ['0919=*150*{pin}#']
  await pos({ track2: TRACK2, merchantName: 'Corner Shop' })
  peer.script = () => ({ 39: '00', 48: '01', 62: `010716SN90001${PIN_1}` })
  timers.pass(400 * 86_400_000)
  const tomorrow = await pos({ action: 'reprint', track2: TRACK2, redeem })
  expect(tomorrow.stdout).toContain('*150*7100000000000016#\n')
  // Of two for one prefix the later one, as with every option.
  const twice = { track2: TRACK2, redeem: [...redeem, '0919=*160*{pin}#'] }
  expect((await pos({ action: 'reprint', ...twice })).stdout).toContain('*160*7100000000000016#\n')
  const others = await pos({ action: 'reprint', track2: TRACK2, redeem: ['0935=*150*{pin}#'] })
  expect(others.stdout).toContain('*140*#7100000000000016#\n')
})

it.each([
  ['45 seconds when nothing is said', undefined, 45_000],
  ['as long as was said', '7', 7_000],
])('an answer is waited for %s', async (_howLong, timeout, replyMs) => {
  peer.script = () => 'silence'
  await pos({ track2: TRACK2, timeout })
  const [sale, repeat] = peer.heard
  expect([sale?.mti, repeat?.mti]).toEqual(['0200', '0201'])
  expect((repeat?.atMs ?? 0) - (sale?.atMs ?? 0)).toBe(replyMs)
})

it('the paper is 42 columns wide, or 32 when that was said', async () => {
  const ruleOf = async (columns?: string) =>
    /^-+$/m.exec((await pos({ track2: TRACK2, columns })).stdout)?.[0].length
  expect([await ruleOf(), await ruleOf('32'), await ruleOf('42')]).toEqual([42, 32, 42])
})

it('real credit is the price without the tax that was said, and is printed only then', async () => {
  expect((await pos({ track2: TRACK2, taxRate: '0.10' })).stdout).toMatch(
    /Real credit: +45,455 rial\n/,
  )
  expect((await pos({ track2: TRACK2 })).stdout).not.toContain('Real credit')
})

it.each<Partial<PosOptions>>([
  { columns: '31' },
  { columns: '38' },
  { columns: '43' },
  { taxRate: '1' },
  { taxRate: '-0.01' },
  { taxRate: 'ten' },
  { timeout: '0' },
  { timeout: '601' },
])('%j is a wrong option, and nothing is sent', async (options) => {
  const { code, stderr, stdout } = await pos({ track2: TRACK2, ...options })
  const [name] = Object.keys(options)
  expect([code, stdout, peer.heard]).toEqual([2, '', []])
  expect(stderr).toMatch(new RegExp(`^--${name === 'taxRate' ? 'tax-rate' : name}: `))
})
