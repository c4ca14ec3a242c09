// A terminal's connection at a gateway: its frames go to the switch as they came, and what comes
// back goes to it and to nobody else. Nothing is kept here: a frame that cannot be forwarded ends
// the connection, and the terminal does what it does after silence. There is one object of this
// class for each idle terminal, so it holds a few words and no timers.
//
// It cannot read messages. Whether a frame earned idle time is for the switch to say.

import type { ChannelEvent, ChannelHandlers, SocketChannel } from '../../protocol/link/channel.ts'
import { type CloseReason, closeReasonOf } from '../close-reason.ts'
import { CERTIFICATE_NAMES_MOST, costOf, isPlainText, type TakenAs } from './envelope.ts'
import type { LinkedTerminal, RelayLink } from './relay-link.ts'

/** A door for terminals; shared by all connections of it. */
export interface RelayDoor {
  /** Its place in the hello. */
  readonly index: number
  readonly tpdu: boolean
  readonly tls: boolean
  readonly frameBytes: number
  /** Sent by a connection and not taken by the switch: above it, it is not read until half is. */
  readonly untakenBytesMost: number
  /** After so long no answer comes: the switch says nothing then. */
  readonly answerMs: number
  readonly monotonicMs: () => number
  /** The link for a connection that has none; undefined: there is none. */
  readonly link: () => RelayLink | undefined
  /** No new frame is taken. */
  readonly isStopping: () => boolean
  readonly count: (what: string, label?: string) => void
}

type TerminalChannel = Pick<
  SocketChannel,
  'remote' | 'peer' | 'open' | 'send' | 'close' | 'dropped' | 'earned' | 'pause' | 'resume'
>

/** Shared by all who wait for nothing: never pushed to. */
const NONE: number[] = []

const TPDU_BYTES = 5
const TPDU_ID = 0x60

export class RelayedTerminal implements ChannelHandlers, LinkedTerminal {
  readonly #door: RelayDoor
  readonly #channel: TerminalChannel
  #link: RelayLink | undefined
  /** On that link. */
  #id = 0
  #untakenBytes = 0
  /** Not read: too much of its own is not taken, or of its link. */
  #isHeld = false
  #isCongested = false
  /** When each frame came that is not answered, oldest first. */
  #asked = NONE
  /** Since the last time that it was asked whether it rests. */
  #used = false

  constructor(door: RelayDoor, channel: TerminalChannel) {
    this.#door = door
    this.#channel = channel
  }

  get isWaiting(): boolean {
    const newestMs = this.#asked.at(-1)
    return newestMs !== undefined && !this.#isOver(newestMs)
  }

  frame(body: Buffer, tpdu: Buffer | undefined): void {
    const door = this.#door
    this.#channel.dropped()
    if (door.isStopping()) return this.#tooLate()
    const link = this.#link ?? door.link()
    if (link === undefined) {
      door.count('frames without a link')
      return this.#channel.close('no link to the switch')
    }
    if (link.isFull) {
      door.count('link events', 'too much unanswered')
      return this.#channel.close('too much unanswered')
    }
    if (this.#link === undefined && !this.#opened(link)) return
    this.#untakenBytes += costOf(body.length + (tpdu?.length ?? 0))
    this.#ask()
    this.#used = true
    link.forward(this.#id, tpdu, body)
    if (this.#isHeld || this.#untakenBytes <= door.untakenBytesMost) return
    this.#isHeld = true
    door.count('link events', 'held back')
    this.#channel.pause()
  }

  closed(reason: string): void {
    const known = closeReasonOf(reason)
    this.#door.count('connections closed', known)
    this.#link?.gone(this.#id, known)
    this.#link = undefined
  }

  counted(what: ChannelEvent): void {
    this.#door.count('link events', what)
  }

  deliver(bytes: Buffer): void {
    const { tpdu, frameBytes, isStopping, count } = this.#door
    const fits = bytes.length <= frameBytes
    const hasTpdu = bytes.length >= TPDU_BYTES && bytes[0] === TPDU_ID
    if (!fits || (tpdu && !hasTpdu)) {
      count('link events', 'unfit')
      return this.#channel.close('a message that does not fit')
    }
    this.#answered()
    this.#used = true
    const id = this.#id
    const link = this.#link
    const head = tpdu ? bytes.subarray(0, TPDU_BYTES) : undefined
    const body = tpdu ? bytes.subarray(TPDU_BYTES) : bytes
    // Not sent means that it is ending, and its end tells the switch so.
    this.#channel.send(body, head, (complete) => link?.written(id, complete))
    if (!this.isWaiting && isStopping()) this.#channel.close('the gateway is stopping')
  }

  taken(bytes: number, was: TakenAs): boolean {
    this.#untakenBytes -= costOf(bytes)
    if (this.#untakenBytes < 0) return false
    if (was === 'valid') this.#channel.earned()
    // One that was refused counts where its answer is delivered, before this or after it.
    if (was === 'dropped') this.#answered()
    const isLittle = this.#untakenBytes * 2 <= this.#door.untakenBytesMost
    if (this.#isHeld && isLittle) this.#readOn(false, this.#isCongested)
    return true
  }

  end(reason: CloseReason): void {
    this.#channel.close(reason)
  }

  /** Whoever waits for an answer hears at once that none will come. */
  linkEnded(): void {
    const waited = this.isWaiting
    this.#forget()
    if (waited) this.#channel.close('the link to the switch ended')
    else this.#readOn(false, false)
  }

  rests(): boolean {
    const rests = !this.#used && !this.#isHeld
    this.#used = false
    if (rests) this.#forget()
    return rests
  }

  pause(): void {
    this.#isCongested = true
    this.#channel.pause()
  }

  resume(): void {
    this.#readOn(this.#isHeld, false)
  }

  #readOn(isHeld: boolean, isCongested: boolean): void {
    this.#isHeld = isHeld
    this.#isCongested = isCongested
    // Frames that came before it was paused are sent now, and may be too much again.
    if (!isHeld && !isCongested) this.#channel.resume()
  }

  /**
   * The last answer closes it. Until then what comes is read and dropped: a socket that is closed
   * over bytes that nobody read is reset, and answers that are on their way would go with it.
   */
  #tooLate(): void {
    if (this.isWaiting) this.#door.count('frames while stopping')
    else this.#channel.close('the gateway is stopping')
  }

  #ask(): void {
    this.#forgetOver()
    if (this.#asked === NONE) this.#asked = []
    this.#asked.push(this.#door.monotonicMs())
  }

  /** Which one is not known: of those that are left, none is then thought older than it is. */
  #answered(): void {
    this.#forgetOver()
    if (this.#asked.length > 0) this.#asked.shift()
    if (this.#asked.length === 0) this.#asked = NONE
  }

  /** Sales past their time, and whatever met a switch whose keys are away, are never answered. */
  #forgetOver(): void {
    let over = 0
    for (const ms of this.#asked) {
      if (!this.#isOver(ms)) break
      over += 1
    }
    if (over > 0) this.#asked.splice(0, over)
  }

  #isOver(askedMs: number): boolean {
    return this.#door.monotonicMs() - askedMs >= this.#door.answerMs
  }

  #forget(): void {
    this.#link = undefined
    this.#id = 0
    this.#untakenBytes = 0
    this.#asked = NONE
  }

  /** False: its certificate cannot be told to the switch. */
  #opened(link: RelayLink): boolean {
    const { remote, peer } = this.#channel
    const { index, tls, count } = this.#door
    const names = peer?.names
    if (
      names !== undefined &&
      !(names.length <= CERTIFICATE_NAMES_MOST && names.every(isPlainText))
    ) {
      count('link events', 'certificate names')
      this.#channel.close('not admitted')
      return false
    }
    this.#id = link.open(this, { door: index, tls, remote, names })
    this.#link = link
    return true
  }
}
