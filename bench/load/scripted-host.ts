// The card host of the benchmark: approves everything at once and writes down what it debited, or
// is silent: then it debits all the same and answers nothing but what keeps its link up. With
// a zone master key it sends keys after the sign-on, and all it says afterwards has a MAC. It does
// not check what it gets: it is the load's side, and its core must have time to spare.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { FrameCutter, type Framing, frame } from '../../protocol/link/framing.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import { encodeWithMac } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import { replyMti } from '../../protocol/message/mti.ts'
import { wrapKey } from '../../protocol/security/key-block.ts'
import { cmacUnder } from './cmac.ts'
import { blockHeader } from './keys.ts'

const DIALECT = DIALECTS.iso87ascii
const FRAMING: Framing = {
  ...{ length: 'ascii4', lengthIncludesItself: false, tpdu: false, maxFrameBytes: 4096 },
}
const SALE_ECHOED = [3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49]
const NETWORK_ECHOED = [7, 11, 70]
const SIGN_ON = '001'

export class ScriptedHost {
  /** `D rrn amount` for a debit, `X rrn` for a reversal. */
  readonly ledger: string[] = []
  port = 0
  isSilent = false
  debits = 0
  /** A moment for each reversal that it answered. */
  reversedMs: number[] = []
  /** The last 0420, as it came on the link. */
  reversal: Buffer | undefined
  readonly #sockets = new Set<Socket>()
  #master: Buffer | undefined
  #mac: ((input: Buffer) => Buffer) | undefined

  async listen(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#serve(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.port = (server.address() as AddressInfo).port
  }

  /** The link is cut, and has keys from its next sign-on on. */
  useMaster(master: Buffer): void {
    this.#master = master
    this.cut()
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(socket: Socket): void {
    const cutter = new FrameCutter(FRAMING)
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      const answers: Buffer[] = []
      cutter.push(chunk)
      for (let cut = cutter.next(); cut?.kind === 'frame'; cut = cutter.next()) {
        const message = decode(DIALECT, cut.body)
        if (message.kind === 'message') answers.push(...this.#answers(message, cut.body))
      }
      // What came together is answered together, as the other side writes too.
      if (answers.length > 0) socket.write(Buffer.concat(answers))
    })
  }

  #answers(message: Message, body: Buffer): Buffer[] {
    switch (message.mti) {
      case '0200':
        this.debits++
        this.ledger.push(`D ${message.get(37)} ${Number(message.get(4))}`)
        if (this.isSilent) return []
        return [this.#sealed('0210', { ...echoed(message, SALE_ECHOED), 38: '123456', 39: '00' })]
      case '0420':
      case '0421':
        if (this.isSilent) return []
        this.reversedMs.push(performance.now())
        this.reversal = body
        this.ledger.push(`X ${message.get(37)}`)
        return [this.#sealed('0430', { ...echoed(message, SALE_ECHOED), 39: '00' })]
      case '0800': {
        const fields = { ...echoed(message, NETWORK_ECHOED), 39: '00' }
        const answers = [this.#sealed(replyMti(message.mti), fields)]
        const isNew = message.get(70) === SIGN_ON && this.#mac === undefined
        if (isNew && this.#master !== undefined) answers.push(this.#keyChange(this.#master))
        return answers
      }
      default:
        return []
    }
  }

  /** Goes out without a MAC: the link has no keys yet. */
  #keyChange(master: Buffer): Buffer {
    const [macKey, pinKey] = [randomBytes(16), randomBytes(16)]
    const blocks =
      wrapKey('aes', master, macKey, blockHeader('mac'), randomBytes) +
      wrapKey('aes', master, pinKey, blockHeader('pin'), randomBytes)
    const change = this.#sealed('0800', { 7: '0101000000', 11: '000001', 62: blocks, 70: '101' })
    this.#mac = cmacUnder(macKey)
    return change
  }

  #sealed(mti: string, fields: Fields): Buffer {
    const mac = this.#mac
    const body =
      mac === undefined ? encode(DIALECT, mti, fields) : encodeWithMac(DIALECT, mti, fields, mac)
    return frame(FRAMING, body)
  }
}

function echoed(message: Message, numbers: readonly number[]): Fields {
  const fields: Fields = {}
  for (const de of numbers) {
    const value = message.get(de)
    if (value !== undefined) fields[de] = value
  }
  return fields
}
