// The gateway's end of one connection to the switch: says hello, opens connections of terminals at
// their first frame, carries frames both ways, and asks for an echo now and then. It keeps no frame
// and sends none twice. When it ends, terminals that wait for an answer are cut off, and the others
// notice nothing: their next frame opens them anew on the next link.
//
// Frames that the switch has not taken are counted. Above `congestedBytes` whoever sends is not
// read until half of them are taken; four times as much is never exceeded. [docs/protocol.md]

import type { Channel, ChannelHandlers } from '../../protocol/link/channel.ts'
import type { Timers } from '../../protocol/link/timers.ts'
import type { CloseReason } from '../close-reason.ts'
import {
  costOf,
  type Envelope,
  envelope,
  frameEnvelope,
  type HelloDoor,
  LINK_VERSION,
  type Opening,
  readEnvelope,
  type TakenAs,
} from './envelope.ts'

/** A terminal's connection, as its link sees it. */
export interface LinkedTerminal {
  /** Still waits for an answer. */
  readonly isWaiting: boolean
  deliver(bytes: Buffer): void
  /** So much of what it sent was read. False: it did not send so much. */
  taken(bytes: number, was: TakenAs): boolean
  end(reason: CloseReason): void
  linkEnded(): void
  /** True when nothing went either way since the last time: its next frame opens it anew. */
  rests(): boolean
  pause(): void
  resume(): void
}

export interface RelayLinkOptions {
  readonly timers: Timers
  readonly frameBytes: number
  readonly doors: readonly HelloDoor[]
  readonly echoAfterMs: number
  readonly echoAnswerMs: number
  /** After so much silence, or twice as much, a connection is closed on the link and kept here. */
  readonly restMs: number
  readonly congestedBytes: number
  readonly count: (what: string, label?: string) => void
  /** It may carry connections. `gateway` is the name by which the switch knows us. */
  readonly onWelcome: (link: RelayLink, gateway: string) => void
  /** Once, whatever the cause, also before a welcome. */
  readonly onEnd: (link: RelayLink, reason: string) => void
}

const HARD_FACTOR = 4

export class RelayLink implements ChannelHandlers {
  readonly #options: RelayLinkOptions
  readonly #channel: Channel
  readonly #terminals = new Map<number, LinkedTerminal>()
  readonly #paused = new Set<LinkedTerminal>()
  #state: 'greeting' | 'up' | 'over' = 'greeting'
  #lastId = 0
  #untakenBytes = 0
  #echo = 0
  #cancel: (() => void) | undefined
  #cancelRest: (() => void) | undefined

  constructor(options: RelayLinkOptions, channel: Channel) {
    const { frameBytes, doors, timers, echoAnswerMs } = options
    this.#options = options
    this.#channel = channel
    channel.send(envelope({ kind: 'hello', version: LINK_VERSION, frameBytes, doors }))
    this.#cancel = timers.after(echoAnswerMs, () => this.end('no answer to the hello'))
  }

  /** Connections may be opened on it. */
  get isUp(): boolean {
    return this.#state === 'up'
  }

  /** Nothing more is taken: whoever sends has to be cut off. */
  get isFull(): boolean {
    return this.#untakenBytes > this.#options.congestedBytes * HARD_FACTOR
  }

  get connections(): number {
    return this.#terminals.size
  }

  get untakenBytes(): number {
    return this.#untakenBytes
  }

  /** Whether a terminal waits for an answer. */
  get isBusy(): boolean {
    for (const { isWaiting } of this.#terminals.values()) if (isWaiting) return true
    return false
  }

  /** The number of the connection on this link, which no other one ever had or will have. */
  open(terminal: LinkedTerminal, opening: Omit<Opening, 'kind' | 'id'>): number {
    this.#lastId += 1
    const id = this.#lastId
    this.#terminals.set(id, terminal)
    this.#send({ kind: 'open', id, ...opening })
    return id
  }

  forward(id: number, tpdu: Buffer | undefined, body: Buffer): void {
    const terminal = this.#terminals.get(id)
    if (terminal === undefined) return
    this.#channel.send(frameEnvelope(id, tpdu, body))
    this.#untakenBytes += costOf(body.length + (tpdu?.length ?? 0))
    if (this.#untakenBytes <= this.#options.congestedBytes) return
    this.#options.count('link congested')
    this.#paused.add(terminal)
    terminal.pause()
  }

  /** Of a frame to a terminal; told only while its connection lives. */
  written(id: number, complete: boolean): void {
    if (this.#terminals.has(id)) this.#send({ kind: 'written', id, complete })
  }

  /** The terminal's connection is gone: what comes for it from now on is for nobody. */
  gone(id: number, reason: CloseReason): void {
    const terminal = this.#terminals.get(id)
    if (terminal === undefined) return
    this.#terminals.delete(id)
    this.#paused.delete(terminal)
    this.#send({ kind: 'closed', id, reason })
  }

  closed(reason: string): void {
    this.end(reason)
  }

  frame(body: Buffer): void {
    const received = readEnvelope(body)
    if (received.kind === 'broken') return this.#violated(received.reason)
    if (this.#state === 'up') this.#carry(received)
    else if (this.#state === 'greeting') this.#greeted(received)
  }

  end(reason: string): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#cancel?.()
    this.#cancelRest?.()
    this.#channel.close(reason)
    const terminals = [...this.#terminals.values()]
    this.#terminals.clear()
    this.#paused.clear()
    for (const terminal of terminals) terminal.linkEnded()
    this.#options.onEnd(this, reason)
  }

  #greeted(received: Envelope): void {
    if (received.kind === 'refused') return this.end(`refused by the switch: ${received.why}`)
    if (received.kind !== 'welcome' || received.version !== LINK_VERSION) {
      return this.#violated(`${received.kind} in place of a welcome`)
    }
    this.#state = 'up'
    this.#cancel?.()
    this.#armEcho()
    this.#armRest()
    this.#options.onWelcome(this, received.gateway)
  }

  #carry(received: Envelope): void {
    switch (received.kind) {
      case 'frame':
        return this.#deliver(received.id, received.bytes)
      case 'taken':
        return this.#taken(received.id, received.bytes, received.was)
      case 'close':
        if (received.id > this.#lastId) return this.#violated('close: no such connection')
        return this.#terminals.get(received.id)?.end(received.reason)
      case 'echoed':
        if (received.number === this.#echo) this.#echoed()
        return
      default:
        return this.#violated(`${received.kind} from the switch`)
    }
  }

  #deliver(id: number, bytes: Buffer): void {
    if (id > this.#lastId) return this.#violated('frame: no such connection')
    const terminal = this.#terminals.get(id)
    // The terminal went meanwhile; its number stays its own.
    if (terminal === undefined) this.#options.count('answers to nobody')
    else terminal.deliver(bytes)
  }

  #taken(id: number, bytes: number, was: TakenAs): void {
    this.#untakenBytes -= costOf(bytes)
    const isTrue = this.#terminals.get(id)?.taken(bytes, was) ?? id <= this.#lastId
    if (!isTrue || this.#untakenBytes < 0) return this.#violated('taken: more than was sent')
    if (this.#untakenBytes * 2 > this.#options.congestedBytes) return
    for (const terminal of this.#paused) {
      this.#paused.delete(terminal)
      terminal.resume()
      // What had come before it was paused is sent now, and may be too much again.
      if (this.#untakenBytes > this.#options.congestedBytes) return
    }
  }

  /** In order behind every frame: an answer says that the switch has read all of them. */
  #armEcho(): void {
    const { timers, echoAfterMs, echoAnswerMs } = this.#options
    this.#cancel = timers.after(echoAfterMs, () => {
      this.#echo = (this.#echo + 1) >>> 0
      this.#send({ kind: 'echo', number: this.#echo })
      this.#cancel = timers.after(echoAnswerMs, () => this.end('no answer to an echo'))
    })
  }

  /** What is silent for long costs the switch nothing, as if it had never spoken. */
  #armRest(): void {
    const { timers, restMs } = this.#options
    this.#cancelRest = timers.after(restMs, () => {
      for (const [id, terminal] of this.#terminals) {
        if (!this.#paused.has(terminal) && terminal.rests()) this.gone(id, 'resting')
      }
      this.#armRest()
    })
  }

  #echoed(): void {
    this.#cancel?.()
    this.#armEcho()
  }

  #violated(what: string): void {
    this.#options.count('link events', 'protocol')
    this.end(`the switch broke the protocol: ${what}`)
  }

  #send(given: Envelope): void {
    this.#channel.send(envelope(given))
  }
}
