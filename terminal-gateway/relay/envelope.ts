// What a gateway and the switch say to each other on their link, one envelope a frame of it: a
// kind, and what belongs to the kind. `up` goes from the gateway to the switch, `down` the other
// way.
// [docs/protocol.md, The link of a gateway]
//
// The reader is strict: a length that is not exactly right, a text that is not plain, a reserved
// bit or a number out of its range is a broken envelope. It never throws and copies nothing. What
// may come when is not decided here.

import type { Framing } from '../../protocol/link/framing.ts'
import { CLOSE_REASONS, type CloseReason } from '../close-reason.ts'

export const LINK_VERSION = 1

/** Of the link itself: room for an envelope around the longest frame of a terminal. */
export const LINK_FRAMING: Framing = {
  length: 'binary2',
  lengthIncludesItself: false,
  tpdu: false,
  maxFrameBytes: 0xffff,
}

const FRAME_COST = 32

/** What a frame counts while it is not taken: one without a byte is work at both ends, too. */
export function costOf(bytes: number): number {
  return bytes + FRAME_COST
}

/** A door of the gateway, and the listener of the switch that it opens. */
export interface HelloDoor {
  readonly listener: string
  readonly tpdu: boolean
}

/**
 * What a frame was: no message, and nothing answers it; a valid message, whose answer comes when it
 * comes, if any; or no valid message that is answered all the same, before this is said or, as a
 * logon is, after it. The number is the place in the list.
 */
export const TAKEN_AS = ['dropped', 'valid', 'refused'] as const
export type TakenAs = (typeof TAKEN_AS)[number]

export type Envelope =
  /** up, first: who speaks is said by its certificate. */
  | { kind: 'hello'; version: number; frameBytes: number; doors: readonly HelloDoor[] }
  /** down, to a hello: the link carries connections from now on. */
  | { kind: 'welcome'; version: number; gateway: string }
  /** down, to a hello: this gateway is not taken; the link ends. */
  | { kind: 'refused'; why: string }
  /** up, in front of the first frame of a connection. */
  | Opening
  /** Both: what stands behind the length header, TPDU included, as it came. */
  | { kind: 'frame'; id: number; bytes: Buffer }
  /** down, to each frame up: it was read, and what it was. */
  | { kind: 'taken'; id: number; bytes: number; was: TakenAs }
  /** up, to each frame down, in order: the kernel has all of it, or never will. */
  | { kind: 'written'; id: number; complete: boolean }
  /** down: the terminal's connection is to end, once what was sent before is out. */
  | { kind: 'close'; id: number; reason: CloseReason }
  /** up: it has ended; nothing follows. */
  | { kind: 'closed'; id: number; reason: CloseReason }
  /** up and down. */
  | { kind: 'echo'; number: number }
  | { kind: 'echoed'; number: number }

export interface Opening {
  readonly kind: 'open'
  /** Of connections of this link, counted from 1. */
  readonly id: number
  /** Its place in the hello. */
  readonly door: number
  /** The terminal's connection is enciphered. */
  readonly tls: boolean
  /** Address and port of the terminal. */
  readonly remote: string
  /** Of its certificate; undefined: it showed none. */
  readonly names: readonly string[] | undefined
}

export interface BrokenEnvelope {
  readonly kind: 'broken'
  readonly reason: string
}

const KINDS = {
  hello: 0x01,
  welcome: 0x02,
  refused: 0x03,
  open: 0x10,
  frame: 0x11,
  taken: 0x12,
  written: 0x13,
  close: 0x14,
  closed: 0x15,
  echo: 0x20,
  echoed: 0x21,
} as const satisfies Record<Envelope['kind'], number>

const NAMES = new Map<number, Envelope['kind']>(
  Object.entries(KINDS).map(([name, number]) => [number, name as Envelope['kind']]),
)

const ID_BYTES = 6
const DOORS_MOST = 64
export const CERTIFICATE_NAMES_MOST = 64
const TEXT_BYTES = 255
const PRINTABLE = /^[ -~]+$/

const TPDU_BIT = 1
const TLS_BIT = 1
const CERTIFICATE_BIT = 2

/** `kind 1 · …` as the table of docs/protocol.md has it. */
export function envelope(given: Envelope): Buffer {
  const kind = Buffer.from([KINDS[given.kind]])
  switch (given.kind) {
    case 'hello':
      return Buffer.concat([
        kind,
        Buffer.from([given.version]),
        number(given.frameBytes, 2),
        Buffer.from([given.doors.length]),
        ...given.doors.flatMap(({ tpdu, listener }) => [
          Buffer.from([tpdu ? TPDU_BIT : 0]),
          text(listener),
        ]),
      ])
    case 'welcome':
      return Buffer.concat([kind, Buffer.from([given.version]), text(given.gateway)])
    case 'refused':
      return Buffer.concat([kind, text(given.why)])
    case 'open':
      return Buffer.concat([kind, ...openParts(given)])
    case 'frame':
      return frameEnvelope(given.id, undefined, given.bytes)
    case 'taken': {
      const end = Buffer.from([TAKEN_AS.indexOf(given.was)])
      return Buffer.concat([kind, number(given.id, ID_BYTES), number(given.bytes, 2), end])
    }
    case 'written':
      return Buffer.concat([
        kind,
        number(given.id, ID_BYTES),
        Buffer.from([given.complete ? 1 : 0]),
      ])
    case 'close':
    case 'closed': {
      const reason = Buffer.from([CLOSE_REASONS.indexOf(given.reason)])
      return Buffer.concat([kind, number(given.id, ID_BYTES), reason])
    }
    case 'echo':
    case 'echoed':
      return Buffer.concat([kind, number(given.number, 4)])
  }
}

/** The same for a frame whose TPDU was taken off: copied once, in whatever pieces it is. */
export function frameEnvelope(id: number, tpdu: Buffer | undefined, body: Buffer): Buffer {
  const head = 1 + ID_BYTES
  const bytes = Buffer.allocUnsafe(head + (tpdu?.length ?? 0) + body.length)
  bytes[0] = KINDS.frame
  bytes.writeUIntBE(id, 1, ID_BYTES)
  tpdu?.copy(bytes, head)
  body.copy(bytes, bytes.length - body.length)
  return bytes
}

function openParts({ id, door, tls, remote, names }: Opening): Buffer[] {
  const flags = (tls ? TLS_BIT : 0) | (names === undefined ? 0 : CERTIFICATE_BIT)
  const head = [number(id, ID_BYTES), Buffer.from([door, flags]), text(remote)]
  if (names === undefined) return head
  return [...head, Buffer.from([names.length]), ...names.map(text)]
}

function number(value: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes)
  buffer.writeUIntBE(value, 0, bytes)
  return buffer
}

/** `length 1 · characters`. */
function text(value: string): Buffer {
  if (!isPlainText(value)) throw new RangeError('a text that no envelope can carry')
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')])
}

/** What an envelope can carry: 1 to 255 printable ASCII characters. */
export function isPlainText(value: string): boolean {
  return value.length <= TEXT_BYTES && PRINTABLE.test(value)
}

/** A `frame` is a view of the bytes that were given. */
export function readEnvelope(bytes: Buffer): Envelope | BrokenEnvelope {
  const reader = new Reader(bytes)
  const kind = NAMES.get(reader.number(1))
  if (kind === undefined) return { kind: 'broken', reason: 'unknown kind' }
  const found = read(kind, reader)
  if (found === undefined || reader.failed) return broken(kind, 'a value out of its range')
  return reader.left > 0 ? broken(kind, 'trailing bytes') : found
}

function broken(kind: string, what: string): BrokenEnvelope {
  return { kind: 'broken', reason: `${kind}: ${what}` }
}

/** Undefined, or a reader that failed: no such envelope. */
function read(kind: Envelope['kind'], reader: Reader): Envelope | undefined {
  switch (kind) {
    case 'hello':
      return readHello(reader)
    case 'welcome':
      return { kind, version: reader.number(1), gateway: reader.text() }
    case 'refused':
      return { kind, why: reader.text() }
    case 'open':
      return readOpen(reader)
    case 'frame':
      return { kind, id: reader.id(), bytes: reader.rest() }
    case 'taken': {
      const [id, bytes, was] = [reader.id(), reader.number(2), TAKEN_AS[reader.number(1)]]
      return was === undefined ? undefined : { kind, id, bytes, was }
    }
    case 'written':
      return { kind, id: reader.id(), complete: reader.flag() }
    case 'close':
    case 'closed': {
      const id = reader.id()
      const reason = CLOSE_REASONS[reader.number(1)]
      return reason === undefined ? undefined : { kind, id, reason }
    }
    case 'echo':
    case 'echoed':
      return { kind, number: reader.number(4) }
  }
}

function readHello(reader: Reader): Envelope | undefined {
  const version = reader.number(1)
  const frameBytes = reader.number(2)
  const count = reader.number(1)
  if (count === 0 || count > DOORS_MOST) return undefined
  const doors: HelloDoor[] = []
  for (let index = 0; index < count && !reader.failed; index++) {
    const flags = reader.number(1)
    if (flags > TPDU_BIT) return undefined
    doors.push({ tpdu: flags === TPDU_BIT, listener: reader.text() })
  }
  return { kind: 'hello', version, frameBytes, doors }
}

function readOpen(reader: Reader): Opening | undefined {
  const id = reader.id()
  const door = reader.number(1)
  const flags = reader.number(1)
  const remote = reader.text()
  if (flags > (TLS_BIT | CERTIFICATE_BIT)) return undefined
  const tls = (flags & TLS_BIT) !== 0
  if ((flags & CERTIFICATE_BIT) === 0) {
    return { kind: 'open', id, door, tls, remote, names: undefined }
  }
  const count = reader.number(1)
  // A certificate was shown on a TLS connection or not at all.
  if (!tls || count > CERTIFICATE_NAMES_MOST) return undefined
  const names: string[] = []
  for (let index = 0; index < count && !reader.failed; index++) names.push(reader.text())
  return { kind: 'open', id, door, tls, remote, names }
}

/** Reads from front to back; what is not there, or not right, makes it fail for good. */
class Reader {
  readonly #bytes: Buffer
  #at = 0
  failed = false

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  number(size: number): number {
    const from = this.#step(size)
    return from === undefined ? -1 : this.#bytes.readUIntBE(from, size)
  }

  /** Of a connection; 0 is none. */
  id(): number {
    const id = this.number(ID_BYTES)
    if (id <= 0) this.failed = true
    return id
  }

  flag(): boolean {
    const value = this.number(1)
    if (value > 1) this.failed = true
    return value === 1
  }

  text(): string {
    const size = this.number(1)
    const from = this.#step(Math.max(0, size))
    const value = from === undefined ? '' : this.#bytes.toString('latin1', from, this.#at)
    if (!PRINTABLE.test(value)) this.failed = true
    return value
  }

  rest(): Buffer {
    const from = this.#at
    this.#at = this.#bytes.length
    return this.#bytes.subarray(from)
  }

  #step(size: number): number | undefined {
    if (this.failed || this.left < size) {
      this.failed = true
      return undefined
    }
    const from = this.#at
    this.#at += size
    return from
  }
}
