// The terminal with keys against the real gateway with its key desk: one sale from logon to reprint
// in both schemes. What passes between them is bytes.

import { afterEach, describe, expect, it } from 'vitest'
import { TerminalEngine } from '../../pos-terminal/engine.ts'
import { KeyedTerminal } from '../../pos-terminal/keyed-terminal.ts'
import type { Connect } from '../../pos-terminal/line.ts'
import { MemoryStore } from '../../pos-terminal/store.ts'
import type { VoucherSlip } from '../../pos-terminal/terminal.ts'
import type { Channel } from '../../protocol/link/channel.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import type { KeyScheme } from '../../protocol/security/security-module.ts'
import { CardPin } from '../../protocol/values/card.ts'
import { Pan } from '../../protocol/values/pan.ts'
import type { Debit } from '../../switch/core/card-host.ts'
import { KeyDesk } from '../../terminal-gateway/key-desk.ts'
import { openSession } from '../../terminal-gateway/session.ts'
import { good, keyIn, newModule } from '../protocol/security/test-module.ts'
import { Story } from '../switch/core/story-world.ts'
import { StoredInMemory } from '../terminal-gateway/stored-keys.ts'
import { CARD, ORDER, SETTINGS } from './scripted-switch.ts'

const TMK = { tdes: 'B0D02CE325768F75F7D007A29E108CCE', aes: '463708B982D0FC4FD840749EA0068018' }
const OWNER = 'terminal/1'

let shop: Shop | undefined
afterEach(() => shop?.story.database.close())

/** A registered terminal with keys, the gateway, and the wire between them. */
class Shop {
  readonly story: Story
  readonly scheme: KeyScheme
  readonly module = newModule()
  readonly stored = new StoredInMemory()
  readonly store = new MemoryStore(SETTINGS.terminalId, SETTINGS.merchantId)
  readonly slips: VoucherSlip[] = []
  /** MTI and code of every answer, those that were lost too. */
  readonly answers: string[] = []
  readonly frames: Buffer[] = []
  readonly debits: Debit[] = []
  readonly alarms: string[] = []
  /** Loses the answer. */
  loses: (mti: string) => boolean = () => false
  /** Changes the answer on its way. */
  bends: (body: Buffer) => Buffer = (body) => body
  desk: KeyDesk
  engine: TerminalEngine

  private constructor(story: Story, scheme: KeyScheme) {
    this.story = story
    this.scheme = scheme
    const update = story.database.prepare('update terminal set scheme = ? where id = 1')
    update.run(scheme)
    this.stored.putMaster(this.module, OWNER, keyIn(this.module, 'master', scheme, TMK[scheme]))
    const { cardHost } = story.book
    story.change({
      cardHost: {
        prepare: () => cardHost.prepare(),
        debit: (debit) => {
          this.debits.push(debit)
          return cardHost.debit(debit)
        },
        reverse: (reversal, repeat) => cardHost.reverse(reversal, repeat),
        reversalTrace: (trace) => cardHost.reversalTrace(trace),
        forget: (trace) => cardHost.forget(trace),
        ready: (link) => cardHost.ready(link),
      },
    })
    this.desk = this.openDesk()
    this.engine = this.power()
  }

  static async open(scheme: KeyScheme): Promise<Shop> {
    shop = new Shop(await Story.begin(), scheme)
    return shop
  }

  /** A desk that knows what is stored. */
  openDesk(): KeyDesk {
    const { module, stored } = this
    const alarm = (what: string) => this.alarms.push(what)
    return new KeyDesk({ module, store: stored, ownersMost: 10, unusedMost: 5, alarm })
  }

  /** A terminal process that starts on its state file. */
  power(): TerminalEngine {
    const module = newModule()
    const master = keyIn(module, 'master', this.scheme, TMK[this.scheme])
    const print = async (slip: VoucherSlip) => {
      this.slips.push(slip)
      return 'out' as const
    }
    return new TerminalEngine({
      settings: { ...SETTINGS, serialNumber: 'PX7-0099812' },
      timers: this.story.time,
      connect: this.#connect,
      store: this.store,
      printer: { status: () => 'ready', print },
      tpdu: Buffer.from('6000010002', 'hex'),
      keys: new KeyedTerminal(module, master, this.store),
    })
  }

  do<Result>(run: (engine: TerminalEngine) => Promise<Result>): Promise<Result> {
    return this.story.wait(run(this.engine), 1_000_000)
  }

  shown(slip: number): string[] {
    const { vouchers = [] } = this.slips[slip] ?? {}
    return vouchers.map(({ voucherPin }) => voucherPin.reveal())
  }

  readonly #connect: Connect = async (handlers) => {
    const { running } = this.story
    const listener = { ...running.listener, keys: this.scheme, insecure: false }
    let open = true
    const channel: Channel = {
      ...{ id: 1, remote: 'test:1', open: true, dropped: () => undefined },
      send: (bytes, tpdu, written) => {
        const body = Buffer.from(bytes)
        const answer = decode(DIALECTS.iso87binary, body)
        if (answer.kind === 'rejected') throw new Error(answer.reason)
        this.answers.push(`${answer.mti} ${answer.get(39)}`)
        this.frames.push(body)
        const lost = this.loses(answer.mti)
        written?.(!lost)
        if (!lost && open) handlers.frame(this.bends(body), tpdu)
        return true
      },
      close: (reason) => handlers.closed(reason),
    }
    const gateway = { ...running.gateway, keyDesk: this.desk }
    const session = openSession(gateway, listener, channel)
    const near = {
      open: true,
      send: (body: Buffer, tpdu?: Buffer) => {
        this.frames.push(Buffer.from(body))
        session.frame(body, tpdu)
        return true
      },
      close: () => {
        open = false
        near.open = false
      },
    }
    return { kind: 'connected', channel: near }
  }
}

describe.each(['tdes', 'aes'] as const)('terminal and gateway with keys of scheme %s', (scheme) => {
  it('log on, sell with a PIN, confirm, inquire and reprint across a logon', async () => {
    const here = await Shop.open(scheme)
    const { slips, answers, debits, frames, module, stored } = here
    const cardPin = good(CardPin.parse('4921'))
    const sold = await here.do((engine) => engine.sell({ ...ORDER, cardPin }))
    expect(sold).toMatchObject({ kind: 'sold', confirmed: 'yes' })
    expect(answers).toEqual(['0810 00', '0210 00', '0230 00'])
    const [known] = here.shown(0)
    expect([...here.story.stocked.pins.values()]).toContain(known)
    // The PIN came through under the terminal's PIN key, and no voucher PIN passed in clear.
    const entered = debits[0]?.card.enteredPin
    if (entered === undefined) throw new Error('no PIN reached the card host')
    const opened = module.decipherPin(
      entered.key,
      entered.block,
      good(Pan.parse('6037990000000014')),
    )
    expect(good(opened).reveal()).toBe('4921')
    for (const frame of frames) expect(frame.toString('latin1')).not.toContain(known)

    if (sold.kind !== 'sold') throw new Error('not sold')
    const asked = await here.do((engine) => engine.inquire(sold.sale))
    expect(asked).toMatchObject({ kind: 'answered', responseCode: '00' })
    const inquired = asked.kind === 'answered' ? asked.vouchers : []
    expect(inquired.map(({ voucherPin }) => voucherPin.reveal())).toEqual([known])

    const before = stored.find(OWNER).active?.generation
    expect(await here.do((engine) => engine.logOn())).toEqual({ kind: 'logged-on' })
    expect(await here.do((engine) => engine.reprint(CARD))).toMatchObject({ kind: 'reprinted' })
    expect(here.shown(1)).toEqual([known])
    expect(stored.find(OWNER).active?.generation).toBe((before ?? 0) + 1)
    expect(slips).toHaveLength(2)
  })

  it('repeat a sale whose answer was lost: the same voucher, one debit', async () => {
    const here = await Shop.open(scheme)
    let lost = 0
    here.loses = (mti) => mti === '0210' && lost++ === 0
    const cardPin = good(CardPin.parse('4921'))
    expect(await here.do((engine) => engine.sell({ ...ORDER, cardPin }))).toMatchObject({
      kind: 'sold',
    })
    expect(here.answers).toEqual(['0810 00', '0210 00', '0210 00', '0230 00'])
    expect(here.debits).toHaveLength(1)
    expect(here.slips).toHaveLength(1)
  })

  it('keep their keys over a restart of both', async () => {
    const here = await Shop.open(scheme)
    await here.do((engine) => engine.logOn())
    here.engine = here.power()
    here.desk = here.openDesk()
    expect(await here.do((engine) => engine.sell(ORDER))).toMatchObject({ kind: 'sold' })
    expect(here.answers).toEqual(['0810 00', '0210 00', '0230 00'])
    here.engine = here.power()
    here.desk = here.openDesk()
    expect(await here.do((engine) => engine.echo())).toMatchObject({ responseCode: '00' })
    expect(here.alarms).toEqual([])
  })

  it('reverse a sale whose answers have a wrong MAC', async () => {
    const here = await Shop.open(scheme)
    here.bends = (body) => {
      if (decode(DIALECTS.iso87binary, body).mti !== '0210') return body
      const bent = Buffer.from(body)
      bent[bent.length - 1] = (bent[bent.length - 1] ?? 0) ^ 1
      return bent
    }
    expect(await here.do((engine) => engine.sell(ORDER))).toMatchObject({ kind: 'reversed' })
    expect(here.answers).toEqual(['0810 00', '0210 00', '0210 00', '0410 00'])
    await here.story.time.run(60_000)
    expect(here.story.netDebits()).toBe(0)
    expect(here.slips).toEqual([])
  })

  it('log on anew and reverse a sale that met keys of somebody else, then sell', async () => {
    const here = await Shop.open(scheme)
    await here.do((engine) => engine.logOn())
    // Somebody asks for a logon in the terminal's name: its pending keys are replaced.
    const transmission = '1122060000'
    const other = {
      scheme,
      stan: '000001',
      transmission,
      serialNumber: 'PX7-0099812',
      masked: 'PX7-0099812',
    }
    await here.desk.logon(OWNER, other)
    const first = await here.do((engine) => engine.sell(ORDER))
    expect(first).toEqual({ kind: 'reversed', responseCode: null })
    expect(here.answers).toEqual(['0810 00', '0210 63', '0810 00', '0410 00'])
    expect(here.debits).toEqual([])
    expect(await here.do((engine) => engine.sell(ORDER))).toMatchObject({ kind: 'sold' })
  })

  it('log on anew and reverse a sale when the switch has lost the keys', async () => {
    const here = await Shop.open(scheme)
    await here.do((engine) => engine.echo())
    const stored = new StoredInMemory()
    stored.putMaster(here.module, OWNER, keyIn(here.module, 'master', scheme, TMK[scheme]))
    const { module } = here
    here.desk = new KeyDesk({
      module,
      store: stored,
      ownersMost: 10,
      unusedMost: 5,
      alarm: () => undefined,
    })
    here.engine = here.power()
    expect(await here.do((engine) => engine.sell(ORDER))).toMatchObject({ kind: 'reversed' })
    expect(here.answers.slice(2)).toEqual(['0210 97', '0810 00', '0410 00'])
  })

  it('do not log on with another serial number', async () => {
    const here = await Shop.open(scheme)
    await here.do((engine) => engine.echo())
    const { module } = here
    here.desk.changed(OWNER)
    const master = module.generate('master', scheme)
    here.stored.putMaster(module, OWNER, master)
    expect(await here.do((engine) => engine.logOn())).toEqual({
      ...{ kind: 'no-answer', reason: 'its keys do not open under the master key' },
    })
    const other = {
      scheme,
      stan: '000001',
      transmission: '1122060000',
      serialNumber: 'PX7-0000000',
      masked: 'PX7-0000000',
    }
    expect(await here.desk.logon(OWNER, other)).toEqual({ kind: 'other-serial-number' })
  })
})
