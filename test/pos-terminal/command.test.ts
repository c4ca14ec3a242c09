// `evs pos` against a scripted switch: what is printed where, and with which exit code it ends.
// Sockets are left out; socket-connect.test.ts has them.

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runPos } from '../../pos-terminal/command.ts'
import type { PosOptions } from '../../pos-terminal/command-options.ts'
import { FileStore } from '../../pos-terminal/store.ts'
import { PinBlock } from '../../protocol/values/card.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { SHAPES } from '../../scripts/outside-shapes.ts'
import { isLogon, NO_MAC, SwitchKeys, said, sells, TMK } from './keyed-switch.ts'
import {
  HONEST,
  PIN_1,
  type Script,
  ScriptedSwitch,
  sure,
  VirtualTimers,
} from './scripted-switch.ts'

const failure = SHAPES.failure.schema

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pos-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const CARD = '6037990000000014'
const CATALOGUE = '0012010109190500000005000010MCI 50,000'
const SHOP: Script = (heard, index) =>
  heard.mti === '0800' ? { 39: '00', 62: CATALOGUE } : HONEST(heard, index)

function shop(script: Script) {
  const timers = new VirtualTimers()
  const peer = new ScriptedSwitch(timers, script)
  const run = async (options: Partial<PosOptions>, paper: 'out' | 'none' = 'out') => {
    const printed = { stdout: '', stderr: '' }
    const out = {
      stdout: async (text: string) => {
        if (paper === 'out') printed.stdout += text
        return paper
      },
      stderr: async (text: string) => {
        printed.stderr += text
        return 'out' as const
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
    expect(await run({ amount: '50000' }, 'none')).toMatchObject({ code: 1 })
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
    [{ action: 'logon' }, 'logon: --key-file'],
    [{ cardPinFile: '-' }, '--card-pin-file: only with --key-file'],
    [{ keyFile: 'none.key' }, '--serial-number'],
    [{ keyFile: 'none.key', serialNumber: 'دستگاه' }, '--serial-number'],
    [{ keyFile: 'none.key', serialNumber: 'A1' }, '--key-file: none.key cannot be read'],
    [{ keyFile: 'none.key', serialNumber: 'A1', cardPinFile: 'none' }, '--card-pin-file: none'],
  ])('with %j ends with 2 and names the option', async (options, text) => {
    const { peer, run } = shop(SHOP)
    const { code, stderr } = await run(options)
    expect(code).toBe(2)
    expect(stderr).toContain(text)
    expect(peer.mtis).toEqual([])
  })
})

describe('evs pos --json where it can not do what it was told', () => {
  it('prints a wrong option as the failure of every verb, and in words', async () => {
    const { run } = shop(SHOP)
    const { code, stdout, stderr } = await run({ json: true, tid: '' })
    expect(code).toBe(2)
    const { error } = failure.parse(JSON.parse(stdout))
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringMatching(/^--tid: /) })
    expect(stderr).toBe(`${error.message}\n`)
  })

  it('prints a key file that is none, and a part of what names a sale', async () => {
    const { run } = shop(SHOP)
    const key = await run({ json: true, keyFile: 'none.key', serialNumber: 'A1' })
    const inquiry = await run({ json: true, action: 'inquire', stan: '000001' })
    for (const { code, stdout } of [key, inquiry]) {
      expect(code).toBe(2)
      expect(failure.parse(JSON.parse(stdout)).error.code).toBe('USAGE')
    }
  })

  it('prints a store that another program has', async () => {
    const { peer, run } = shop(SHOP)
    const theirs = FileStore.open(join(folder, 'pos.json'), '10000001', '100001')
    const { code, stdout, stderr } = await run({ json: true })
    theirs.close()
    expect(code).toBe(1)
    const { error } = failure.parse(JSON.parse(stdout))
    expect(error).toMatchObject({ code: 'STORE_IN_USE', hint: 'wait for it to end' })
    expect(stderr).toContain('is used by another program\nwait for it to end\n')
    expect(peer.heard).toEqual([])
  })

  it('ends with 1 where the state cannot be written before anything has left', async () => {
    const { peer, run } = shop(SHOP)
    mkdirSync(join(folder, 'pos.json.new'))
    const { code, stdout } = await run({ json: true, amount: '50000' })
    expect(code).toBe(1)
    expect(failure.parse(JSON.parse(stdout)).error.code).toBe('STORE_UNAVAILABLE')
    expect(peer.heard).toEqual([])
  })

  it.each([true, false])('ends with 3 where it cannot be after the 0200, json %s', async (json) => {
    const { peer, run } = shop((heard, index) => {
      if (heard.mti === '0200') mkdirSync(join(folder, 'pos.json.new'))
      return SHOP(heard, index)
    })
    const { code, stdout, stderr } = await run({ json })
    expect(code).toBe(3)
    const said = json ? JSON.parse(stdout).reason : stderr
    expect(said).toContain('pos.json cannot be used: EISDIR')
    expect(json ? JSON.parse(stdout).kind : stderr).toMatch(/^unknown$|the sale is still open/)
    expect(peer.mtis).toEqual(['0800', '0200'])
    rmSync(join(folder, 'pos.json.new'), { recursive: true })
    expect(await run({ action: 'reverse' })).toMatchObject({ code: 0 })
    expect(peer.mtis.at(-1)).toBe('0400')
  })

  it('ends with 0 where it cannot be after the receipt: the confirmation is owed', async () => {
    const { run } = shop((heard, index) => {
      if (heard.mti === '0220') mkdirSync(join(folder, 'pos.json.new'))
      return SHOP(heard, index)
    })
    const { code, stdout, stderr } = await run({ json: true, showPin: true })
    expect(code).toBe(0)
    const sold = { kind: 'sold', confirmed: 'owed', vouchers: [{ voucherPin: PIN_1 }] }
    expect(JSON.parse(stdout)).toMatchObject(sold)
    expect(stderr).toContain('pos.json cannot be used: EISDIR')
  })
})

describe('evs pos with a key file', () => {
  function keyedShop(scheme: 'tdes' | 'aes') {
    const keys = new SwitchKeys(scheme)
    const { peer, run } = shop((heard, index) => {
      if (isLogon(heard)) return { 39: '00', 62: keys.logon(), ...NO_MAC }
      if (!keys.isRight(heard)) return { 39: '63', ...NO_MAC }
      return heard.mti === '0800' ? { 39: '00', 62: CATALOGUE } : sells(keys)(heard, index)
    })
    peer.seal = (mti, fields) => keys.seal(mti, fields)
    const keyFile = secret('terminal.key', `scheme ${scheme}\nkey ${TMK[scheme]}\n`)
    return { peer, keys, run, keyed: { keyFile, serialNumber: 'PX7-0099812' } }
  }

  function secret(name: string, text: string, mode = 0o600): string {
    const file = join(folder, name)
    writeFileSync(file, text, { mode })
    return file
  }

  it.each(['tdes', 'aes'] as const)(
    'logs on, sells with a PIN and forgets it, %s',
    async (scheme) => {
      const { peer, keys, run, keyed } = keyedShop(scheme)
      expect(await run({ action: 'logon', ...keyed })).toMatchObject({
        ...{ code: 0, stdout: 'logged on\n', stderr: '' },
      })
      const cardPinFile = secret('entered', '492104927713\n')
      const sold = await run({ ...keyed, cardPinFile, json: true })
      expect(sold.code).toBe(0)
      expect(JSON.parse(sold.stdout)).toMatchObject({ kind: 'sold', confirmed: 'yes' })
      expect(sold.stderr).toContain('7100 0000 0000 0016')
      expect(said(peer.heard)).toEqual(['logon', '0800', '0200', '0220'])
      const block = peer.heard[2]?.fields[scheme === 'aes' ? 61 : 52] ?? ''
      const { current, module } = keys
      if (current === undefined) throw new Error('no session')
      const opened = module.decipherPin(current.pinKey, new PinBlock(block), sure(Pan.parse(CARD)))
      expect(sure(opened).reveal()).toBe('492104927713')
      const state = readFileSync(join(folder, 'pos.json'), 'utf8')
      for (const secretText of ['492104927713', block, PIN_1, TMK[scheme]]) {
        expect(`${state}${sold.stdout}${sold.stderr.replaceAll(' ', '')}`.split(secretText).length)
          // The paper shows the voucher PIN, and in the dial string again.
          .toBe(secretText === PIN_1 ? 3 : 1)
      }
    },
  )

  it('refuses a key file or a PIN file that others may read, and sends nothing', async () => {
    const { peer, run, keyed } = keyedShop('aes')
    chmodSync(keyed.keyFile, 0o640)
    const key = await run({ action: 'logon', ...keyed })
    expect(key).toMatchObject({ code: 2, stdout: '' })
    expect(key.stderr).toBe(
      `--key-file: ${keyed.keyFile} must be readable by its owner only (chmod 600)\n`,
    )
    chmodSync(keyed.keyFile, 0o600)
    const open = await run({ ...keyed, cardPinFile: secret('open', '4921', 0o604) })
    expect(open).toMatchObject({ code: 2 })
    const none = await run({ ...keyed, cardPinFile: secret('no-pin', 'abcd') })
    expect(none.stderr).toBe('--card-pin-file: PIN: 4 to 12 digits expected\n')
    expect(peer.heard).toEqual([])
  })

  it('refuses a key file that is none', async () => {
    const { run, keyed } = keyedShop('aes')
    const keyFile = secret('wrong.key', 'scheme aes\nkey 00\n')
    const wrong = await run({ action: 'logon', ...keyed, keyFile })
    expect(wrong).toMatchObject({
      code: 2,
      stderr: '--key-file: key file: line 2 is not understood\n',
    })
  })

  it('says when a logon is refused, and when the clock is wrong', async () => {
    const { peer, keys, run, keyed } = keyedShop('tdes')
    const { script } = peer
    peer.script = () => ({ 39: '58', ...NO_MAC })
    expect(await run({ action: 'logon', ...keyed })).toMatchObject({
      ...{ code: 1, stderr: 'refused with 58\n' },
    })
    peer.script = () => ({ 12: '120000', 39: '00', 62: keys.logon(), ...NO_MAC })
    const off = await run({ action: 'logon', ...keyed, json: true })
    expect(off.code).toBe(0)
    expect(JSON.parse(off.stdout)).toEqual({ action: 'logon', kind: 'logged-on' })
    expect(off.stderr).toContain('minutes behind that of the switch')
    peer.script = script
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

  it('inquires about the sale that is open, before the last that was sold', async () => {
    const { peer, run } = shop(SHOP)
    await run({})
    peer.script = () => 'silence'
    await run({})
    expect(await run({ action: 'inquire' })).toMatchObject({ code: 1 })
    const asked = peer.heard.at(-1)?.fields[48]
    const { open } = JSON.parse(readFileSync(join(folder, 'pos.json'), 'utf8'))
    expect(asked).toBe(`${open.stan}${open.time}${open.date}`)
  })

  it('says which sale the answer is about, the last one or one that was named', async () => {
    const { peer, run } = shop(SHOP)
    await run({})
    const last = await run({ action: 'inquire' })
    expect(last.stdout).toMatch(
      /^trace 000002 of 11\/22 09:14:30: the sale was answered 00, RRN 632609000001\n$/,
    )
    const named = { stan: '۰۰۰۰۰۹', time: '۱۰۱۱۱۲', date: '۱۱۲۱' }
    const asked = await run({ action: 'inquire', json: true, ...named })
    expect(JSON.parse(asked.stdout)).toMatchObject({
      ...{ kind: 'answered', sale: { stan: '000009', time: '101112', date: '1121' } },
    })
    expect(peer.heard.at(-1)?.fields[48]).toBe('0000091011121121')
    peer.script = () => 'silence'
    expect((await run({ action: 'inquire' })).stderr).toMatch(/^trace 000002 of .*: no answer: /)
  })

  it.each<[Partial<PosOptions>, string]>([
    [{ stan: '000001' }, '--time and --date: expected too'],
    [{ time: '101112', date: '1121' }, '--stan: expected too'],
    [{ stan: '000001', time: '101112' }, '--date: expected too'],
    [{ stan: '1', time: '101112', date: '1121' }, '--stan: six digits'],
    [{ stan: '000001', time: '251112', date: '1121' }, '--time: hhmmss'],
    [{ stan: '000001', time: '101112', date: '2111' }, '--date: MMDD'],
  ])('asks about no other sale when it was told %j', async (options, text) => {
    const { peer, run } = shop(SHOP)
    await run({})
    const { code, stderr } = await run({ action: 'inquire', ...options })
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)])
    expect(peer.mtis).toEqual(['0800', '0200', '0220'])
  })

  it('has nothing in doubt where only a confirmation is owed', async () => {
    const { run } = shop((heard, index) => {
      return heard.mti.startsWith('022') ? 'silence' : SHOP(heard, index)
    })
    expect(await run({})).toMatchObject({ code: 0 })
    const pending = await run({ action: 'pending' })
    expect(pending).toMatchObject({ code: 0, stderr: '' })
    expect(pending.stdout).toContain('confirmations owed: 1\n')
  })

  it.each([
    ['10', [10_000, 10_000]],
    ['45', [15_000, 15_000]],
  ])(
    'with --timeout %s keeps the customer waiting for a confirmation no longer',
    async (timeout, waits) => {
      const { peer, run } = shop((heard, index) => {
        return heard.mti.startsWith('022') ? 'silence' : SHOP(heard, index)
      })
      await run({ timeout })
      await run({ action: 'reverse', timeout })
      const at = peer.heard.filter(({ mti }) => mti.startsWith('022')).map(({ atMs }) => atMs)
      expect(at.slice(1).map((ms, index) => ms - (at[index] ?? 0))).toEqual(waits)
    },
  )

  it('lists the catalogue', async () => {
    const { run } = shop(SHOP)
    const { code, stdout } = await run({ action: 'initialise' })
    expect(code).toBe(0)
    expect(stdout).toBe('catalogue 0012\n091905 50000 MCI 50,000\n')
  })
})
