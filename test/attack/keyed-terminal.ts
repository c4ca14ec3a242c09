// A terminal with keys, AES unless told, that puts its own messages together: the master key out
// of its printed parts, session keys out of the logon's key blocks, MACs over its own bytes. For
// attacks that need a right message first, to change, to keep and to send again.

import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import { encodeWithMac, macInput } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import { KeyPart } from '../../protocol/security/security-module.ts'
import { SoftwareModule } from '../../protocol/security/software-module.ts'
import type { Key, KeyScheme } from '../../protocol/values/key.ts'
import { isReason, type Reason } from '../../protocol/values/reason.ts'
import { saleFields } from '../simulation/wire/framed.ts'

const DIALECT = DIALECTS.iso87binary
const TPDU = Buffer.from('6000010002', 'hex')
const REPLY_MS = 5_000

export class KeyedTerminal {
  readonly #module: SoftwareModule
  readonly #master: Key
  readonly #address: { readonly tid: string; readonly mid: string }
  readonly #port: () => number
  #macKey: Key | undefined
  #dataKey: Key | undefined
  #stan = 0
  #socket: Socket | undefined

  constructor(
    parts: readonly { readonly part: string; readonly checkValue: string }[],
    address: { readonly tid: string; readonly mid: string },
    port: () => number,
    scheme: KeyScheme = 'aes',
  ) {
    const storage = { id: 1, key: randomBytes(32) }
    const keys = { newest: () => storage, byId: () => storage }
    this.#module = new SoftwareModule(
      { production: false, acceptance: undefined },
      keys,
      randomBytes,
    )
    const components = parts.map(({ part, checkValue }) => ({
      component: good(KeyPart.parse(part)),
      checkValue,
    }))
    this.#master = good(this.#module.combine('master', scheme, components))
    this.#address = address
    this.#port = port
  }

  saleFields(): Fields {
    this.#stan++
    return { ...saleFields({ ...this.#address, stan: this.#stan, localMs: Date.now() }) } as Fields
  }

  serviceFields(code: string): Fields {
    const sale = this.saleFields()
    const fields: Fields = { 3: code }
    for (const de of [7, 11, 12, 13, 24, 41, 42]) fields[de] = sale[de] ?? ''
    return fields
  }

  async logon(): Promise<void> {
    const fields = { ...this.serviceFields('920000'), 60: '0406ATTACK' }
    const reply = await this.exchange(this.bare('0800', fields))
    const text = reply?.get(62) ?? ''
    if (reply?.get(39) !== '00') throw new Error(`the logon was answered ${reply?.get(39)}`)
    const block = (index: number) =>
      text.slice((index * text.length) / 3, ((index + 1) * text.length) / 3)
    this.#macKey = good(this.#module.importUnder(this.#master, block(0), 'mac'))
    this.#dataKey = good(this.#module.importUnder(this.#master, block(2), 'data'))
  }

  sealed(mti: string, fields: Fields): Buffer {
    const macKey = this.#macKey
    if (macKey === undefined) throw new Error('not logged on')
    return encodeWithMac(DIALECT, mti, fields, (input) => this.#module.mac(macKey, input))
  }

  /** As somebody without keys would send it. */
  bare(mti: string, fields: Fields): Buffer {
    return encode(DIALECT, mti, fields)
  }

  verifies(reply: Message): boolean {
    const input = macInput(reply)
    const mac = Buffer.from(reply.get(reply.numbers().at(-1) ?? 0) ?? '', 'hex')
    return this.#macKey !== undefined && input !== undefined
      ? this.#module.verifiesMac(this.#macKey, input, mac)
      : false
  }

  /** Whether the PIN field of the only voucher opens to a PIN. */
  opens(field: string): boolean {
    if (this.#dataKey === undefined) return false
    const serialLength = Number(field.slice(2, 4))
    return !isReason(this.#module.decipherVoucherPin(this.#dataKey, field.slice(6 + serialLength)))
  }

  /** One message and the next frame that comes; undefined when none does. */
  exchange(body: Buffer, waitMs = REPLY_MS): Promise<Message | undefined> {
    const socket = this.#connected()
    return new Promise((resolve) => {
      let received = Buffer.alloc(0)
      const end = (reply: Message | undefined) => {
        clearTimeout(timer)
        socket.off('data', took).off('close', closed)
        resolve(reply)
      }
      const closed = () => end(undefined)
      const took = (chunk: Buffer) => {
        received = Buffer.concat([received, chunk])
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
        const reply = decode(
          DIALECT,
          received.subarray(2 + TPDU.length, 2 + received.readUInt16BE(0)),
        )
        end(reply.kind === 'message' ? reply : undefined)
      }
      const timer = setTimeout(() => end(undefined), waitMs)
      socket.on('data', took).on('close', closed)
      socket.write(framed(body))
    })
  }

  drop(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #connected(): Socket {
    if (this.#socket !== undefined) return this.#socket
    const socket = connect({ host: '127.0.0.1', port: this.#port(), noDelay: true })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined
    })
    this.#socket = socket
    return socket
  }
}

export function framed(body: Buffer): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(TPDU.length + body.length)
  return Buffer.concat([head, TPDU, body])
}

function good<Value>(value: Value | Reason): Value {
  if (isReason(value)) throw new Error(value.reason)
  return value
}
