// What the tests of the card gateway share: a sale and its reversal as the golden messages have
// them, a gateway with short times against the simulated card host, and a bare host that says what
// it likes.

import { CardGateway } from '../../card-gateway/gateway.ts'
import type { HostProfile } from '../../card-gateway/profile.ts'
import type {
  CardHostSettings,
  GatewayLimits,
  GatewayTimeouts,
} from '../../card-gateway/settings.ts'
import type { ZoneKeyPorts } from '../../card-gateway/zone-set.ts'
import type { CardHost } from '../../card-host/host.ts'
import type { CardHostOptions } from '../../card-host/host-options.ts'
import type { Channel } from '../../protocol/link/channel.ts'
import { DIALED_LIMITS } from '../../protocol/link/channel-limits.ts'
import { dial } from '../../protocol/link/dialer.ts'
import { type Listener, listen } from '../../protocol/link/listener.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import { encodeWithMac } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { Key, SecurityModule } from '../../protocol/security/security-module.ts'
import { Track2 } from '../../protocol/values/card.ts'
import type {
  MerchantId,
  ProductId,
  Rrn,
  Stan,
  TerminalId,
} from '../../protocol/values/identifiers.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { isReason, type Reason } from '../../protocol/values/reason.ts'
import { toRial } from '../../protocol/values/rial.ts'
import type { Debit } from '../../switch/core/card-host.ts'
import { Counter, StanSource } from '../../switch/core/counters.ts'
import type { Approval, OpenReversal } from '../../switch/core/journal.ts'
import type { Notice } from '../../switch/core/notice.ts'
import type { HostTrace, RequestCard, SaleRequest } from '../../switch/core/sale-record.ts'
import { CARD, pause, startForTest, TIMERS } from '../card-host/host-client.ts'

export const PROFILE: HostProfile = {
  approvedCodes: ['00'],
  definiteDeclines: ['05', '14', '51', '54', '55', '61'],
  signOn: true,
  lateApproval: 'repeat',
}

export const SETTINGS: CardHostSettings = {
  name: 'bank',
  host: '127.0.0.1',
  port: 0,
  connections: 1,
  dialect: 'iso87ascii',
  length: 'ascii4',
  lengthIncludesItself: false,
  binaryAsHex: false,
  keys: 'none',
  acquirerId: '58100',
  profile: PROFILE,
}

const TIMEOUTS: GatewayTimeouts = {
  cardHostMs: 150,
  frameMs: 1_000,
  connectMs: 1_300,
  echoAfterMs: 10_000,
  echoAnswerMs: 300,
  dialBackoffFirstMs: 20,
  dialBackoffMaxMs: 80,
}

const LIMITS: GatewayLimits = {
  frameBytes: 4096,
  badFramesPerConnection: 5,
  missedEchoes: 2,
  wrongMacsOfCardHost: 3,
  inFlightSales: 100,
  reversalsInParallel: 20,
}

export function sure<Value>(value: Value | Reason | undefined): Value {
  if (value === undefined || isReason(value)) throw new Error('not a value')
  return value as Value
}

const TRACE: HostTrace = {
  link: 'bank',
  stan: '004201' as Stan,
  transmission: '1122054431',
}

const SWIPED: RequestCard = {
  pan: sure(Pan.parse(CARD)),
  track2: sure(Track2.parse(`${CARD}=29121010000000000000`)),
  expiry: undefined,
  enteredPin: undefined,
  chip: undefined,
}

export function debitOf(
  changes: { trace?: HostTrace; card?: Partial<RequestCard>; name?: string; tid?: string } = {},
): Debit {
  const terminal = {
    key: 1,
    institution: 0,
    tid: (changes.tid ?? '10000001') as TerminalId,
    mid: '000000000100001' as MerchantId,
    merchantKey: 1,
    merchantName: 'Nemoune',
    nameAndLocation: changes.name ?? 'NEMOUNE SHOP           TEHRAN        IR',
    maySell: true,
  }
  const card = { ...SWIPED, ...changes.card }
  const request: SaleRequest = {
    identity: { terminal, stan: '000017' as Stan, time: '091430', date: '1122' },
    content: {
      processingCode: '150000',
      amount: toRial(50_000),
      order: '091905 01',
      cardHash: 'hash',
    },
    product: '091905' as ProductId,
    count: 1,
    card,
    entry: { entryMode: '021', condition: '14', currency: '364' },
    printerOut: false,
    isRepeat: false,
    isFromBeforeLogon: false,
    arrivedMs: 0,
  }
  return { request, card, rrn: '632609000001' as Rrn, trace: changes.trace ?? TRACE }
}

export function reversalOf(changes: Partial<OpenReversal> = {}): OpenReversal {
  return {
    id: 7,
    status: 'pending',
    trace: { stan: '004202' as Stan, transmission: '1122054501' },
    approval: undefined,
    wasReopened: false,
    tries: 0,
    host: TRACE,
    amount: toRial(50_000),
    time: '091430',
    day: 20261122,
    rrn: '632609000001' as Rrn,
    tid: '10000001' as TerminalId,
    mid: '000000000100001' as MerchantId,
    sealedCard: Buffer.from(CARD),
    ...changes,
  }
}

/** STANs from the number after `high`; `block` 0 owns none. */
export async function stansAfter(high: number, block = 10_000): Promise<StanSource> {
  const journal = { write: () => Promise.resolve({ kind: 'written' } as const) }
  const counter = new Counter({ name: 'stan', block, journal, clock: TIMERS }, high)
  await counter.lease()
  return new StanSource(counter)
}

export interface Late {
  readonly host: HostTrace
  readonly tid: string
  readonly approval: Approval
}

/** A gateway, and what it told. */
export class Rig {
  readonly gateway: CardGateway
  readonly late: Late[] = []
  readonly notices: Notice[] = []
  readonly told: string[] = []
  readonly counts = new Map<string, number>()
  readonly errors: unknown[] = []
  openCard = (sealed: Uint8Array, _saleId: number): Pan | undefined => {
    const card = Pan.parse(Buffer.from(sealed).toString())
    return isReason(card) ? undefined : card
  }
  whenUp = (): void => undefined
  /** What the monotonic clock is ahead, as after a stall in which no timer fired. */
  aheadMs = 0

  constructor(
    hosts: { settings: CardHostSettings; stans: StanSource }[],
    timeouts: Partial<GatewayTimeouts> = {},
    keys?: ZoneKeyPorts,
    limits: Partial<GatewayLimits> = {},
  ) {
    this.gateway = new CardGateway({
      hosts,
      timeouts: { ...TIMEOUTS, ...timeouts },
      limits: { ...LIMITS, ...limits },
      keys,
      timers: { ...TIMERS, monotonicMs: () => TIMERS.monotonicMs() + this.aheadMs },
      dial,
      random: () => 0.5,
      openCard: (sealed, saleId) => this.openCard(sealed, saleId),
      onUp: (link) => {
        this.told.push(`up ${link}`)
        this.whenUp()
      },
      onDown: (link) => this.told.push(`down ${link}`),
      onLateApproval: (host, tid, approval) => this.late.push({ host, tid, approval }),
      notice: (notice) => this.notices.push(notice),
      count: (what, label = '') => {
        const name = `${what}: ${label}`
        this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
      },
      onError: (error) => this.errors.push(error),
    })
  }

  counted(name: string): number {
    return this.counts.get(name) ?? 0
  }

  /** A debit of the usual sale with a trace of its own. */
  prepared(changes: Parameters<typeof debitOf>[0] = {}): Debit {
    return debitOf({ ...changes, trace: sure(this.gateway.prepare()) })
  }

  signedOn(): number {
    return this.gateway.status().reduce((sum, host) => sum + host.signedOn, 0)
  }
}

const running: { stop(): Promise<void> }[] = []

export async function stopAll(): Promise<void> {
  for (const one of running.splice(0).reverse()) await one.stop()
}

/** A gateway that is signed on to a simulated card host. */
export async function linked(
  options: CardHostOptions & {
    settings?: Partial<CardHostSettings>
    timeouts?: Partial<GatewayTimeouts>
    keys?: ZoneKeyPorts
  } = {},
): Promise<{ rig: Rig; cardHost: CardHost }> {
  const { settings: changes, timeouts, keys, ...hostOptions } = options
  const cardHost = await startForTest({ firstApproval: 4711, ...hostOptions })
  running.push(cardHost)
  const settings = { ...SETTINGS, port: cardHost.port, ...changes }
  const rig = await started([settings], timeouts, keys)
  await until(() => rig.signedOn() === settings.connections)
  return { rig, cardHost }
}

export async function started(
  hosts: CardHostSettings[],
  timeouts?: Partial<GatewayTimeouts>,
  keys?: ZoneKeyPorts,
): Promise<Rig> {
  const entries = hosts.map(async (settings) => ({ settings, stans: await stansAfter(0) }))
  const rig = new Rig(await Promise.all(entries), timeouts, keys)
  rig.gateway.start()
  running.push(rig.gateway)
  return rig
}

const UNTIL_MS = 2

/** Looks again and again; a loaded machine makes it look no less often. */
export async function until(condition: () => boolean, limitMs = 4_000): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns > limitMs / UNTIL_MS) throw new Error('waited in vain')
    await pause(UNTIL_MS)
  }
}

/** A card host that only does what its test says; it notes every message with its connection. */
export class BareHost {
  readonly messages: { channel: Channel; message: Message }[] = []
  readonly channels: Channel[] = []
  readonly #listener: Listener

  private constructor(listener: Listener) {
    this.#listener = listener
  }

  /** `answer` gives the fields that an answer has beside 7, 11 and 70; undefined is silence. */
  static async start(answer: (message: Message) => Fields | undefined): Promise<BareHost> {
    let host: BareHost | undefined
    const listener = await listen({
      host: '127.0.0.1',
      port: 0,
      framing: { length: 'ascii4', lengthIncludesItself: false, tpdu: false, maxFrameBytes: 4096 },
      limits: DIALED_LIMITS,
      timers: TIMERS,
      maxConnections: 10,
      onChannel: (channel) => {
        host?.channels.push(channel)
        return {
          frame: (body) => host?.received(channel, body, answer),
          closed: () => undefined,
        }
      },
      onError: (error) => {
        throw error
      },
    })
    host = new BareHost(listener)
    running.push(host)
    return host
  }

  get port(): number {
    return this.#listener.port
  }

  async stop(): Promise<void> {
    void this.#listener.closeAll('stopped')
    await this.#listener.stop()
  }

  received(channel: Channel, body: Buffer, answer: (message: Message) => Fields | undefined): void {
    const message = decode(DIALECTS.iso87ascii, body)
    if (message.kind === 'rejected') throw new Error('the gateway sent something unreadable')
    this.messages.push({ channel, message })
    const fields = message.mti === '0800' ? answer(message) : undefined
    if (fields !== undefined) this.send('0810', { ...echoed(message), ...fields }, channel)
  }

  send(mti: string, fields: Fields, channel = this.channels.at(-1)): void {
    channel?.send(encode(DIALECTS.iso87ascii, mti, fields))
  }

  sendUnder(module: SecurityModule, macKey: Key, mti: string, fields: Fields): void {
    const mac = (input: Buffer) => module.mac(macKey, input)
    this.sendBody(encodeWithMac(DIALECTS.iso87ascii, mti, fields, mac))
  }

  sendBody(body: Buffer): void {
    this.channels.at(-1)?.send(body)
  }

  /** MTI and DE 70, or DE 39 of an answer, of everything that came. */
  seen(): string[] {
    return this.messages.map(({ message }) => {
      const code =
        message.mti === '0810' ? `${message.get(70)} ${message.get(39)}` : message.get(70)
      return code === undefined ? message.mti : `${message.mti} ${code}`
    })
  }
}

function echoed(message: Message): Fields {
  return { 7: sure(message.get(7)), 11: sure(message.get(11)), 70: sure(message.get(70)) }
}
