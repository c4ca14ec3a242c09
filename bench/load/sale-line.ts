// One terminal on one connection with one sale in flight. Tells whether the answer is an approval
// of that very sale, from two places of its bytes, and keeps them for the audit, which reads them
// once nothing is measured any more.

import { once } from 'node:events'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { connectTo, type Place } from './connect-to.ts'
import { BODY_AT, type SaleFrame, STAN_AT, type Terminal } from './sale-frame.ts'

/** MTI 0210, and a bitmap with DE 38 and DE 62, which only an approval has. */
const MTI_AT = BODY_AT
const BITMAP_AT = BODY_AT + 2
const BIT_38 = { byte: 4, mask: 0x04 }
const BIT_62 = { byte: 7, mask: 0x04 }

export class SaleLine {
  readonly #frame: SaleFrame
  #socket: Socket | undefined
  /** Of TLS, for the next connection. */
  #session: Buffer | undefined
  #rest: Buffer | undefined
  #done: ((approved: boolean) => void) | undefined
  #owed = false
  /** Whether its approvals are kept; of a relay they are nobody's sales. */
  isKept = true
  /** Approvals since they were last taken, frame by frame. */
  #approvals: Buffer[] = []

  constructor(frame: SaleFrame) {
    this.#frame = frame
  }

  async open(place: Place): Promise<void> {
    const { socket, ready } = connectTo(place, this.#session)
    this.#socket = socket
    socket.on('session', (session: Buffer) => {
      this.#session = session
    })
    this.#rest = undefined
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => this.#took(chunk))
    await once(socket, ready)
    socket.on('close', () => {
      // Closed by its owner it is another socket's, or nobody's.
      if (this.#socket !== socket && this.#socket !== undefined) return
      this.#owed ||= this.#done !== undefined && this.#socket === socket
      this.#end(false)
    })
  }

  /** The connection ended under a sale: whether it was sold is told to whoever repeats it. */
  get isOwed(): boolean {
    return this.#owed
  }

  /** By TLS, under the session of the connection before. */
  get isResumed(): boolean {
    return this.#socket instanceof TLSSocket && this.#socket.isSessionReused()
  }

  get isOpen(): boolean {
    return this.#socket?.destroyed === false
  }

  get isBusy(): boolean {
    return this.#done !== undefined
  }

  /** `done` is called once: when it is answered, or when the connection ends. */
  sell(done: (approved: boolean) => void): void {
    this.#done = done
    this.#socket?.write(this.#frame.next())
  }

  /** The bytes of the last sale once more. */
  repeat(done: (approved: boolean) => void): void {
    this.#owed = false
    this.#done = done
    this.#socket?.write(this.#frame.bytes)
  }

  /** Whose approvals they must be. */
  get terminal(): Terminal {
    return this.#frame.terminal
  }

  takeApprovals(): Buffer[] {
    const approvals = this.#approvals
    this.#approvals = []
    return approvals
  }

  /** Resolves when the socket is gone. */
  async close(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    if (socket === undefined || socket.destroyed) return
    const gone = once(socket, 'close')
    socket.destroy()
    await gone
  }

  #took(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    const length = bytes.length < 2 ? Number.POSITIVE_INFINITY : 2 + bytes.readUInt16BE(0)
    if (bytes.length < length) {
      this.#rest = bytes
      return
    }
    this.#rest = bytes.length > length ? bytes.subarray(length) : undefined
    const approved = this.#isApproval(bytes)
    if (approved && this.isKept) this.#approvals.push(bytes.subarray(BODY_AT, length))
    this.#end(approved)
  }

  #isApproval(bytes: Buffer): boolean {
    const asked = this.#frame.bytes
    const has = ({ byte, mask }: typeof BIT_38) => ((bytes[BITMAP_AT + byte] ?? 0) & mask) !== 0
    return (
      bytes[MTI_AT] === 0x02 &&
      bytes[MTI_AT + 1] === 0x10 &&
      has(BIT_38) &&
      has(BIT_62) &&
      bytes.compare(asked, STAN_AT, STAN_AT + 3, STAN_AT, STAN_AT + 3) === 0
    )
  }

  #end(approved: boolean): void {
    const done = this.#done
    this.#done = undefined
    done?.(approved)
  }
}
