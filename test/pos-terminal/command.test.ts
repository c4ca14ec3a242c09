// `evs pos` against a scripted switch: what is printed where, and with which exit code it ends.
// Sockets are left out; socket-connect.test.ts has them.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runPos } from '../../pos-terminal/command.ts'
import type { PosOptions } from '../../pos-terminal/command-options.ts'
import { HONEST, PIN_1, type Script, ScriptedSwitch, VirtualTimers } from './scripted-switch.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pos-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const CATALOGUE = '0012010109190500000005000010MCI 50,000'
const SHOP: Script = (heard, index) =>
  heard.mti === '0800' ? { 39: '00', 62: CATALOGUE } : HONEST(heard, index)

function shop(script: Script) {
  const timers = new VirtualTimers()
  const peer = new ScriptedSwitch(timers, script)
  const run = async (options: Partial<PosOptions>, paperTorn = false) => {
    const printed = { stdout: '', stderr: '' }
    const out = {
      stdout: async (text: string) => {
        if (paperTorn) return false
        printed.stdout += text
        return true
      },
      stderr: async (text: string) => {
        printed.stderr += text
        return true
      },
    }
    const base = { action: 'sell', port: '8583', tid: '10000001', mid: '100001', lang: 'en' }
    const sale = { product: '091905', track2: '6037990000000014=29121010000000000000' }
    const store = join(folder, 'pos.json')
    const all = { ...base, ...sale, store, ...options }
    const code = await timers.finish(runPos(all, out, { timers, connect: peer.connect }))
    return { code, ...printed }
  }
  return { peer, run }
}

describe('evs pos sell', () => {
  it('fetches the catalogue, sells and prints both copies', async () => {
    const { peer, run } = shop(SHOP)
    const { code, stdout, stderr } = await run({ merchantName: 'Sample Shop' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(peer.mtis).toEqual(['0800', '0200', '0220'])
    expect(peer.heard[1]?.fields[4]).toBe('000000050000')
    expect(stdout).toContain('7100 0000 0000 0016')
    expect(stdout).toContain('*140*#7100000000000016#')
    expect(stdout).toContain('merchant copy')
  })

  it('knows the price the next time', async () => {
    const { peer, run } = shop(SHOP)
    await run({})
    await run({ count: '۲' })
    expect(peer.mtis.filter((mti) => mti === '0800')).toHaveLength(1)
    expect(peer.heard[3]?.fields[4]).toBe('000000100000')
    expect(peer.heard[3]?.fields[48]).toBe('091905 02')
  })

  it('with --json shows no PIN unless it was asked for; the paper goes to stderr', async () => {
    const { run } = shop(SHOP)
    const hidden = await run({ json: true })
    expect(hidden.stdout).not.toContain(PIN_1)
    expect(JSON.parse(hidden.stdout)).toMatchObject({
      action: 'sell',
      kind: 'sold',
      confirmed: 'yes',
      vouchers: [{ serial: 'SN90001' }],
    })
    expect(hidden.stderr).toContain('7100 0000 0000 0016')
    const shown = await run({ json: true, showPin: true })
    expect(JSON.parse(shown.stdout)).toMatchObject({ vouchers: [{ voucherPin: PIN_1 }] })
  })

  it('ends with 1 when it was declined, and when the receipt was lost', async () => {
    const { peer, run } = shop(() => ({ 39: '44' }))
    expect(await run({ amount: '50000' })).toMatchObject({ code: 1, stderr: 'refused with 44\n' })
    peer.script = HONEST
    expect(await run({ amount: '50000' }, true)).toMatchObject({ code: 1 })
    expect(peer.mtis).toEqual(['0200', '0200', '0400'])
  })

  it('ends with 3 while the reversal is open, shows it, and ends it later', async () => {
    const { peer, run } = shop(() => 'silence')
    expect(await run({ amount: '50000' })).toMatchObject({ code: 3 })
    const pending = await run({ action: 'pending' })
    expect(pending).toMatchObject({ code: 3 })
    expect(pending.stderr).toContain('open sale: STAN 000001')
    expect(await run({ amount: '50000' })).toMatchObject({ code: 3 })
    peer.script = HONEST
    expect(await run({ action: 'reverse' })).toMatchObject({ code: 0 })
    expect(await run({ action: 'pending' })).toMatchObject({ code: 0 })
  })

  it.each<[Partial<PosOptions>, string]>([
    [{ action: 'steal' }, 'pos steal'],
    [{ tid: '' }, '--tid'],
    [{ port: '0' }, '--port'],
    [{ product: '0919' }, '--product'],
    [{ count: '11' }, '--count'],
    [{ track2: '1' }, '--track2'],
    [{ track2: undefined, card: '6037990000000015', expiry: '2912' }, '--card'],
    [{ track2: undefined, card: '6037990000000014' }, '--expiry'],
    [{ dialect: 'iso93' }, '--dialect'],
    [{ redeem: ['0919=dial'] }, '--redeem'],
  ])('with %j ends with 2 and names the option', async (options, text) => {
    const { peer, run } = shop(SHOP)
    const { code, stderr } = await run(options)
    expect(code).toBe(2)
    expect(stderr).toContain(text)
    expect(peer.mtis).toEqual([])
  })
})

describe('evs pos', () => {
  it('reprints, inquires, echoes and closes the day', async () => {
    const { peer, run } = shop(SHOP)
    await run({})
    peer.script = ({ fields }) =>
      fields[3] === '390000'
        ? { 39: '00', 48: '01', 62: `010716SN90001${PIN_1}` }
        : { 39: '00', 62: '' }
    const reprint = await run({ action: 'reprint' })
    expect(reprint.code).toBe(0)
    expect(reprint.stdout).toContain('*** REPRINT No. 1 ***')
    expect(await run({ action: 'inquire' })).toMatchObject({ code: 0 })
    expect(await run({ action: 'echo' })).toMatchObject({ code: 0, stdout: 'answered 00\n' })
    const closed = await run({ action: 'end-of-day' })
    expect(closed.stdout).toContain('1 sales of 50000 rial')
  })

  it('lists the catalogue', async () => {
    const { run } = shop(SHOP)
    const { code, stdout } = await run({ action: 'initialise' })
    expect(code).toBe(0)
    expect(stdout).toBe('catalogue 0012\n091905 50000 MCI 50,000\n')
  })
})
