// The card host of the benchmark: approves everything at once and writes down what it debited, or
// is silent: then it debits all the same and answers nothing but what keeps its link up. With
// a zone master key it sends keys after the sign-on, and all it says afterwards has a MAC. It keeps
// every hundredth 0200 of a link with keys and checks it when nothing is measured any more: it is
// the load's side, and its core must have time to spare. Behind a relay the same host gets the
// terminal's own frame and answers it with all that the switch would put into its answer.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { FrameCutter, type Framing, frame, swapTpdu } from '../../protocol/link/framing.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS, type Dialect } from '../../protocol/message/dialect.ts'
import type { Fields } from '../../protocol/message/encode.ts'
import { encodeWithMac, hasMac } from '../../protocol/message/mac-input.ts'
import type { Message } from '../../protocol/message/message.ts'
import { replyMti } from '../../protocol/message/mti.ts'
import { wrapKey } from '../../protocol/security/key-block.ts'
import { cmacUnder } from './cmac.ts'
import { blockHeader } from './keys.ts'

/** How a link speaks. */
interface HostLink {
  readonly dialect: Dialect
  readonly framing: Framing
}

const CARD_HOST_LINK: HostLink = {
  dialect: DIALECTS.iso87ascii,
  framing: { length: 'ascii4', lengthIncludesItself: false, tpdu: false, maxFrameBytes: 4096 },
}
/** As terminals speak, and the relays forward it. */
export const RELAYED_LINK: HostLink = {
  dialect: DIALECTS.iso87binary,
  framing: { length: 'binary2', lengthIncludesItself: false, tpdu: true, maxFrameBytes: 4096 },
}
const SALE_ECHOED = [3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49]
const NETWORK_ECHOED = [7, 11, 70]
const SIGN_ON = '001'
const MAC = 64

/** Of so many frames with a MAC one is kept and checked. */
const KEPT_OF = 100

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
  readonly #link: HostLink
  readonly #sockets = new Set<Socket>()
  #master: Buffer | undefined
  #mac: ((input: Buffer) => Buffer) | undefined
  /** What an approval has besides what it echoes. */
  #approval: Fields = { 38: '123456', 39: '00' }
  readonly #kept: Buffer[] = []

  constructor(link: HostLink = CARD_HOST_LINK) {
    this.#link = link
  }

  async listen(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#serve(socket))
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 })
    await once(server, 'listening')
    this.port = (server.address() as AddressInfo).port
  }

  /** The link is cut, and has keys from its next sign-on on. */
  useMaster(master: Buffer): void {
    this.#master = master
    this.cut()
  }

  /** Behind a relay: answers are of the size of this one, which the switch gave a terminal. */
  answerLike(sample: Message): void {
    this.#approval = echoed(
      sample,
      sample.numbers().filter((de) => de !== MAC),
    )
    this.#mac = sample.has(MAC) ? cmacUnder(randomBytes(16)) : undefined
    this.ledger.length = 0
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Throws when one of the frames that were kept has another MAC than its key makes. */
  checkKept(): void {
    const mac = this.#mac
    for (const body of this.#kept.splice(0)) {
      const message = decode(this.#link.dialect, body)
      const fits =
        message.kind === 'message' &&
        mac !== undefined &&
        hasMac(message, (input, found) => mac(Buffer.from(input)).equals(found))
      if (!fits) throw new Error('the switch sent a card host a wrong MAC')
    }
  }

  #serve(socket: Socket): void {
    const { framing, dialect } = this.#link
    const cutter = new FrameCutter(framing)
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      const answers: Buffer[] = []
      cutter.push(chunk)
      for (let cut = cutter.next(); cut?.kind === 'frame'; cut = cutter.next()) {
        const message = decode(dialect, cut.body)
        if (message.kind !== 'message') continue
        const to = cut.tpdu && swapTpdu(cut.tpdu)
        for (const body of this.#answers(message, cut.body)) answers.push(frame(framing, body, to))
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
        // A copy: what came with it in one chunk is not kept alive.
        if (this.#master && this.debits % KEPT_OF === 0) this.#kept.push(Buffer.from(body))
        if (this.isSilent) return []
        return [this.#sealed('0210', { ...this.#approval, ...echoed(message, SALE_ECHOED) })]
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
    const { dialect } = this.#link
    return encodeWithMac(dialect, mti, fields, this.#mac)
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
