// Two channels joined in memory: the simulated twin of SocketChannel. Delay, loss and the end of
// the connection are driven by Timers, so a simulation decides them. Like TCP it keeps the order of
// each direction, and delivers what was sent before a close, but nothing that a cut caught on its
// way. Has no deadlines and no write cap of its own.

import type { Channel, ChannelHandlers } from '../../protocol/link/channel.ts'
import type { Timers } from '../../protocol/link/timers.ts'

export interface MemoryLinkOptions {
  readonly timers: Timers
  /** Of each frame; 1 ms when left out. A frame never overtakes an earlier one. */
  readonly delayMs?: () => number
  /** Asked once for each frame: true loses it, and the sender does not notice. */
  readonly lose?: () => boolean
}

/** Both ends; give each its handlers with `start`. Frames that arrive before it are lost. */
export function memoryLink(options: MemoryLinkOptions): [MemoryChannel, MemoryChannel] {
  const left = new MemoryChannel(1, 'memory:right', options)
  const right = new MemoryChannel(2, 'memory:left', options)
  left.join(right)
  right.join(left)
  return [left, right]
}

export class MemoryChannel implements Channel {
  readonly id: number
  readonly remote: string
  readonly #options: MemoryLinkOptions
  #peer: MemoryChannel | undefined
  #handlers: ChannelHandlers | undefined
  #open = true
  #cut = false
  #lastArrivalMs = 0
  #unwritten = new Set<(ok: boolean) => void>()

  constructor(id: number, remote: string, options: MemoryLinkOptions) {
    this.id = id
    this.remote = remote
    this.#options = options
  }

  join(peer: MemoryChannel): void {
    this.#peer = peer
  }

  start(handlers: ChannelHandlers): void {
    this.#handlers = handlers
  }

  get open(): boolean {
    return this.#open
  }

  send(body: Buffer, tpdu?: Buffer, written?: (ok: boolean) => void): boolean {
    if (!this.#open) return false
    // Copies, as the wire would make: neither side may rely on the other's buffers.
    const bytes = Buffer.from(body)
    const address = tpdu === undefined ? undefined : Buffer.from(tpdu)
    const isLost = this.#options.lose?.() ?? false
    this.#arrive(() => {
      if (!isLost && !this.#cut) this.#peer?.receive(bytes, address)
    })
    if (written !== undefined) this.#write(written)
    return true
  }

  /** What was sent before still arrives; then the other end learns of it. */
  close(reason: string): void {
    if (!this.#open) return
    this.#open = false
    this.#options.timers.after(0, () => this.#handlers?.closed(reason))
    this.#arrive(() => this.#peer?.end('closed by the peer'))
  }

  /** The line is cut: both ends are closed at once, and what is on its way is lost. */
  cut(reason: string): void {
    for (const end of [this, this.#peer]) {
      if (end === undefined) continue
      end.#cut = true
      for (const written of end.#unwritten) written(false)
      end.#unwritten.clear()
      end.end(reason)
    }
  }

  dropped(): void {
    // There is no idle time here that a frame could earn.
  }

  receive(body: Buffer, tpdu: Buffer | undefined): void {
    if (this.#open) this.#handlers?.frame(body, tpdu)
  }

  end(reason: string): void {
    if (!this.#open) return
    this.#open = false
    this.#handlers?.closed(reason)
  }

  #write(written: (ok: boolean) => void): void {
    const tell = (ok: boolean): void => written(ok)
    this.#unwritten.add(tell)
    this.#options.timers.after(0, () => {
      if (this.#unwritten.delete(tell)) tell(true)
    })
  }

  #arrive(run: () => void): void {
    const { timers, delayMs } = this.#options
    const now = timers.monotonicMs()
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, now + (delayMs?.() ?? 1))
    timers.after(this.#lastArrivalMs - now, run)
  }
}
