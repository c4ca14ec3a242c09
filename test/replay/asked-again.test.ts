// A sale that has ended, asked for again: what a scripted switch may say then, and what is found;
// and a terminal with keys against the real gateway: under the keys of its sale a repeat is sent
// and compared, and across a logon none is.

import { afterEach, describe, expect, it } from 'vitest'
import { KeyedTerminal } from '../../pos-terminal/keyed-terminal.ts'
import { type Connect, Line } from '../../pos-terminal/line.ts'
import { logOn } from '../../pos-terminal/logon.ts'
import { requestSale } from '../../pos-terminal/sell.ts'
import { MemoryStore } from '../../pos-terminal/store.ts'
import type { Terminal } from '../../pos-terminal/terminal.ts'
import type { Channel } from '../../protocol/link/channel.ts'
import type { Fields } from '../../protocol/message/encode.ts'
import { repeatEnded } from '../../replay/asked-again.ts'
import { Ledger } from '../../replay/ledger.ts'
import { openSession } from '../../terminal-gateway/session.ts'
import { CARD, ORDER, SETTINGS } from '../pos-terminal/scripted-switch.ts'
import { keyIn, newModule } from '../protocol/security/test-module.ts'
import { KeyedDesk, MASTER } from '../terminal-gateway/keyed-desk.ts'
import { about, played, sale, selling } from './played-fleet.ts'

let keyed: KeyedDesk | undefined
afterEach(() => keyed?.desk.story.database.close())

/** A terminal on a line to the gateway of a shop, and the messages that the gateway took. */
async function shop() {
  keyed = await KeyedDesk.open('aes')
  const { story, gateway, listener, counted } = keyed.desk
  const connect: Connect = async (handlers) => {
    const channel: Channel = {
      ...{ id: 1, remote: 'test:1', open: true, dropped: () => undefined },
      send: (body, tpdu, written) => {
        handlers.frame(Buffer.from(body), tpdu)
        written?.(true)
        return true
      },
      close: (reason) => handlers.closed(reason),
    }
    const session = openSession(gateway, listener, channel)
    const send = (body: Buffer, tpdu?: Buffer) => {
      session.frame(Buffer.from(body), tpdu)
      return true
    }
    return { kind: 'connected', channel: { open: true, send, close: () => undefined } }
  }
  const module = newModule()
  const store = new MemoryStore(SETTINGS.terminalId, SETTINGS.merchantId)
  const terminal: Terminal = {
    settings: { ...SETTINGS, serialNumber: 'PX7' },
    ...{
      timers: story.time,
      store,
      line: new Line({ connect, timers: story.time, tpdu: undefined }),
    },
    keys: new KeyedTerminal(module, keyIn(module, 'master', 'aes', MASTER), store),
    printer: { status: () => 'ready', print: async () => 'out' },
    warn: () => undefined,
  }
  const taken = (mti: string) => counted.filter((what) => what === `messages: ${mti}`).length
  return { story, terminal, taken }
}

describe('a repeat of a sale that has ended', () => {
  it('is sent under the keys of its sale, and not across a logon', async () => {
    const { story, terminal, taken } = await shop()
    const requested = await story.wait(requestSale(terminal, { ...ORDER, card: CARD }))
    if (requested.kind !== 'requested') throw new Error(requested.reason)
    const { sale, fields, verdict } = requested
    if (verdict.kind !== 'approved') throw new Error(verdict.kind)
    const ledger = new Ledger()
    const serials = verdict.vouchers.map(({ serial }) => serial)
    const begun = { stan: sale.stan, product: sale.product, rial: sale.amountRial }
    const end = { kind: 'sold', rrn: verdict.rrn, serials } as const
    const ended = {
      ...{ t: 1, n: 1, name: ledger.begin({ tid: '10000001', ...begun }), sale, fields },
      session: terminal.store.state.session?.transmission,
      ...{ end, sold: end, isConfirmed: false },
    }
    expect(await story.wait(repeatEnded(terminal, ledger, ended))).toBe(true)
    expect(taken('0201')).toBe(1)
    await story.time.run(60_000)
    expect((await story.wait(logOn(terminal))).kind).toBe('logged-on')
    expect(await story.wait(repeatEnded(terminal, ledger, ended))).toBe(false)
    expect(taken('0201')).toBe(1)
    expect(Object.fromEntries(ledger.tallies)).toEqual({
      'repeats answered as their sale': 1,
      'records that had nothing left to do': 1,
    })
    expect(ledger.findings).toEqual([])
  })
})

type Ended = 'declined' | 'reversed' | 'unseen' | 'sold' | 'confirmed'
type Question = 'repeat' | 'inquiry'

const RRN = '632600000001'
const GOODS = '010716SN000017100000000000016'
const OTHERS = '010716SN000027100000000000016'
const TOLD = { 4: '000000050000', 37: RRN, 38: '004711', 39: '00', 62: GOODS }
const OTHERWISE: Readonly<Record<Question, string>> = {
  repeat: 'a repeat was answered otherwise than its sale',
  inquiry: 'an inquiry was answered otherwise than its sale',
}

/** The faults when a sale that has ended so is asked for so, and answered with these fields. */
async function asked(end: Ended, question: Question, answer: Fields) {
  const sells = selling()
  const before = {
    ...{ declined: [], sold: [], unseen: [] },
    ...{ reversed: [about(4_000, 'reversal')], confirmed: [about(4_000, 'confirmation')] },
  }
  const mti = question === 'repeat' ? '0201' : '0100'
  let isOver = false
  const { faults, peer } = await played({
    records: [sale(0), ...before[end], about(150_000, question)],
    script: (heard, index) => {
      if (heard.atMs >= 150_000 && heard.mti === mti) {
        isOver = true
        return answer
      }
      if (!heard.mti.startsWith('020')) return sells(heard, index)
      if (end === 'unseen') return 'silence'
      return end === 'declined' ? { 37: RRN, 39: '51' } : sells(heard, index)
    },
  })
  expect([isOver, peer.mtis.at(-1)]).toEqual([true, mti])
  return faults
}

describe('a sale that has ended, asked for again', () => {
  it.each<[Ended, Question, string, Fields]>([
    ['sold', 'repeat', 'told as before', TOLD],
    ['sold', 'inquiry', 'told as before', TOLD],
    ['confirmed', 'repeat', 'told without its voucher', { ...TOLD, 62: '' }],
    ['confirmed', 'inquiry', 'told without its voucher', { ...TOLD, 62: '' }],
    ['sold', 'inquiry', 'worked on', { 39: '09' }],
    ['sold', 'inquiry', 'not looked for', { 39: '96' }],
    ['declined', 'repeat', 'declined as before', { 37: RRN, 39: '51' }],
    ['declined', 'inquiry', 'declined as before', { 37: RRN, 39: '51' }],
    ['declined', 'inquiry', 'not known', { 37: '', 39: '25' }],
    ['reversed', 'repeat', 'reversed', { 37: RRN, 39: '94' }],
    ['reversed', 'inquiry', 'reversed', { 37: RRN, 39: '94' }],
    ['unseen', 'repeat', 'reversed', { 37: '', 39: '94' }],
    ['unseen', 'inquiry', 'reversed', { 37: '', 39: '94' }],
    ['unseen', 'inquiry', 'not known', { 37: '', 39: '25' }],
    ['unseen', 'inquiry', 'declined', { 39: '51' }],
  ])('when %s, may at its %s be %s', async (end, question, _, answer) => {
    expect(await asked(end, question, answer)).toEqual([])
  })

  it.each<[Ended, Question, string, Fields]>([
    ['sold', 'repeat', 'told without its voucher', { ...TOLD, 62: '' }],
    ['sold', 'repeat', 'told unreadably', { ...TOLD, 62: GOODS.slice(1) }],
    ['sold', 'inquiry', 'told without its voucher', { ...TOLD, 62: '' }],
    ['sold', 'inquiry', 'told with another voucher', { ...TOLD, 62: OTHERS }],
    ['sold', 'inquiry', 'told with another RRN', { ...TOLD, 37: '632600000009' }],
    ['sold', 'inquiry', 'told with another amount', { ...TOLD, 4: '000000060000' }],
    ['sold', 'inquiry', 'declined', { 39: '51' }],
    ['confirmed', 'repeat', 'told unreadably', { ...TOLD, 62: GOODS.slice(1) }],
    ['confirmed', 'inquiry', 'told unreadably', { ...TOLD, 62: GOODS.slice(1) }],
    ['confirmed', 'inquiry', 'told with another voucher', { ...TOLD, 62: OTHERS }],
    ['declined', 'repeat', 'declined with another RRN', { 37: '632600000009', 39: '51' }],
    ['declined', 'repeat', 'declined with a voucher', { 37: RRN, 39: '51', 62: GOODS }],
    ['declined', 'inquiry', 'sold', TOLD],
    ['declined', 'inquiry', 'sold without a voucher', { ...TOLD, 62: '' }],
    ['declined', 'inquiry', 'declined otherwise', { 39: '61' }],
    ['reversed', 'repeat', 'reversed with a voucher', { 39: '94', 62: GOODS }],
    ['reversed', 'inquiry', 'sold', TOLD],
    ['reversed', 'inquiry', 'sold without a voucher', { ...TOLD, 62: '' }],
    ['reversed', 'inquiry', 'not known', { 39: '25' }],
    ['unseen', 'inquiry', 'sold', TOLD],
  ])('when %s, and at its %s %s, is found', async (end, question, _, answer) => {
    expect(await asked(end, question, answer)).toEqual([OTHERWISE[question]])
  })
})

describe('a sale that stands after its reversal was refused', () => {
  /** A sale of the traffic and its reversal; the answer to the inquiry after it. */
  const refused = (isSeen: boolean, isConfirmed: boolean, answer: Fields) => {
    const sells = selling()
    const confirmation = isConfirmed ? [about(2_000, 'confirmation')] : []
    return played({
      records: [sale(0), ...confirmation, ...(isSeen ? [about(4_000, 'reversal')] : [])],
      script: (heard, index) => {
        if (heard.mti.startsWith('020') && !isSeen) return 'silence'
        if (heard.mti.startsWith('04')) return { 39: '61' }
        return heard.mti === '0100' ? answer : sells(heard, index)
      },
    })
  }

  it.each<[string, boolean, Fields, string]>([
    ['with another RRN', true, { ...TOLD, 37: '632600000009' }, OTHERWISE.inquiry],
    ['with another voucher', true, { ...TOLD, 62: OTHERS }, OTHERWISE.inquiry],
    ['without its voucher', true, { ...TOLD, 62: '' }, OTHERWISE.inquiry],
    ['and never told a voucher', false, { ...TOLD, 62: '' }, 'sold without its vouchers'],
  ])('%s is found', async (_, isSeen, answer, fault) => {
    expect((await refused(isSeen, false, answer)).faults).toEqual([fault])
  })

  it.each([
    ['that nobody can read', '010716SN'],
    ['of which one is missing', `020716${GOODS.slice(6)}`],
  ])('and was confirmed, with vouchers %s, is found', async (_, goods) => {
    const { faults } = await refused(true, true, { ...TOLD, 62: goods })
    expect(faults).toEqual([OTHERWISE.inquiry])
  })

  it('keeps the vouchers that it had when it was confirmed and they are told no more', async () => {
    const { faults, ledger } = await refused(true, true, { ...TOLD, 62: '' })
    expect([faults, ledger.sold, ledger.vouchers]).toEqual([[], 1, 1])
  })
})
