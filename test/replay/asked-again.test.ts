// A sale that has ended, asked for again by a terminal with keys against the real gateway: under
// the keys of its sale a repeat is sent and compared, and across a logon none is.

import { afterEach, describe, expect, it } from 'vitest'
import { KeyedTerminal } from '../../pos-terminal/keyed-terminal.ts'
import { type Connect, Line } from '../../pos-terminal/line.ts'
import { logOn } from '../../pos-terminal/logon.ts'
import { requestSale } from '../../pos-terminal/sell.ts'
import { MemoryStore } from '../../pos-terminal/store.ts'
import type { Terminal } from '../../pos-terminal/terminal.ts'
import type { Channel } from '../../protocol/link/channel.ts'
import { repeatEnded } from '../../replay/asked-again.ts'
import { Ledger } from '../../replay/ledger.ts'
import { openSession } from '../../terminal-gateway/session.ts'
import { CARD, ORDER, SETTINGS } from '../pos-terminal/scripted-switch.ts'
import { keyIn, newModule } from '../protocol/security/test-module.ts'
import { KeyedDesk, MASTER } from '../terminal-gateway/keyed-desk.ts'

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
    printer: { status: () => 'ready', print: async () => true },
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
    const ended = {
      ...{ t: 1, n: 1, name: ledger.begin('10000001', sale.stan, sale.amountRial), sale, fields },
      session: terminal.store.state.session?.transmission,
      end: { kind: 'sold', rrn: verdict.rrn, serials } as const,
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
