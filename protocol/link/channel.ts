// A channel: one connection that carries frames both ways, under deadlines and a write cap.
//
// From its start it has `firstFrameMs` for its first valid message, afterwards `idleMs` between two
// messages; a frame once begun has `frameMs`. A peer that lets our bytes pile up is cut off.
// Does not read messages: `dropped()` tells it that a frame was none. Nothing throws out of here.

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { ChannelLimits } from './channel-limits.ts'
import { ANSWERS_PER_TURN, FrameTurns } from './frame-turns.ts'
import { FrameCutter, FrameTooLongError, type Framing, frame } from './framing.ts'
import type { Peer } from './peer.ts'
import type { Timers } from './timers.ts'

export interface Channel {
  /** Counts within its listener or dialer. */
  readonly id: number
  readonly remote: string
  /** Whom its certificate names; only where TLS asked for one. */
  readonly peer?: Peer | undefined
  readonly open: boolean
  /**
   * False: no byte was written, and `written` is not called. Otherwise `written` is called once:
   * true when the kernel has all bytes, false when the channel died first.
   */
  send(body: Buffer, tpdu?: Buffer, written?: (ok: boolean) => void): boolean
  /** What was sent still goes out; frames that come are ignored; `closed` follows. */
  close(reason: string): void
  /**
   * Called while handling a frame, before it is answered: it was no valid message, and neither it
   * nor what is sent until the next one earns idle time. With `answer` it is answered all the same,
   * and not before it was handled.
   */
  dropped(answer?: 'comes later'): void
}

export interface ChannelHandlers {
  /** `cameMs`: the monotonic moment it was complete; left out: just now. */
  frame(body: Buffer, tpdu: Buffer | undefined, cameMs?: number): void
  /** Exactly once, and nothing after it. */
  closed(reason: string): void
  /** Something for a counter, named by a `ChannelEvent`. */
  counted?(what: ChannelEvent): void
}

export type ChannelEvent =
  | 'broken-frame'
  | 'truncated-frame'
  | 'frame-deadline'
  | 'first-frame-deadline'
  | 'idle'
  | 'write-cap'
  /** A message of ours that is too long for a frame of this link, and was not sent. */
  | 'unfit'

const BACKLOG_MS = 100

export interface SocketChannelOptions {
  readonly id: number
  readonly socket: Socket
  readonly framing: Framing
  readonly limits: ChannelLimits
  readonly timers: Timers
  readonly peer?: Peer | undefined
  /** Shared with the others of its listener; left out: its own. */
  readonly turns?: FrameTurns | undefined
  /** What came before the end of the peer is handled all the same, also while it waits. */
  readonly hearsOut?: boolean | undefined
  /** A bug: a handler threw, or our message has a TPDU that it should not have, or has none. */
  readonly onError: (error: unknown) => void
}

export class SocketChannel implements Channel {
  readonly id: number
  readonly remote: string
  readonly peer: Peer | undefined
  readonly #options: SocketChannelOptions
  readonly #socket: Socket
  readonly #cutter: FrameCutter
  readonly #turns: FrameTurns
  #handlers: ChannelHandlers | undefined
  #open = true
  #reason = ''
  #corked = false
  #paused = false
  #yielding = false
  #valid = false
  /** The last one that came; nothing has come: nothing was wrong. */
  #frameIsValid = true
  #lastMessageMs: number
  #cameMs = 0
  #cancelQuiet: (() => void) | undefined
  #cancelFrame: (() => void) | undefined
  #cancelLinger: (() => void) | undefined
  #cancelBacklog: (() => void) | undefined

  constructor(options: SocketChannelOptions) {
    const { socket } = options
    this.id = options.id
    this.remote = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`
    this.peer = options.peer
    this.#options = options
    this.#socket = socket
    this.#cutter = new FrameCutter(options.framing)
    this.#turns = options.turns ?? new FrameTurns(options.timers, ANSWERS_PER_TURN)
    this.#lastMessageMs = options.timers.monotonicMs()
    socket.on('error', (error: NodeJS.ErrnoException) => this.#failed(error))
    socket.on('close', () => this.#closed())
  }

  /** Begins to read. Apart from the constructor, because the handlers are made for the channel. */
  start(handlers: ChannelHandlers): void {
    this.#handlers = handlers
    this.#socket.on('data', (chunk: Buffer) => this.#received(chunk))
    this.#socket.on('end', () => this.#ended())
    const { firstFrameMs } = this.#options.limits
    if (!this.#open) return
    if (firstFrameMs > 0) this.#armQuiet(firstFrameMs)
    else this.#armQuiet(this.#options.limits.idleMs)
  }

  get open(): boolean {
    return this.#open && this.#socket.writable
  }

  /** Why it ended; empty while it is open. */
  get reason(): string {
    return this.#reason
  }

  send(body: Buffer, tpdu?: Buffer, written?: (ok: boolean) => void): boolean {
    if (!this.open) return false
    const bytes = this.#framed(body, tpdu)
    if (bytes === undefined) return false
    if (this.#frameIsValid) this.#lastMessageMs = this.#options.timers.monotonicMs()
    if (!this.#corked) {
      this.#corked = true
      this.#socket.cork()
      process.nextTick(() => this.#flush())
    }
    if (written === undefined) this.#socket.write(bytes)
    else this.#socket.write(bytes, (error) => this.#written(written, error))
    return true
  }

  /** A socket that was destroyed reports its unfinished write as done. */
  #written(tell: (ok: boolean) => void, error: Error | null | undefined): void {
    this.#guard(() => tell(!error && !this.#socket.destroyed))
  }

  close(reason: string): void {
    if (!this.#open) return
    this.#stop(reason)
    this.#linger()
    this.#socket.destroySoon()
  }

  dropped(): void {
    this.#frameIsValid = false
  }

  /**
   * A message was valid, and earns idle time. Who only hears later whether a frame was one calls
   * `dropped` while handling it, and this then.
   */
  earned(): void {
    if (!this.#open) return
    this.#frameIsValid = true
    this.#lastMessageMs = this.#options.timers.monotonicMs()
    if (this.#valid) return
    this.#valid = true
    this.#cancelQuiet?.()
    this.#armQuiet(this.#options.limits.idleMs)
  }

  /** Hands over no more frames, those that have come included, and reads nothing. */
  pause(): void {
    if (this.#paused || !this.#open) return
    this.#paused = true
    this.#cancelFrame?.()
    this.#cancelFrame = undefined
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#paused || !this.#open) return
    this.#paused = false
    this.#goOn()
  }

  /** Frames that have come first, then what the kernel holds. */
  #goOn(): void {
    if (this.#yielding) return
    this.#cut()
    if (this.#open && !this.#paused && !this.#yielding) this.#socket.resume()
  }

  /** What has come waits for a later turn of the event loop; nothing is read until then. */
  #yield(): void {
    this.#yielding = true
    this.#socket.pause()
    this.#turns.wait(() => {
      this.#yielding = false
      if (this.#open && !this.#paused) this.#goOn()
    })
  }

  #framed(body: Buffer, tpdu: Buffer | undefined): Buffer | undefined {
    try {
      return frame(this.#options.framing, body, tpdu)
    } catch (error) {
      // Whoever waits for it meets silence; the others of this process have nothing to do with it.
      if (error instanceof FrameTooLongError) this.#count('unfit')
      else this.#options.onError(error)
      return undefined
    }
  }

  /** After the kernel took what it can, what is left is what the peer does not read. */
  #flush(): void {
    this.#corked = false
    this.#socket.uncork()
    if (!this.#isOverCap()) return
    if (this.#socket instanceof TLSSocket) this.#watchBacklog()
    else this.#abort('write-cap', 'the peer does not read')
  }

  /** TLS hands over to the kernel a moment later, also when the peer reads well. */
  #watchBacklog(): void {
    this.#cancelBacklog ??= this.#options.timers.after(BACKLOG_MS, () => {
      this.#cancelBacklog = undefined
      if (this.#isOverCap()) this.#abort('write-cap', 'the peer does not read')
    })
  }

  #isOverCap(): boolean {
    return this.#socket.writableLength > this.#options.limits.writeCapBytes
  }

  #received(chunk: Buffer): void {
    if (!this.#open) return
    this.#cameMs = this.#options.timers.monotonicMs()
    this.#cutter.push(chunk)
    if (this.#paused || this.#yielding) return
    if (this.#turns.isTaken) this.#yield()
    else this.#cut()
  }

  /** `isLast`: in one go, since there is no later turn. */
  #cut(isLast = false): void {
    let complete = false
    for (let cut = this.#cutter.next(); cut !== undefined; cut = this.#cutter.next()) {
      if (cut.kind === 'broken') {
        this.#count('broken-frame')
        this.close(cut.reason)
        return
      }
      complete = true
      this.#turns.handled()
      this.#deliver(cut.body, cut.tpdu)
      if (!this.#open) return
      if (this.#paused) break
      if (!isLast && this.#turns.isSpent && this.#cutter.begun) {
        this.#yield()
        break
      }
    }
    this.#watchFrame(complete)
  }

  #deliver(body: Buffer, tpdu: Buffer | undefined): void {
    this.#frameIsValid = body.length > 0
    this.#guard(() => this.#handlers?.frame(body, tpdu, this.#cameMs))
    if (this.#frameIsValid) this.earned()
  }

  /** The deadline of a frame runs from its first bytes, however many chunks follow. */
  #watchFrame(complete: boolean): void {
    const { begun } = this.#cutter
    if (complete || !begun) {
      this.#cancelFrame?.()
      this.#cancelFrame = undefined
    }
    const { frameMs } = this.#options.limits
    // While we do not read, it is not the peer who is late: `resume` begins anew.
    const reads = !this.#paused && !this.#yielding
    if (!begun || !reads || this.#cancelFrame !== undefined) return
    this.#cancelFrame = this.#options.timers.after(frameMs, () => {
      this.#abort('frame-deadline', 'a frame did not end in time')
    })
  }

  /** One timer for the first message and for silence later; re-armed only when it fires. */
  #armQuiet(ms: number): void {
    this.#cancelQuiet = undefined
    if (ms <= 0) return
    this.#cancelQuiet = this.#options.timers.after(ms, () => this.#quiet())
  }

  #quiet(): void {
    const { firstFrameMs, idleMs } = this.#options.limits
    if (!this.#valid && firstFrameMs > 0) {
      this.#abort('first-frame-deadline', 'no message in time')
      return
    }
    const leftMs = this.#lastMessageMs + idleMs - this.#options.timers.monotonicMs()
    if (leftMs > 0) {
      this.#armQuiet(leftMs)
      return
    }
    this.#count('idle')
    this.close('idle')
  }

  #ended(): void {
    this.#hearOut()
    if (!this.#open) return
    if (this.#isCutOff()) this.#count('truncated-frame')
    this.#stop('closed by the peer')
    this.#linger()
  }

  /**
   * What waits for a turn is handled before the end is told. It is what one read brought at most,
   * since a stream ends only when all that it held was handed over; not so one that failed.
   */
  #hearOut(): void {
    if (!this.#options.hearsOut || !this.#open || !this.#yielding || this.#paused) return
    this.#yielding = false
    const held = () => (this.#socket.errored ? (this.#socket.read() as Buffer | null) : null)
    for (let chunk = held(); chunk !== null; chunk = held()) this.#cutter.push(chunk)
    this.#cut(true)
  }

  /** Frames that are dropped came as a whole; what is behind the last of them did not. */
  #isCutOff(): boolean {
    while (this.#cutter.next()?.kind === 'frame');
    return this.#cutter.begun
  }

  /** The socket ends by itself once our last bytes are out, but a peer may not read them. */
  #linger(): void {
    const { frameMs } = this.#options.limits
    this.#cancelLinger = this.#options.timers.after(frameMs, () => this.#socket.destroy())
  }

  #failed(error: NodeJS.ErrnoException): void {
    this.#hearOut()
    this.#stop(`socket error: ${error.code ?? error.message}`)
    // TLS reports a renegotiation as an error, and goes on with it.
    this.#socket.destroy()
  }

  #closed(): void {
    this.#stop('closed')
    this.#cancelLinger?.()
    const handlers = this.#handlers
    this.#guard(() => handlers?.closed(this.#reason))
    this.#handlers = undefined
  }

  #abort(event: ChannelEvent, reason: string): void {
    if (this.#socket.destroyed) return
    this.#count(event)
    this.#stop(reason)
    this.#socket.destroy()
  }

  /** The first reason is the one that is told. */
  #stop(reason: string): void {
    this.#open = false
    if (this.#reason === '') this.#reason = reason
    this.#cancelQuiet?.()
    this.#cancelFrame?.()
    this.#cancelBacklog?.()
    this.#cancelQuiet = undefined
    this.#cancelFrame = undefined
    this.#cancelBacklog = undefined
  }

  #count(what: ChannelEvent): void {
    this.#guard(() => this.#handlers?.counted?.(what))
  }

  /** A handler that throws ends this channel and no other. */
  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#options.onError(error)
      this.#stop('a handler failed')
      this.#socket.destroy()
    }
  }
}
