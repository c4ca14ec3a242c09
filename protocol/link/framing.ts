// Cuts a byte stream into frames, and puts a message into one: length header · TPDU · message.
// The header's form and the TPDU are settings of the link. [wire-protocol, section 2]
// Does not look into the message: an empty body is a frame, and its receiver counts and drops it.

export interface Framing {
  readonly length: 'binary2' | 'ascii4' | 'bcd2'
  readonly lengthIncludesItself: boolean
  readonly tpdu: boolean
  /** The most that may follow the header, TPDU included. */
  readonly maxFrameBytes: number
}

export const MAX_FRAME_BYTES = 4096

export type CutFrame = { kind: 'frame'; tpdu: Buffer | undefined; body: Buffer }
export type BrokenFrame = { kind: 'broken'; reason: string }

const HEADER = {
  binary2: { bytes: 2, largest: 0xffff },
  ascii4: { bytes: 4, largest: 9999 },
  bcd2: { bytes: 2, largest: 9999 },
} as const satisfies Record<Framing['length'], { bytes: number; largest: number }>

const TPDU_BYTES = 5
const TPDU_ID = 0x60
/** Where each byte of a reply's TPDU comes from. */
const SWAPPED = [0, 3, 4, 1, 2]
const ZERO = 0x30
const NOTHING = Buffer.alloc(0)
/** Shared by everybody who has none: never pushed to. */
const NO_BUFFERS: Buffer[] = []

/**
 * Push what arrives, then call `next` until it gives undefined. A frame that lies within one chunk
 * is a view of it; one that arrives in pieces is gathered in a buffer of its own size, every byte
 * copied once. After a broken frame the stream has no meaning any more, and `next` repeats the
 * reason.
 */
export class FrameCutter {
  readonly #framing: Framing
  /** Only while a header comes in pieces: thousands of idle links have none. */
  #header: Buffer | undefined
  #headerFilled = 0
  #payloadBytes = -1
  #payload: Buffer | undefined
  #payloadFilled = 0
  #chunk: Buffer = NOTHING
  #at = 0
  #waiting: Buffer[] = NO_BUFFERS
  #broken: BrokenFrame | undefined

  constructor(framing: Framing) {
    this.#framing = framing
  }

  push(chunk: Buffer): void {
    if (this.#broken !== undefined || chunk.length === 0) return
    if (this.#at >= this.#chunk.length && this.#waiting.length === 0) {
      this.#chunk = chunk
      this.#at = 0
    } else {
      if (this.#waiting === NO_BUFFERS) this.#waiting = []
      this.#waiting.push(chunk)
    }
  }

  next(): CutFrame | BrokenFrame | undefined {
    if (this.#broken !== undefined) return this.#broken
    if (this.#payloadBytes < 0) {
      const announced = this.#readHeader()
      if (announced === undefined) return undefined
      if (typeof announced === 'string') return this.#break(announced)
      this.#payloadBytes = announced
    }
    const payload = this.#readPayload()
    if (payload === undefined) return undefined
    this.#header = undefined
    this.#headerFilled = 0
    this.#payloadBytes = -1
    this.#payload = undefined
    this.#payloadFilled = 0
    if (!this.#framing.tpdu) return { kind: 'frame', tpdu: undefined, body: payload }
    if (payload[0] !== TPDU_ID) return this.#break('TPDU: does not start with 60')
    const tpdu = payload.subarray(0, TPDU_BYTES)
    return { kind: 'frame', tpdu, body: payload.subarray(TPDU_BYTES) }
  }

  /** True while a frame has begun and is not complete. */
  get begun(): boolean {
    if (this.#broken !== undefined) return false
    return this.#headerFilled > 0 || this.#at < this.#chunk.length || this.#waiting.length > 0
  }

  /** The bytes that follow the header, or why the header is broken. */
  #readHeader(): number | string | undefined {
    const { bytes } = HEADER[this.#framing.length]
    if (this.#headerFilled === 0 && this.#chunk.length - this.#at >= bytes) {
      const at = this.#at
      this.#at += bytes
      this.#headerFilled = bytes
      return announcedBytes(this.#framing, this.#chunk, at)
    }
    while (this.#headerFilled < bytes) {
      if (!this.#hasByte()) return undefined
      this.#header ??= Buffer.allocUnsafe(bytes)
      this.#header[this.#headerFilled] = this.#chunk[this.#at] ?? 0
      this.#headerFilled += 1
      this.#at += 1
    }
    return announcedBytes(this.#framing, this.#header ?? NOTHING, 0)
  }

  #readPayload(): Buffer | undefined {
    const wanted = this.#payloadBytes
    if (wanted === 0) return NOTHING
    // Nothing is allocated for a frame of which only the header has come.
    if (!this.#hasByte()) return undefined
    if (this.#payload === undefined && this.#chunk.length - this.#at >= wanted) {
      const whole = this.#chunk.subarray(this.#at, this.#at + wanted)
      this.#at += wanted
      return whole
    }
    this.#payload ??= Buffer.allocUnsafeSlow(wanted)
    while (this.#payloadFilled < wanted && this.#hasByte()) {
      const copied = this.#chunk.copy(this.#payload, this.#payloadFilled, this.#at)
      this.#payloadFilled += copied
      this.#at += copied
    }
    return this.#payloadFilled === wanted ? this.#payload : undefined
  }

  /**
   * Steps to the next chunk when this one is used up, and lets go of it: idle links hold nothing.
   */
  #hasByte(): boolean {
    if (this.#at < this.#chunk.length) return true
    this.#chunk = this.#waiting.shift() ?? NOTHING
    if (this.#waiting.length === 0) this.#waiting = NO_BUFFERS
    this.#at = 0
    return this.#chunk.length > 0
  }

  #break(reason: string): BrokenFrame {
    this.#chunk = NOTHING
    this.#at = 0
    this.#waiting = NO_BUFFERS
    this.#payload = undefined
    this.#broken = { kind: 'broken', reason }
    return this.#broken
  }
}

/** The bytes that follow the header at that place, or why it is broken. */
function announcedBytes(framing: Framing, bytes: Buffer, at: number): number | string {
  const number = headerNumber(framing.length, bytes, at)
  if (Number.isNaN(number)) return 'length header: not a number'
  const own = HEADER[framing.length].bytes
  const following = framing.lengthIncludesItself ? number - own : number
  if (following < 0) return 'length header: shorter than itself'
  if (following > framing.maxFrameBytes) {
    return `length header: ${following} bytes, ${framing.maxFrameBytes} allowed`
  }
  if (framing.tpdu && following < TPDU_BYTES) return 'TPDU: fewer than 5 bytes'
  return following
}

function headerNumber(length: Framing['length'], bytes: Buffer, at: number): number {
  const [first, second] = [bytes[at] ?? 0, bytes[at + 1] ?? 0]
  if (length === 'binary2') return (first << 8) | second
  if (length === 'bcd2') {
    return fourDigits(first >> 4, first & 0xf, second >> 4, second & 0xf)
  }
  const [third, fourth] = [bytes[at + 2] ?? 0, bytes[at + 3] ?? 0]
  return fourDigits(first - ZERO, second - ZERO, third - ZERO, fourth - ZERO)
}

function fourDigits(first: number, second: number, third: number, fourth: number): number {
  const isNumber = isDigit(first) && isDigit(second) && isDigit(third) && isDigit(fourth)
  return isNumber ? first * 1_000 + second * 100 + third * 10 + fourth : Number.NaN
}

function isDigit(value: number): boolean {
  return value >= 0 && value <= 9
}

/** Our own message has a TPDU where the link has none, or the other way round: a bug. */
export class FrameError extends Error {
  readonly code: string = 'frame-unfit'
}

/** Our own message is too long for the link: a setting, never the peer. */
export class FrameTooLongError extends FrameError {
  override readonly code = 'frame-too-long'
}

export function frame(framing: Framing, body: Buffer, tpdu?: Buffer): Buffer {
  if (framing.tpdu !== (tpdu !== undefined)) {
    throw new FrameError(framing.tpdu ? 'this link wants a TPDU' : 'this link has no TPDU')
  }
  if (tpdu !== undefined && (tpdu.length !== TPDU_BYTES || tpdu[0] !== TPDU_ID)) {
    throw new FrameError('TPDU: not 5 bytes that start with 60')
  }
  const header = HEADER[framing.length]
  const following = (tpdu?.length ?? 0) + body.length
  const number = framing.lengthIncludesItself ? following + header.bytes : following
  if (following > framing.maxFrameBytes || number > header.largest) {
    throw new FrameTooLongError(`message of ${following} bytes does not fit a frame of this link`)
  }
  const bytes = Buffer.allocUnsafe(header.bytes + following)
  if (framing.length === 'binary2') {
    bytes[0] = number >> 8
    bytes[1] = number
  } else
    bytes.write(String(number).padStart(4, '0'), framing.length === 'ascii4' ? 'latin1' : 'hex')
  tpdu?.copy(bytes, header.bytes)
  body.copy(bytes, bytes.length - body.length)
  return bytes
}

/** `60 dddd ssss` becomes `60 ssss dddd`: a reply goes back to where its request came from. */
export function swapTpdu(tpdu: Buffer): Buffer {
  const swapped = Buffer.alloc(TPDU_BYTES)
  for (let i = 0; i < TPDU_BYTES; i++) swapped[i] = tpdu[SWAPPED[i] ?? 0] ?? 0
  return swapped
}
