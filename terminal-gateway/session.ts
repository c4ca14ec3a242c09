// One connection of a terminal or an institution: a frame becomes a message, its sender is checked,
// a handler answers. Several messages may be in flight and replies go out in any order.
//
// Checks in order: decodable (30) · merchant and terminal (03, 58) · keys (97) · processing code
// (12) · everything else is the handler's. [wire-protocol 2, 3]

import type { Channel, ChannelHandlers } from '../protocol/link/channel.ts'
import { swapTpdu } from '../protocol/link/framing.ts'
import { decode, type Rejection } from '../protocol/message/decode.ts'
import { encode } from '../protocol/message/encode.ts'
import type { FieldReader, Message } from '../protocol/message/message.ts'
import { isRequest, replyMti } from '../protocol/message/mti.ts'
import { parseMerchantId, parseTerminalId } from '../protocol/values/identifiers.ts'
import { isReason } from '../protocol/values/reason.ts'
import { findSale, turnKey } from '../switch/core/book.ts'
import { confirmByLastStan } from '../switch/core/reversal-desk.ts'
import type { Terminal } from '../switch/core/sale-record.ts'
import type { Gateway, GatewayListener, RegisteredTerminal } from './gateway.ts'
import { plain, type Reply, replyFields } from './reply.ts'
import { identityOf } from './request-fields.ts'
import { handlerOf, isNewBusiness } from './routes.ts'
import { parseStatus } from './terminal-status.ts'

export function openSession(
  gateway: Gateway,
  listener: GatewayListener,
  channel: Channel,
): ChannelHandlers {
  let badFrames = 0

  const drop = (why: string): void => {
    channel.dropped()
    gateway.count('frames dropped', why)
    badFrames++
    if (badFrames >= gateway.badFramesMost) channel.close('too many frames that are no request')
  }

  return {
    frame: (body, tpdu) => {
      if (body.length === 0) return drop('empty')
      const message = decode(listener.dialect, body)
      const answer = (reply: Reply | undefined): void => {
        if (reply === undefined) return
        send({ gateway, listener, channel, tpdu }, message, reply)
      }
      if (message.kind === 'rejected') {
        if (!mayAnswer(message)) return drop('unreadable')
        gateway.count('messages', 'format error')
        return answer(plain('30'))
      }
      if (!isRequest(message.mti)) return drop('not a request')
      gateway.count('messages', message.mti)
      handle(gateway, listener, message).then(answer, giveUp)
    },
    closed: (reason) => gateway.count('connections closed', reason),
    counted: (what) => gateway.count('link events', what),
  }
}

/** Our own bug: the message stays without an answer, and the process goes down. */
function giveUp(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

/** RC 30 needs a request of this version whose bitmap could be read. [wire-protocol 2] */
function mayAnswer(rejection: Rejection): boolean {
  return rejection.mti !== null && rejection.bitmapRead && isRequest(rejection.mti)
}

async function handle(
  gateway: Gateway,
  listener: GatewayListener,
  message: Message,
): Promise<Reply | undefined> {
  const arrivedMs = gateway.timers.monotonicMs()
  const sender = identify(gateway, listener, message)
  if (typeof sender === 'string') return plain(sender)
  const { terminal, settings = {} } = sender
  const handler = handlerOf(message)
  if (handler === undefined) return plain('12')
  const status = parseStatus(message.get(60) ?? '')
  if (isReason(status)) return plain('30')
  const { version, serial, saidPrinter: printer } = status
  gateway.seen?.noted(terminal.key, { version, serial, printer })
  if (status.lastPrintedStan !== undefined) {
    confirmByLastStan(gateway.book, terminal.key, status.lastPrintedStan).catch(giveUp)
  }
  const reply = await handler(gateway, { message, terminal, settings, status, arrivedMs })
  if (reply !== undefined) gateway.seen?.noted(terminal.key, { responseCode: reply.responseCode })
  return reply
}

/** The terminal that sent it, or the response code it is refused with. */
function identify(
  gateway: Gateway,
  listener: GatewayListener,
  message: Message,
): RegisteredTerminal | string {
  const tid = parseTerminalId(message.get(41) ?? '')
  const mid = parseMerchantId(message.get(42) ?? '')
  if (isReason(tid) || isReason(mid)) return message.has(41) && message.has(42) ? '03' : '30'
  if (listener.merchants !== undefined && !listener.merchants.has(mid)) return '58'
  const registered = gateway.directory.find(listener.institution, mid, tid)
  if (registered === undefined) return '03'
  const { terminal, scheme } = registered
  if (!terminal.maySell && isNewBusiness(message) && !isTaken(gateway, terminal, message)) {
    return '58'
  }
  // On an institution link the keys are the link's; on a terminal link they are the terminal's.
  const keys = listener.kind === 'institution' ? listener.keys : scheme
  if (keys !== listener.keys || (keys === 'none' && !listener.insecure)) return '58'
  return keys === 'none' ? registered : '97'
}

/** A sale that was taken before its terminal was blocked: its repeat gets the stored answer. */
function isTaken({ book }: Gateway, terminal: Terminal, message: Message): boolean {
  const identity = identityOf(message, terminal)
  if (isReason(identity) || !message.mti.startsWith('020')) return false
  return book.running.has(turnKey(identity)) || findSale(book, identity) !== undefined
}

interface Route {
  readonly gateway: Gateway
  readonly listener: GatewayListener
  readonly channel: Channel
  readonly tpdu: Buffer | undefined
}

function send(route: Route, request: Message | Rejection, reply: Reply): void {
  const { gateway, listener, channel, tpdu } = route
  const reader: FieldReader = request.kind === 'rejected' ? request.read : request
  const mti = replyMti(request.mti ?? '')
  const fields = replyFields(reader, reply, listener.responseCodes)
  const body = encode(listener.dialect, mti, fields)
  gateway.count('answers', reply.responseCode)
  const sent = channel.send(body, tpdu === undefined ? undefined : swapTpdu(tpdu), reply.written)
  if (!sent) reply.written?.(false)
}
