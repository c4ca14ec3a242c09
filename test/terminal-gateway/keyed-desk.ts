// A front desk whose first terminal has keys, and the terminal's own view of them: it holds the
// master key, takes session keys out of TR-31 blocks, makes MACs and checks them.

import { encode, type Fields } from '../../protocol/message/encode.ts'
import { encodeWithMac, macInput } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { SoftwareModule } from '../../protocol/security/software-module.ts'
import type { Key, KeyScheme } from '../../protocol/values/key.ts'
import type { KeyOwner } from '../../switch/core/key-store.ts'
import type { GatewayListener } from '../../terminal-gateway/gateway.ts'
import { KeyDesk } from '../../terminal-gateway/key-desk.ts'
import { AwayModule } from '../protocol/security/away-module.ts'
import { good, keyIn, newModule } from '../protocol/security/test-module.ts'
import { Story } from '../switch/core/story-world.ts'
import { FrontDesk } from './front-desk.ts'
import { StoredInMemory } from './stored-keys.ts'

export const OWNER = 'terminal/1'
export const MASTER = '463708B982D0FC4FD840749EA0068018'
/** As golden messages have them, in hex. */
export type GoldenKeys = Readonly<Record<'mac' | 'pin' | 'data', string>>

export interface TerminalSession {
  readonly macKey: Key
  readonly pinKey: Key
  readonly dataKey: Key
}

export class KeyedDesk {
  readonly scheme: KeyScheme
  readonly module: SoftwareModule
  readonly store: StoredInMemory
  readonly desk: FrontDesk
  readonly keyDesk: KeyDesk
  readonly alarms: string[] = []
  /** The switch's side of the module; the terminal's own is never away. */
  readonly token: AwayModule

  private constructor(
    story: Story,
    scheme: KeyScheme,
    kept: { module: SoftwareModule; store: StoredInMemory },
    listener: Partial<GatewayListener>,
  ) {
    this.scheme = scheme
    this.module = kept.module
    this.store = kept.store
    this.token = new AwayModule(kept.module)
    this.keyDesk = new KeyDesk({
      ...{ store: kept.store, module: this.token.module, ownersMost: 10, unusedMost: 5 },
      alarm: (what, owner) => this.alarms.push(`${what}: ${owner}`),
    })
    const gateway = { keyDesk: this.keyDesk }
    this.desk = new FrontDesk(story, { keys: scheme, insecure: false, ...listener }, gateway)
    this.desk.register({ scheme })
  }

  static async open(
    scheme: KeyScheme,
    listener: Partial<GatewayListener> = {},
  ): Promise<KeyedDesk> {
    const store = new StoredInMemory()
    const module = newModule()
    store.putMaster(module, OWNER, keyIn(module, 'master', scheme, MASTER))
    return new KeyedDesk(await Story.begin(), scheme, { module, store }, listener)
  }

  /** Another process on the same store. */
  restarted(): KeyedDesk {
    return new KeyedDesk(this.desk.story, this.scheme, this, {})
  }

  /** A set that is in force, of keys that are known: those of golden messages. */
  install(keys: GoldenKeys, owner: KeyOwner = OWNER): void {
    const { module, scheme } = this
    const place = `${owner}/1`
    const sealed = (use: 'mac' | 'pin' | 'data') =>
      module.seal(keyIn(module, use, scheme, keys[use]), place)
    this.store.row(owner).active = {
      ...{ generation: 1, scheme, transmission: undefined, serialNumber: undefined },
      ...{ macKey: sealed('mac'), pinKey: sealed('pin'), dataKey: sealed('data') },
    }
    this.keyDesk.changed(owner)
  }

  logonFields(stan: number, serialNumber = 'PX7'): Fields {
    const { 3: _code, 4: _amount, 48: _order, 49: _currency, ...sale } = this.desk.story.sale(stan)
    const fields: Fields = { 3: '920000' }
    for (const de of [7, 11, 12, 13, 24, 41, 42]) fields[de] = sale[de] ?? ''
    return { ...fields, 60: `04${String(serialNumber.length).padStart(2, '0')}${serialNumber}` }
  }

  async logon(stan: number, serialNumber?: string): Promise<TerminalSession> {
    const reply = await this.desk.ask('0800', this.logonFields(stan, serialNumber))
    if (reply?.get(39) !== '00') throw new Error(`logon answered ${reply?.get(39)}`)
    return this.sessionOf(reply)
  }

  sessionOf(reply: Message): TerminalSession {
    const text = reply.get(62) ?? ''
    const master = keyIn(this.module, 'master', this.scheme, MASTER)
    const size = text.length / 3
    const [macKey, pinKey, dataKey] = (['mac', 'pin', 'data'] as const).map((use, index) =>
      good(this.module.importUnder(master, text.slice(index * size, (index + 1) * size), use)),
    ) as [Key, Key, Key]
    return { macKey, pinKey, dataKey }
  }

  async ask(session: TerminalSession, mti: string, fields: Fields): Promise<Message | undefined> {
    const [reply] = await this.desk.frame(this.sealed(session, mti, fields))
    return reply?.message
  }

  /** Without a session: as somebody without keys would send it. */
  sealed(session: TerminalSession | undefined, mti: string, fields: Fields): Buffer {
    const { dialect } = this.desk.listener
    if (session === undefined) return encode(dialect, mti, fields)
    return encodeWithMac(dialect, mti, fields, (input) => this.module.mac(session.macKey, input))
  }

  /** What the terminal would believe. */
  verifies(session: TerminalSession, reply: Message | undefined): boolean {
    if (reply === undefined) return false
    const input = macInput(reply)
    const mac = Buffer.from(reply.get(reply.numbers().at(-1) ?? 0) ?? '', 'hex')
    return input !== undefined && this.module.verifiesMac(session.macKey, input, mac)
  }
}
