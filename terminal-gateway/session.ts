// One connection of a terminal or an institution: a frame becomes a message, its sender is checked,
// a handler answers. Several messages may be in flight and replies go out in any order.
//
// Checks in order: decodable (30) · who sent it (03, 58, 97, 63) · processing code (12) · the rest
// is the handler's. An answer goes out under the keys of its request. [wire-protocol 2, 3]
//
// While the keys of a hardware module are away nothing can be verified, and no answer would be
// believed: a terminal with keys meets silence, and does what it does in any silence.

import type { Channel, ChannelHandlers } from '../protocol/link/channel.ts'
import { swapTpdu } from '../protocol/link/framing.ts'
import { decode, type Rejection } from '../protocol/message/decode.ts'
import { EncodeError } from '../protocol/message/encode.ts'
import { encodeWithMac } from '../protocol/message/mac-input.ts'
import type { FieldReader, Message } from '../protocol/message/message.ts'
import { isRequest, replyMti } from '../protocol/message/mti.ts'
import { ModuleAwayError } from '../protocol/security/security-module.ts'
import { withoutCards } from '../protocol/values/pan.ts'
import { isReason, type Reason } from '../protocol/values/reason.ts'
import { confirmByLastStan } from '../switch/core/reversal-desk.ts'
import type { Terminal } from '../switch/core/sale-record.ts'
import { bindingOf } from './bound-terminal.ts'
import { closeReasonOf } from './close-reason.ts'
import type { Gateway, GatewayListener, Incoming } from './gateway.ts'
import { addressOf } from './mac-failures.ts'
import type { RecordedConnection } from './recorder.ts'
import { plain, type Reply, replyFields } from './reply.ts'
import { handlerOf } from './routes.ts'
import { type KnownSender, senderOf } from './sender.ts'
import type { SessionKeys } from './session-keys.ts'
import { parseStatus, type TerminalStatus } from './terminal-status.ts'

export function openSession(
  gateway: Gateway,
  listener: GatewayListener,
  channel: Channel,
): ChannelHandlers {
  const binding = bindingOf(listener, channel)
  const recorded = gateway.recorder?.connection(listener.kind === 'terminal', channel.remote)
  const judged = failuresOf(gateway, channel)
  let badFrames = 0

  const drop = (why: string): void => {
    channel.dropped()
    gateway.count('frames dropped', why)
    badFrames++
    if (badFrames >= gateway.badFramesMost) channel.close('too many frames that are no request')
  }

  /** Answered, or no more, by how many there were of this connection and its address. */
  const wrongMac = (route: Route, message: Message, responseCode: string): void => {
    const verdict = judged('wrong MAC')
    if (verdict !== 'close') send(route, message, plain(responseCode), undefined)
    if (verdict !== 'answer') channel.close(NO_MAC)
  }

  const failed = (error: unknown): void => unanswered(gateway, error)

  const handle = (route: Route, message: Message, arrivedMs: number): void => {
    const sender = senderOf(gateway, { listener, binding }, message)
    if (sender.kind === 'wrong MAC') return wrongMac(route, message, sender.responseCode)
    if (sender.kind === 'refused') {
      const { responseCode, keys, terminal } = sender
      if (terminal !== undefined) confirmPrinted(gateway, terminal, message, statusOf(message))
      // Anybody can send it, and a connection is not kept for everybody who asks again and again.
      if (keys === undefined) channel.dropped()
      return send(route, message, plain(responseCode), keys)
    }
    const verdict = isFlood(gateway, sender) ? judged(UNUSED, 'comes later') : 'answer'
    if (verdict === 'close') return channel.close(NO_MAC)
    recorded?.message(sender.terminal.key, message)
    answerOf(gateway, message, sender, arrivedMs)
      .then((reply) => {
        if (reply !== undefined) send(route, message, reply, sender.keys)
        if (verdict !== 'answer') channel.close(NO_MAC)
      })
      .catch(failed)
  }

  return {
    frame: (body, tpdu, cameMs = gateway.timers.monotonicMs()) => {
      if (body.length === 0) return drop('empty')
      const message = decode(listener.dialect, body)
      const route = { gateway, listener, channel, tpdu }
      if (message.kind === 'rejected') {
        if (!mayAnswer(message)) return drop('unreadable')
        channel.dropped()
        gateway.count('messages', 'format error')
        return send(route, message, plain('30'), undefined)
      }
      if (!isRequest(message.mti)) return drop('not a request')
      gateway.count('messages', message.mti)
      try {
        handle(route, message, cameMs)
      } catch (error) {
        failed(error)
      }
    },
    closed: (reason) => ended(gateway, recorded, reason),
    counted: (what) => gateway.count('link events', what),
  }
}

const NO_MAC = 'messages without a right MAC'
const UNUSED = 'logons whose keys are not used'

/** Messages of one connection that no MAC vouches for, judged with those of its address. */
function failuresOf({ count, macFailures }: Gateway, channel: Channel) {
  let earlier = 0
  let isOver = false
  return (what: string, answer?: 'comes later') => {
    channel.dropped(answer)
    count('security events', what)
    const verdict = macFailures.judge(addressOf(channel.remote), earlier)
    earlier++
    // Its last answer may be on its way still, and nothing more is to be done for it.
    if (isOver) return 'close'
    isOver = verdict !== 'answer'
    return verdict
  }
}

/** A few are no flood: answers get lost. Then each counts as a wrong MAC does. */
function isFlood({ keyDesk }: Gateway, { logon, owner }: KnownSender): boolean {
  return logon !== undefined && keyDesk?.isFlooded(owner) === true
}

function ended(gateway: Gateway, recorded: RecordedConnection | undefined, reason: string): void {
  const why = closeReasonOf(reason)
  recorded?.closed(why)
  gateway.count('connections closed', why)
}

/** Our own bug: the message stays without an answer, and the process goes down. */
function unanswered(gateway: Gateway, error: unknown): void {
  if (!(error instanceof ModuleAwayError)) return giveUp(error)
  gateway.count('messages', 'unanswered, keys away')
}

function giveUp(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

/** RC 30 needs a request of this version whose bitmap could be read. [wire-protocol 2] */
function mayAnswer(rejection: Rejection): boolean {
  return rejection.mti !== null && rejection.bitmapRead && isRequest(rejection.mti)
}

function answerOf(
  gateway: Gateway,
  message: Message,
  sender: KnownSender,
  arrivedMs: number,
): Promise<Reply | undefined> {
  const { terminal, keys, owner, logon, settings } = sender
  const status = statusOf(message)
  // A logon has no MAC: what it tells of sale and terminal, anybody may have sent.
  const isBelieved = logon === undefined
  if (isBelieved) confirmPrinted(gateway, terminal, message, status)
  const handler = handlerOf(message)
  if (handler === undefined) return Promise.resolve(plain('12'))
  if (isReason(status)) return Promise.resolve(plain('30'))
  // biome-ignore format: one object, not one and its copy
  const incoming: Incoming =
    { message, terminal, keys, owner, logon, settings, status, arrivedMs }
  const answered = handler(gateway, incoming)
  if (!isBelieved) return answered
  const { version, serialNumber, saidPrinter: printer } = status
  const serial = serialNumber && withoutCards(serialNumber)
  return answered.then((reply) => {
    const responseCode = reply?.responseCode
    gateway.seen?.noted(terminal.key, { version, serial, printer, responseCode })
    return reply
  })
}

function statusOf(message: Message): TerminalStatus | Reason {
  return parseStatus(message.get(60) ?? '')
}

/** A receipt came out, whatever the message that tells of it is answered. */
function confirmPrinted(
  { book }: Gateway,
  terminal: Terminal,
  message: Message,
  status: TerminalStatus | Reason,
): void {
  if (isReason(status) || status.lastPrintedStan === undefined) return
  const own = `${message.get(11)}/${message.get(13)}${message.get(12)}`
  confirmByLastStan(book, terminal.key, status.lastPrintedStan, own).catch(giveUp)
}

interface Route {
  readonly gateway: Gateway
  readonly listener: GatewayListener
  readonly channel: Channel
  readonly tpdu: Buffer | undefined
}

/** Without `keys` it carries no MAC: a logon, a terminal without keys, or nobody we know. */
function send(
  route: Route,
  request: Message | Rejection,
  reply: Reply,
  keys: SessionKeys | undefined,
): void {
  const { gateway, listener, channel, tpdu } = route
  const { dialect } = listener
  const reader: FieldReader = request.kind === 'rejected' ? request.read : request
  const mti = replyMti(request.mti ?? '')
  const fields = replyFields(reader, reply, listener.responseCodes)
  const compute = keys && ((input: Buffer) => keys.module.mac(keys.macKey, input))
  let body: Buffer
  try {
    body = encodeWithMac(dialect, mti, fields, compute)
  } catch (error) {
    reply.written?.(false)
    if (!(error instanceof EncodeError)) throw error
    // Its terminal would ask again, and the next process would end by it as well.
    const to = `terminal ${reader.get(41)}`
    const detail = `${mti} to ${to}: ${error.message}`
    const { notice, told } = gateway.book
    if (told.isNews(`unwritable/${to} of ${reader.get(42)}`)) {
      notice({ level: 'alarm', what: 'an answer cannot be written', detail })
    }
    return gateway.count('messages', 'unanswered, not to be written')
  }
  gateway.count('answers', reply.responseCode)
  const sent = channel.send(body, tpdu === undefined ? undefined : swapTpdu(tpdu), reply.written)
  if (!sent) reply.written?.(false)
}
