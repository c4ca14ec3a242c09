// The link of a gateway: one envelope, or a row of them said to either end of a link. What is read
// is written back as it was; nothing throws; whatever is said, a link ends once, no connection is
// left open on one that has ended, and no frame reaches a terminal but the one that its number
// belongs to.

import type { Channel } from '../../../protocol/link/channel.ts'
import { DIALECTS } from '../../../protocol/message/dialect.ts'
import type { Gateway, GatewayListener } from '../../../terminal-gateway/gateway.ts'
import { MacFailures } from '../../../terminal-gateway/mac-failures.ts'
import { type Envelope, envelope, readEnvelope } from '../../../terminal-gateway/relay/envelope.ts'
import { GatewayLink } from '../../../terminal-gateway/relay/gateway-link.ts'
import { type LinkedTerminal, RelayLink } from '../../../terminal-gateway/relay/relay-link.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { goldenFrames } from '../golden-seeds.ts'
import { type FuzzTarget, Mismatch, type Outcome } from '../target.ts'

const TPDU = Buffer.from('6000010002', 'hex')

/** Byte 0: 0 to the reader, 1 to the gateway, 2 to the switch; then one byte of length each. */
export const RELAY_TARGET: FuzzTarget = {
  name: 'gateway-link',
  weight: 40,
  sliceRuns: 600_000,
  mostBytes: 1_024,
  floorBytes: 65_536,
  words: ['\x00\x00\x00\x00\x00\x01', '\x11\x00\x00\x00\x00\x00\x02', '\x03pos', '\x60\x00\x01'],
  open: () => ({ seeds: seeds(), run }),
}

const UP: Envelope[] = [
  { kind: 'hello', version: 1, frameBytes: 300, doors: [{ listener: 'pos', tpdu: true }] },
  { kind: 'open', id: 1, door: 0, tls: true, remote: '10.0.0.1:5', names: ['10000001'] },
  { kind: 'frame', id: 1, bytes: TPDU },
  { kind: 'written', id: 1, complete: true },
  { kind: 'echo', number: 7 },
  { kind: 'open', id: 2, door: 0, tls: false, remote: '10.0.0.1:6', names: undefined },
  { kind: 'closed', id: 1, reason: 'idle' },
]
const DOWN: Envelope[] = [
  { kind: 'welcome', version: 1, gateway: 'gw' },
  { kind: 'taken', id: 1, bytes: 9, was: 'valid' },
  { kind: 'frame', id: 2, bytes: TPDU },
  { kind: 'close', id: 1, reason: 'not admitted' },
  { kind: 'echoed', number: 1 },
  { kind: 'refused', why: 'no' },
]

function seeds() {
  const row = (first: number, given: Envelope[]) => {
    const parts = given.map(envelope).flatMap((bytes) => [Buffer.from([bytes.length]), bytes])
    return { bytes: Buffer.concat([Buffer.from([first]), ...parts]) }
  }
  const single = [...UP, ...DOWN].map((given) => {
    return { bytes: Buffer.concat([Buffer.from([0]), envelope(given)]) }
  })
  const requests = goldenFrames()
    .filter(({ bytes }) => bytes[2] === 0x60 && bytes.length < 240)
    .map(({ bytes }) =>
      row(2, [...UP.slice(0, 2), { kind: 'frame', id: 1, bytes: bytes.subarray(2) }]),
    )
  return [...single, row(2, UP), row(1, DOWN), ...requests]
}

function run(input: Buffer): Outcome {
  const end = (input[0] ?? 0) % 3
  if (end === 0) return read(input.subarray(1))
  return end === 1 ? toTheGateway(input) : toTheSwitch(input)
}

function read(bytes: Buffer): Outcome {
  const found = readEnvelope(bytes)
  if (found.kind === 'broken') return found.reason
  if (!envelope(found).equals(bytes)) throw new Mismatch('written otherwise than read')
  return found.kind
}

function* said(input: Buffer): Generator<Buffer> {
  for (let at = 1; at < input.length; ) {
    const from = at + 1
    at = from + (input[at] ?? 0)
    yield input.subarray(from, Math.min(at, input.length))
  }
}

/** A channel that keeps what is sent, and tells its handlers when it ends. */
class Kept implements Channel {
  readonly id = 1
  readonly remote = 'nowhere'
  readonly sent: Envelope[] = []
  open = true
  ends = 0

  send(body: Buffer): boolean {
    if (!this.open) return false
    const found = readEnvelope(Buffer.from(body))
    if (found.kind === 'broken') throw new Mismatch(`we said what is broken: ${found.reason}`)
    this.sent.push(found)
    return true
  }
  close(): void {
    this.open = false
  }
  dropped(): void {
    this.ends += 0
  }
}

function toTheGateway(input: Buffer): Outcome {
  const channel = new Kept()
  const timers = new VirtualTime()
  let ends = 0
  const link: RelayLink = new RelayLink(
    {
      ...{ timers, frameBytes: 300, doors: [{ listener: 'pos', tpdu: true }] },
      ...{ echoAfterMs: 1_000, echoAnswerMs: 1_000, congestedBytes: 20, restMs: 9_000 },
      count: () => undefined,
      onWelcome: () => undefined,
      onEnd: () => {
        ends++
      },
    },
    channel,
  )
  const terminals = new Map<number, { frames: number; open: boolean }>()
  const connect = (): void => {
    const seen = { frames: 0, open: true }
    const terminal: LinkedTerminal = {
      isWaiting: false,
      deliver: () => {
        if (!seen.open) throw new Mismatch('a frame after the end of a connection')
        seen.frames++
      },
      taken: (bytes) => bytes <= 9,
      end: (reason) => {
        seen.open = false
        link.gone(id, reason)
      },
      rests: () => false,
      linkEnded: () => {
        seen.open = false
      },
      pause: () => undefined,
      resume: () => undefined,
    }
    const id = link.open(terminal, { door: 0, tls: false, remote: 'a:1', names: undefined })
    if (terminals.has(id)) throw new Mismatch('a number was used twice')
    terminals.set(id, seen)
    link.forward(id, TPDU, Buffer.from('0200', 'latin1'))
  }
  for (const body of said(input)) {
    if (link.isUp && terminals.size < 3) connect()
    link.frame(body)
  }
  timers.advance(10_000)
  if (ends !== 1 || channel.open || link.connections > 0) throw new Mismatch('not ended once')
  if ([...terminals.values()].some(({ open }) => open)) throw new Mismatch('a connection is left')
  return `gateway ${terminals.size} ${[...terminals.values()].map(({ frames }) => frames > 0)}`
}

const LISTENER: GatewayListener = {
  ...{ name: 'pos', kind: 'terminal', dialect: DIALECTS.iso87binary, keys: 'none' },
  ...{ insecure: true, tls: false, institution: 0, merchants: undefined, responseCodes: {} },
}

function toTheSwitch(input: Buffer): Outcome {
  const channel = new Kept()
  const timers = new VirtualTime()
  const limits = { perConnection: 5, perAddressAndMinute: 60, addresses: 10 }
  // Nobody is registered: every request is answered without a core.
  const gateway = {
    ...{ timers, badFramesMost: 5, macFailures: new MacFailures(limits, timers) },
    directory: { find: () => undefined },
    count: () => undefined,
  } as unknown as Gateway
  const takes = { needs: 'none', clients: [], writeCapBytes: 900 } as const
  const relayed = { listener: LISTENER, tpdu: true, ...takes }
  let ends = 0
  const link = new GatewayLink(
    {
      ...{ gateway, timers, frameBytes: 300, connectionsMost: 3 },
      ...{ admitted: { name: 'gw', listeners: new Map([['pos', relayed]]) }, silentMs: 1_000 },
      onUp: () => undefined,
      onEnd: () => {
        ends++
      },
      onError: (error) => {
        throw error
      },
    },
    channel,
  )
  for (const body of said(input)) link.frame(body)
  timers.advance(10_000)
  if (ends !== 1 || channel.open || link.connections > 0) throw new Mismatch('not ended once')
  const opened = new Set<number>()
  for (const body of said(input)) {
    const found = readEnvelope(body)
    if (found.kind === 'open') opened.add(found.id)
  }
  const strays = channel.sent.some((one) => 'id' in one && !opened.has(one.id))
  if (strays) throw new Mismatch('something was said to nobody')
  return `switch ${channel.sent.map(({ kind }) => kind).slice(0, 6)}`
}
