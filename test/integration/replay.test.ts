// Recording and replaying as they are used: terminals sell at a real switch that records, what it
// recorded is played against another, with other terminals and keys, and the audit is clean; and
// against a switch that sells a voucher twice it is not.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TerminalEngine } from '../../pos-terminal/engine.ts'
import { swapTpdu } from '../../protocol/link/framing.ts'
import { listen } from '../../protocol/link/listener.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import { replyMti } from '../../protocol/message/mti.ts'
import { CardPin, Track2 } from '../../protocol/values/card.ts'
import { parseProductId } from '../../protocol/values/identifiers.ts'
import { toRial } from '../../protocol/values/rial.ts'
import { runReplay } from '../../replay/command.ts'
import type { Report } from '../../replay/report.ts'
import { sure } from '../pos-terminal/scripted-switch.ts'
import { ReplayShop } from './replay-shop.ts'

const CARD = '6037991122334455'.slice(0, 15)
const PLAIN_TID = '41000001'
const KEYED_TID = '42000002'
const MID = '000000000777001'
const CARD_PIN = '739184'

const folder = mkdtempSync(join(tmpdir(), 'evs-replayed-'))
let recorded: ReplayShop
let declined: string
let fresh: ReplayShop

/** A card whose number is found nowhere by chance. */
const pan = [...'0123456789'].map((digit) => CARD + digit).find(isLuhn) ?? ''
const track = `${pan}=29121015550001234567`

beforeAll(async () => {
  const at = { mid: MID, plain: [PLAIN_TID], keyed: [KEYED_TID] }
  recorded = await ReplayShop.open({ ...at, isRecorded: true })
  const keyed = ['51000001', '51000002']
  fresh = await ReplayShop.open({ mid: '000000000888001', plain: [], keyed, isRecorded: false })
})
afterAll(async () => {
  await recorded?.close()
  await fresh?.close()
  rmSync(folder, { recursive: true })
})

const order = {
  ...{ product: sure(parseProductId('093205')), productName: null, count: 1 },
  ...{
    amountRial: toRial(50_000),
    card: { kind: 'track2', track2: sure(Track2.parse(track)) } as const,
  },
}

async function play(files: readonly string[], port: number, list: string) {
  const terminals = join(folder, 'terminals.csv')
  writeFileSync(terminals, list)
  const told = { stdout: '', stderr: '' }
  const out = {
    stdout: (text: string) => {
      told.stdout += text
    },
    stderr: (text: string) => {
      told.stderr += text
    },
    isTTY: false,
  }
  const options = { port: String(port), terminals, speed: '50', timeout: '10', json: true }
  const code = await runReplay(files, options, { out, interrupted: new Promise(() => undefined) })
  return { code, ...told, report: JSON.parse(told.stdout || '{}') as Report }
}

describe('a recording of a real switch', () => {
  it('is made while terminals sell, reverse, ask and close their day', async () => {
    const [plain, keyed] = [recorded.terminal(PLAIN_TID), recorded.terminal(KEYED_TID)]
    const first = await plain.sell(order)
    expect(first.kind).toBe('sold')
    await plain.reprint(order.card)
    recorded.prints = ['none']
    expect((await plain.sell(order)).kind).toBe('reversed')
    expect((await keyed.sell({ ...order, count: 2, amountRial: toRial(100_000) })).kind).toBe(
      'sold',
    )
    const cardPin = sure(CardPin.parse(CARD_PIN))
    const withPin = await keyed.sell({ ...order, cardPin })
    // The link to this card host has no zone keys under which a PIN could travel.
    expect(withPin.kind).toBe('declined')
    declined = withPin.kind === 'declined' ? withPin.responseCode : ''
    await inquireLast(plain)
    expect((await plain.endOfDay()).kind).toBe('closed')
    expect((await keyed.endOfDay()).kind).toBe('closed')
    await recorded.stopSwitch()
    const done = doneIn(recorded.recordings().text)
    expect(done.filter((what) => what === 'sale')).toHaveLength(4)
    expect(new Set(done)).toEqual(
      new Set([
        ...['open', 'close', 'sale', 'confirmation', 'reversal', 'reprint', 'inquiry'],
        ...['end-of-day', 'logon'],
      ]),
    )
  })

  it('has no card, no PIN of card or voucher, no key and no number of who it was', () => {
    const { text } = recorded.recordings()
    const secrets = [
      ...[pan, track, CARD_PIN, pan.slice(-4), '15550001234567', '71000000000000'],
      ...[PLAIN_TID, KEYED_TID, MID, `TEST-${KEYED_TID}`],
    ]
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
  })

  it('is played against another switch, with terminals and keys of its own', async () => {
    const { files } = recorded.recordings()
    const rows = ['51000001', '51000002'].map((tid) => {
      return `${tid},000000000888001,aes,${fresh.keyFile(tid)}`
    })
    const list = `tid,mid,scheme,keyFile\n${rows.join('\n')}\n`
    const { code, report, stderr } = await play(files, fresh.port('aes'), list)
    expect([code, stderr, report.findings]).toEqual([0, '', []])
    expect(report.sales).toMatchObject({ sent: 4, reversed: 1, unanswered: 0, notSent: 0 })
    expect([report.sales.sold, report.sales.declined]).toEqual([2, { [declined]: 1 }])
    expect(report.tallies).toMatchObject({ 'ends of day closed': 2, 'reversals accepted': 1 })
    // Every balance is what the switch says it sold: its own books agree with the audit.
    const spent = fresh.host.balances().reduce((sum, { balanceRial }) => {
      return sum + 900_000_000 - balanceRial
    }, 0)
    expect(spent).toBe(report.sales.soldRial)
  })
})

it('a switch that sells one voucher to two sales fails the audit', async () => {
  const liar = await listen({
    ...{ host: '127.0.0.1', port: 0, timers: systemTimers, onError: () => undefined },
    framing: { length: 'binary2', lengthIncludesItself: false, tpdu: true, maxFrameBytes: 4_096 },
    limits: { firstFrameMs: 5_000, frameMs: 5_000, idleMs: 5_000, writeCapBytes: 65_536 },
    maxConnections: 10,
    tls: undefined,
    onDropped: () => undefined,
    onRefused: () => undefined,
    onChannel: (channel) => ({
      frame: (body, tpdu) => channel.send(lie(body), tpdu && swapTpdu(tpdu)),
      closed: () => undefined,
    }),
  })
  const { files } = recorded.recordings()
  const list = `tid,mid,scheme\n51000001,888001,none\n51000002,888001,none\n`
  const { code, report } = await play(files, liar.port, list)
  await liar.closeAll('done')
  await liar.stop()
  expect(code).toBe(1)
  expect(report.ok).toBe(false)
  expect(report.findings.map(({ fault }) => fault)).toContain('a voucher was given to two sales')
})

it('a damaged file is told, after the audit of what came before', async () => {
  const { text } = recorded.recordings()
  const file = join(folder, 'damaged.ndjson')
  const lines = text.trimEnd().split('\n')
  writeFileSync(file, `${lines.slice(0, 4).join('\n')}\nwhat\n`)
  const list = 'tid,mid,scheme,keyFile\n'
  const row = `51000001,000000000888001,aes,${fresh.keyFile('51000001')}\n`
  const { code, report, stderr } = await play([file], fresh.port('aes'), list + row)
  expect([code, stderr]).toEqual([1, expect.stringContaining('damaged.ndjson, line 5')])
  expect(report).toMatchObject({ ok: true, interrupted: true, sales: { sent: 1, sold: 1 } })
})

it('a switch that is not there is told with exit code 4', async () => {
  const { files } = recorded.recordings()
  const list = `tid,mid,scheme\n51000001,888001,none\n51000002,888001,none\n`
  const { code, report } = await play(files, 1, list)
  expect(code).toBe(4)
  expect(report.sales).toMatchObject({ sent: 0, notSent: 4 })
})

let lies = 0

function lie(body: Buffer): Buffer {
  const message = decode(DIALECTS.iso87binary, body)
  if (message.kind === 'rejected') throw new Error(message.reason)
  const fields: Fields = { 37: String(632_600_000_000 + ++lies), 39: '00' }
  for (const de of [3, 4, 7, 11, 12, 13, 24, 25, 41, 42, 48, 49]) {
    if (message.has(de)) fields[de] = message.get(de) ?? ''
  }
  if (message.mti.startsWith('020')) {
    const count = (message.get(48) ?? '').slice(-2)
    fields[62] = `${count}0716${'SN000017100000000000016'.repeat(Number(count))}`
  }
  return encode(DIALECTS.iso87binary, replyMti(message.mti), fields)
}

async function inquireLast(engine: TerminalEngine): Promise<void> {
  const { lastSale } = engine.state
  if (lastSale !== null) await engine.inquire(lastSale)
}

function doneIn(text: string): string[] {
  const lines = text.trimEnd().split('\n')
  return lines.flatMap((line) => /"do":"([a-z-]+)"/.exec(line)?.[1] ?? [])
}

function isLuhn(number: string): boolean {
  const sum = [...number].reverse().reduce((all, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 1 : 2)
    return all + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
