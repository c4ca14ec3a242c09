// The other side of a card host with keys, by hand: it takes key changes under the zone master key,
// seals what it sends, and tells whose MAC an answer has.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CardHost } from '../../card-host/host.ts'
import { type Framing, frame } from '../../protocol/link/framing.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import { encodeWithMac, macInput } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import type { Key, KeyScheme } from '../../protocol/security/security-module.ts'
import { CardPin } from '../../protocol/values/card.ts'
import { Pan } from '../../protocol/values/pan.ts'
import { good, keyIn, newModule } from '../protocol/security/test-module.ts'
import { CARD, HostClient } from './host-client.ts'

export const ZMK = {
  tdes: '08D09E80DF85256B0854D3E97FDC89EC',
  aes: 'CB176D2A4BD3DDCFAF26471461087573',
} as const satisfies Record<KeyScheme, string>

const DIALECT = DIALECTS.iso87ascii
const FRAMING: Framing = {
  ...{ length: 'ascii4', lengthIncludesItself: false, tpdu: false, maxFrameBytes: 4096 },
}

/** One for all clients: keys outlive a connection. */
const MODULE = newModule()

export interface Zone {
  readonly mac: Key
  readonly pinKey: Key
}

/** A folder with the file of a zone master key. */
export class ZoneFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'card-host-zone-'))

  keyFile(scheme: KeyScheme, hex: string = ZMK[scheme], mode = 0o600): string {
    const file = join(this.path, `${scheme}.key`)
    writeFileSync(file, `scheme ${scheme}\nkey ${hex}\n`, { mode })
    return file
  }

  get ledger(): string {
    return join(this.path, 'ledger.ndjson')
  }

  remove(): void {
    rmSync(this.path, { recursive: true })
  }
}

export class ZoneClient {
  readonly client: HostClient
  readonly scheme: KeyScheme
  readonly module = MODULE
  readonly #master: Key

  private constructor(client: HostClient, scheme: KeyScheme) {
    this.client = client
    this.scheme = scheme
    this.#master = keyIn(this.module, 'master', scheme, ZMK[scheme])
  }

  static async connect({ port }: CardHost, scheme: KeyScheme): Promise<ZoneClient> {
    return new ZoneClient(await HostClient.connect(port), scheme)
  }

  send(mti: string, fields: Fields, under?: Zone): void {
    const { module } = this
    const body =
      under === undefined
        ? encode(DIALECT, mti, fields)
        : encodeWithMac(DIALECT, mti, fields, (input) => module.mac(under.mac, input))
    this.client.sendRaw(frame(FRAMING, body))
  }

  async ask(mti: string, fields: Fields, under?: Zone): Promise<Message> {
    this.send(mti, fields, under)
    return this.next()
  }

  async next(waitMs = 2_000): Promise<Message> {
    const message = await this.client.answer(waitMs)
    if (message?.kind !== 'message') throw new Error('nothing readable came')
    return message
  }

  async isSilent(waitMs = 60): Promise<boolean> {
    return (await this.client.answer(waitMs)) === undefined
  }

  isUnder(message: Message, zone: Zone): boolean {
    const input = macInput(message)
    const mac = Buffer.from(message.get(message.numbers().at(-1) ?? 0) ?? '', 'hex')
    return input !== undefined && this.module.verifiesMac(zone.mac, input, mac)
  }

  signOn(under?: Zone): Promise<Message> {
    return this.ask('0800', { 7: '1122054400', 11: '004100', 70: '001' }, under)
  }

  /** The keys of a key change that came. */
  take(change: Message): Zone {
    const blocks = change.get(62) ?? ''
    const half = blocks.length / 2
    return {
      mac: good(this.module.importUnder(this.#master, blocks.slice(0, half), 'mac')),
      pinKey: good(this.module.importUnder(this.#master, blocks.slice(half), 'pin')),
    }
  }

  answer(change: Message, rc: string, under?: Zone): void {
    const fields: Fields = { 39: rc }
    for (const de of [7, 11, 70]) fields[de] = change.get(de) ?? ''
    this.send('0810', fields, under)
  }

  /** Signed on, and the first key change taken. */
  async keyed(): Promise<Zone> {
    await this.signOn()
    const change = await this.next()
    const zone = this.take(change)
    this.answer(change, '00')
    return zone
  }

  /** DE 52 or 61. */
  pinFields(zone: Zone, digits: string, card = CARD): Fields {
    const [cardPin, pan] = [good(CardPin.parse(digits)), good(Pan.parse(card))]
    const block = this.module.encipherPin(zone.pinKey, cardPin, pan).reveal()
    return this.scheme === 'aes' ? { 61: block } : { 52: block }
  }
}
