// The terminal's connection: opened when needed, kept while it answers, closed after silence so
// that a late reply never meets a later question. One question at a time; does not read messages.

import type { Channel, ChannelHandlers } from '../protocol/link/channel.ts'
import type { Timers } from '../protocol/link/timers.ts'

/** What a terminal needs of a channel; a socket's channel and a simulated one both fit. */
export type TerminalChannel = Pick<Channel, 'open' | 'send' | 'close'>
export type TerminalChannelHandlers = Pick<ChannelHandlers, 'frame' | 'closed'>

export type ConnectOutcome =
  | { readonly kind: 'connected'; readonly channel: TerminalChannel }
  | { readonly kind: 'not-connected'; readonly reason: string }

/** Opens a new connection, or tells why not. The handlers may be called from then on. */
export type Connect = (handlers: TerminalChannelHandlers) => Promise<ConnectOutcome>

export interface LineOptions {
  readonly connect: Connect
  readonly timers: Timers
  /** Sent with every frame; a reply must bring it back with its two addresses swapped. */
  readonly tpdu: Buffer | undefined
}

export interface Question<Reply> {
  readonly body: Buffer
  /** Gives the reply when the frame is one; every other frame is left alone. */
  readonly take: (body: Buffer) => Reply | undefined
  readonly timeoutMs: number
  /** Leave the connection that was silent and open another. */
  readonly fresh: boolean
  /** Try to connect again, this long after a failure, until the time is over. */
  readonly reconnectMs?: number
}

export type Answer<Reply> =
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** Sent, at least in part, and not answered. */
  | { readonly kind: 'silence'; readonly reason: string }
  /** No byte of it left the terminal. */
  | { readonly kind: 'not-sent'; readonly reason: string }

/** Each connection has its own listener, so what an old one still says is not heard. */
interface Connection {
  channel: TerminalChannel | undefined
  listener: { frame(body: Buffer): void; closed(reason: string): void } | undefined
}

export class Line {
  readonly #options: LineOptions
  readonly #replyTpdu: Buffer | undefined
  #connection: Connection | undefined

  constructor(options: LineOptions) {
    this.#options = options
    this.#replyTpdu = options.tpdu === undefined ? undefined : swapped(options.tpdu)
  }

  async ask<Reply>(question: Question<Reply>): Promise<Answer<Reply>> {
    const { timers } = this.#options
    const deadlineMs = timers.monotonicMs() + question.timeoutMs
    if (question.fresh) this.close('silent')
    for (;;) {
      const answer = await this.#attempt(question, deadlineMs)
      if (answer.kind !== 'reply') this.close('silent')
      if (answer.kind !== 'not-sent') return answer
      const { reconnectMs } = question
      if (reconnectMs === undefined) return answer
      if (timers.monotonicMs() + reconnectMs >= deadlineMs) return answer
      await pause(timers, reconnectMs)
    }
  }

  close(reason: string): void {
    const connection = this.#connection
    this.#connection = undefined
    connection?.channel?.close(reason)
  }

  async #attempt<Reply>(question: Question<Reply>, deadlineMs: number): Promise<Answer<Reply>> {
    let connection = this.#connection
    if (connection?.channel?.open !== true) {
      connection = { channel: undefined, listener: undefined }
      this.#connection = connection
      const timeoutMs = deadlineMs - this.#options.timers.monotonicMs()
      const outcome = await this.#connect(connection, timeoutMs)
      if (outcome.kind === 'not-connected') return { kind: 'not-sent', reason: outcome.reason }
      connection.channel = outcome.channel
    }
    return this.#exchange(connection, question, deadlineMs)
  }

  #connect(connection: Connection, timeoutMs: number): Promise<ConnectOutcome> {
    return new Promise((resolve) => {
      let decided = false
      const decide = (outcome: ConnectOutcome): void => {
        // It came up after its time: nobody waits for it any more.
        if (decided && outcome.kind === 'connected') outcome.channel.close('too late')
        decided = true
        cancel()
        resolve(outcome)
      }
      const cancel = this.#options.timers.after(Math.max(0, timeoutMs), () => {
        decide({ kind: 'not-connected', reason: 'no connection in time' })
      })
      this.#options.connect(this.#handlers(connection)).then(decide, (error: unknown) => {
        const reason = error instanceof Error ? error.message : 'cannot connect'
        decide({ kind: 'not-connected', reason })
      })
    })
  }

  #handlers(connection: Connection): TerminalChannelHandlers {
    return {
      frame: (body, tpdu) => {
        if (this.#isForUs(tpdu)) connection.listener?.frame(body)
      },
      closed: (reason) => connection.listener?.closed(reason),
    }
  }

  #exchange<Reply>(
    connection: Connection,
    question: Question<Reply>,
    deadlineMs: number,
  ): Promise<Answer<Reply>> {
    const { timers, tpdu } = this.#options
    return new Promise((resolve) => {
      const settle = (answer: Answer<Reply>): void => {
        cancel()
        connection.listener = undefined
        resolve(answer)
      }
      const cancel = timers.after(Math.max(0, deadlineMs - timers.monotonicMs()), () => {
        settle({ kind: 'silence', reason: 'no answer in time' })
      })
      // Before sending, because a simulated peer may answer within the call.
      connection.listener = {
        frame: (body) => {
          const reply = question.take(body)
          if (reply !== undefined) settle({ kind: 'reply', reply })
        },
        closed: (reason) => settle({ kind: 'silence', reason: `connection closed: ${reason}` }),
      }
      const sent = connection.channel?.send(question.body, tpdu) ?? false
      if (!sent) settle({ kind: 'not-sent', reason: 'the connection was lost' })
    })
  }

  #isForUs(tpdu: Buffer | undefined): boolean {
    return tpdu === undefined || this.#replyTpdu === undefined || tpdu.equals(this.#replyTpdu)
  }
}

function swapped(tpdu: Buffer): Buffer {
  return Buffer.concat([tpdu.subarray(0, 1), tpdu.subarray(3, 5), tpdu.subarray(1, 3)])
}

export function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => {
    timers.after(ms, resolve)
  })
}
