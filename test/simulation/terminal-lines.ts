// The connections of the simulated terminals: dialed when needed, kept for a while, lost, cut and
// doubled as the weather wants. What comes back is matched to what was asked, as a terminal does.

import { KeyPad, type PadLine, type Reads } from './keys/key-pad.ts'
import { SHOP_KEYS, type ShopKey } from './keys/shop-keys.ts'
import type { MemoryChannel } from './memory-channel.ts'
import type { Seeded } from './seeded.ts'
import type { SimTerminalEntry } from './shop.ts'
import type { TerminalNetwork } from './shop-terminal.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { Weather, WireFault } from './weather.ts'
import {
  readMessage,
  replyMti,
  type WireDialect,
  type WireMessage,
  writeMessage,
} from './wire/codec.ts'

const TPDU = Buffer.from('6000010002', 'hex')
const ANSWER_MS = 45_000

/** What the lines need of the world. */
export interface LinesWorld {
  readonly time: VirtualTime
  readonly random: Seeded
  readonly weather: Weather
  readonly keyed: { readonly terminals: boolean }
  readonly oracle: {
    readonly troubles: { cut(): void }
    stateOf(institution: number, message: WireMessage): string[]
  }
  connect(entry: SimTerminalEntry): MemoryChannel | undefined
  strike(fault: WireFault, states: readonly string[]): void
}

interface Line {
  readonly channel: MemoryChannel
  readonly waiting: Map<string, (reply: WireMessage, body: Buffer) => void>
}

/** What a terminal puts on the line, and how it takes what comes back. */
interface Exchange {
  readonly message: WireMessage
  readonly body: Buffer
  readonly fresh: boolean
  readonly reads?: Reads
}

export class TerminalLines implements TerminalNetwork {
  readonly #world: LinesWorld
  readonly #lines = new Map<number, Line>()
  readonly #pads = new Map<number, KeyPad>()

  constructor(world: LinesWorld) {
    this.#world = world
    if (!world.keyed.terminals) return
    for (const key of SHOP_KEYS) this.#pads.set(key.entry.key, new KeyPad(key, this.#padLine(key)))
  }

  /** Before what must not fail: keys that the switch has too. */
  async renewKeys(): Promise<void> {
    await Promise.all([...this.#pads.values()].map((pad) => pad.renew()))
  }

  get random(): Seeded {
    return this.#world.random
  }

  get calm(): boolean {
    return this.#world.weather.calm
  }

  wallMs(): number {
    return this.#world.time.wallMs()
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#world.time.after(ms, resolve)
    })
  }

  /** The keys of one terminal in a healed world. */
  async probeKeys(restart: () => Promise<void>): Promise<void> {
    await this.random.pick([...this.#pads.values()]).probe(restart)
  }

  ask(
    entry: SimTerminalEntry,
    message: WireMessage,
    { fresh = false }: { fresh?: boolean } = {},
  ): Promise<WireMessage | undefined> {
    const pad = this.#pads.get(entry.key)
    if (pad !== undefined) return pad.ask(message, { fresh })
    return this.#exchange(entry, { message, body: writeMessage(dialectOf(entry), message), fresh })
  }

  #exchange(
    entry: SimTerminalEntry,
    { message, body, fresh, reads }: Exchange,
  ): Promise<WireMessage | undefined> {
    const { time, weather, random } = this.#world
    const line = this.#line(entry, fresh || random.chance(0.2))
    if (line === undefined) return this.pause(2_000).then(() => undefined)
    const states = () => this.#world.oracle.stateOf(entry.merchant.institution, message)
    return new Promise((resolve) => {
      const key = keyOf(replyMti(message.mti), message)
      const settle = (reply: WireMessage | undefined) => {
        cancel()
        line.waiting.delete(key)
        resolve(reply)
      }
      const cancel = time.after(ANSWER_MS, () => settle(undefined))
      line.waiting.set(key, (reply, bytes) => {
        if (this.#strikes('reply lost', states())) return
        const taken = reads?.(reply, bytes) ?? 'answer'
        if (taken !== 'ignored') settle(taken === 'none' ? undefined : reply)
      })
      if (this.#strikes('request lost', states())) return
      this.#send(entry, line.channel, body)
      if (this.#strikes('request twice', states())) this.#send(entry, line.channel, body)
      if (weather.strikes('terminal reset')) {
        time.after(random.between(0, 400), () => {
          this.#world.strike('terminal reset', states())
          this.#world.oracle.troubles.cut()
          line.channel.cut('reset by the terminal')
        })
      }
      if (message.mti.startsWith('020') && weather.strikes('delayed duplicate')) {
        time.after(random.between(1, random.pick([5_000, 60_000, 900_000])), () => {
          this.#world.strike('delayed duplicate', states())
          const other = this.#open(entry)
          if (other !== undefined) this.#send(entry, other.channel, body)
        })
      }
    })
  }

  #padLine({ entry }: ShopKey): PadLine {
    const { random, weather, oracle, time } = this.#world
    const dialect = dialectOf(entry)
    const { institution } = entry.merchant
    return {
      random,
      calm: () => weather.calm,
      wallMs: () => this.wallMs(),
      nowMs: () => time.monotonicMs(),
      pause: (ms) => this.pause(ms),
      plain: (message) => writeMessage(dialect, message),
      exchange: (sent, { fresh = false, reads }) =>
        this.#exchange(entry, { ...sent, fresh, reads }),
      inject: (body) => {
        const line = this.#open(entry)
        if (line !== undefined) this.#send(entry, line.channel, body)
      },
      strikes: (fault, message) => this.#strikes(fault, oracle.stateOf(institution, message)),
    }
  }

  #strikes(fault: WireFault, states: readonly string[]) {
    if (!this.#world.weather.strikes(fault)) return false
    this.#world.strike(fault, states)
    return true
  }

  #send(entry: SimTerminalEntry, channel: MemoryChannel, body: Buffer): void {
    channel.send(body, entry.merchant.institution === 0 ? TPDU : undefined)
  }

  #line(entry: SimTerminalEntry, fresh: boolean): Line | undefined {
    // An institution brings all its terminals over one connection.
    const place = entry.merchant.institution === 0 ? entry.key : -entry.merchant.institution
    const known = this.#lines.get(place)
    if (known?.channel.open === true && !(fresh && place > 0)) return known
    const line = this.#open(entry)
    if (line !== undefined) this.#lines.set(place, line)
    return line
  }

  #open(entry: SimTerminalEntry): Line | undefined {
    const channel = this.#world.connect(entry)
    if (channel === undefined) return undefined
    const waiting: Line['waiting'] = new Map()
    const dialect = dialectOf(entry)
    channel.start({
      frame: (body) => {
        const reply = readMessage(dialect, body)
        waiting.get(keyOf(reply.mti, reply))?.(reply, body)
      },
      closed: () => undefined,
    })
    return { channel, waiting }
  }
}

function dialectOf(entry: SimTerminalEntry): WireDialect {
  return entry.merchant.institution === 0 ? 'binary' : 'ascii'
}

function keyOf(mti: string, { fields }: WireMessage): string {
  // The answer to a logon tells the time of the switch.
  if (mti.startsWith('08')) return `${mti} ${fields[7]} ${fields[11]} ${fields[41]}`
  return `${mti} ${fields[3]} ${fields[11]} ${fields[12]} ${fields[13]} ${fields[41]}`
}
