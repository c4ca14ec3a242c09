// A terminal's connection that a gateway brings, as the switch sees it: the same `Channel` that a
// connection of its own is, so that a session does not know the difference. The gateway holds the
// socket and its deadlines; here are only the answers whose bytes have not all left yet.

import type { Channel, ChannelHandlers } from '../../protocol/link/channel.ts'
import type { Peer } from '../../protocol/link/peer.ts'
import { type CloseReason, closeReasonOf } from '../close-reason.ts'
import type { TakenAs } from './envelope.ts'

/** The link, as one of its connections uses it. */
export interface ChannelLink {
  /** False: the link is gone. */
  send(id: number, tpdu: Buffer | undefined, body: Buffer): boolean
  close(id: number, reason: CloseReason): void
  /** A handler threw: a bug. */
  failed(error: unknown): void
}

export interface RelayedChannelOptions {
  readonly id: number
  readonly remote: string
  readonly peer: Peer | undefined
  readonly tpdu: boolean
  /** Of the longest frame that the gateway's listener takes. */
  readonly frameBytes: number
  /** Of answers that the terminal has not taken. */
  readonly writeCapBytes: number
  readonly link: ChannelLink
}

interface Unwritten {
  readonly bytes: number
  readonly written: ((ok: boolean) => void) | undefined
}

const TPDU_BYTES = 5
const TPDU_ID = 0x60

export class RelayedChannel implements Channel {
  readonly id: number
  readonly remote: string
  readonly peer: Peer | undefined
  readonly #options: RelayedChannelOptions
  #handlers: ChannelHandlers | undefined
  #open = true
  #reason = ''
  #frameIsValid = false
  /** The last frame that came has an answer, or will have one. */
  #isAnswered = false
  #unwritten: Unwritten[] = []
  #unwrittenBytes = 0

  constructor(options: RelayedChannelOptions) {
    this.id = options.id
    this.remote = options.remote
    this.peer = options.peer
    this.#options = options
  }

  start(handlers: ChannelHandlers): void {
    this.#handlers = handlers
  }

  get open(): boolean {
    return this.#open
  }

  send(body: Buffer, tpdu?: Buffer, written?: (ok: boolean) => void): boolean {
    if (!this.#open) return false
    const { link, writeCapBytes, frameBytes } = this.#options
    const bytes = body.length + (tpdu?.length ?? 0)
    if (bytes > frameBytes) {
      this.#guard(() => this.#handlers?.counted?.('unfit'))
      return false
    }
    if (this.#unwrittenBytes + bytes > writeCapBytes) {
      this.#guard(() => this.#handlers?.counted?.('write-cap'))
      this.close('the terminal does not read')
      return false
    }
    if (!link.send(this.id, tpdu, body)) return false
    this.#isAnswered = true
    this.#unwrittenBytes += bytes
    this.#unwritten.push({ bytes, written })
    return true
  }

  /** The gateway lets out what was sent before, and says when it is done. */
  close(reason: string): void {
    if (!this.#open) return
    this.#open = false
    this.#reason = reason
    this.#options.link.close(this.id, closeReasonOf(reason))
  }

  dropped(answer?: 'comes later'): void {
    this.#frameIsValid = false
    if (answer !== undefined) this.#isAnswered = true
  }

  /** What the frame was; undefined when it is none of this listener at all. */
  received(bytes: Buffer, cameMs?: number): TakenAs | undefined {
    const { tpdu } = this.#options
    if (tpdu && (bytes.length < TPDU_BYTES || bytes[0] !== TPDU_ID)) return undefined
    if (!this.#open) return 'dropped'
    const head = tpdu ? bytes.subarray(0, TPDU_BYTES) : undefined
    const body = tpdu ? bytes.subarray(TPDU_BYTES) : bytes
    this.#frameIsValid = body.length > 0
    this.#isAnswered = false
    this.#guard(() => this.#handlers?.frame(body, head, cameMs))
    if (this.#frameIsValid) return 'valid'
    return this.#isAnswered ? 'refused' : 'dropped'
  }

  /** Of the oldest answer that is not told of yet. False: there is none. */
  written(complete: boolean): boolean {
    const oldest = this.#unwritten.shift()
    if (oldest === undefined) return false
    this.#unwrittenBytes -= oldest.bytes
    this.#guard(() => oldest.written?.(complete))
    return true
  }

  /** Once: its own end, or that of the link. Answers that nobody told of did not go out. */
  ended(reason: string): void {
    this.#open = false
    for (const { written } of this.#unwritten.splice(0)) this.#guard(() => written?.(false))
    const handlers = this.#handlers
    this.#handlers = undefined
    this.#guard(() => handlers?.closed(this.#reason === '' ? reason : this.#reason))
  }

  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#options.link.failed(error)
    }
  }
}
