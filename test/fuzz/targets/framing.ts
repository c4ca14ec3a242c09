// Framing: a byte stream under every setting of a link, cut into chunks at will. The cutter must
// give the frames that a plain reader of the whole stream finds, however the stream was cut, break
// where that reader breaks, and stay broken. What `frame` builds is cut out again as it was.

import {
  type CutFrame,
  FrameCutter,
  FrameError,
  type Framing,
  frame,
  swapTpdu,
} from '../../../protocol/link/framing.ts'
import { goldenFrames } from '../golden-seeds.ts'
import { type FuzzTarget, Mismatch, type Outcome } from '../target.ts'

const LENGTHS = ['binary2', 'ascii4', 'bcd2'] as const
const HEADER_BYTES = { binary2: 2, ascii4: 4, bcd2: 2 }

const FRAMINGS: readonly Framing[] = LENGTHS.flatMap((length) =>
  [false, true].flatMap((lengthIncludesItself) =>
    [false, true].map((tpdu) => ({ length, lengthIncludesItself, tpdu, maxFrameBytes: 300 })),
  ),
)

/** Byte 0 chooses the link, byte 1 the chunks; the rest is the stream. */
const LEAD = 2

export const FRAMING_TARGET: FuzzTarget = {
  name: 'framing',
  weight: 110,
  sliceRuns: 6_000_000,
  mostBytes: 1_024,
  // Empty frames are two bytes each and an object of some 200: the sessions close at the fifth.
  floorBytes: 16_384,
  words: ['0005', '0000', '\x00\x05', '\x00\x00', '\x60\x00\x01\x00\x02', '0300', '\x01\x2c'],
  open: () => ({ seeds: seeds(), run, explain: (input) => String(run(input)) }),
}

function seeds() {
  const streams = FRAMINGS.map((framing, index) => {
    const tpdu = framing.tpdu ? Buffer.from('6000010002', 'hex') : undefined
    const bodies = [Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(90, 0x35)]
    const lead = Buffer.from([index, index * 31])
    return { bytes: Buffer.concat([lead, ...bodies.map((body) => frame(framing, body, tpdu))]) }
  })
  const golden = goldenFrames().map(({ bytes }, index) => {
    const kind = bytes[0] === 0x30 ? 4 : bytes[2] === 0x60 ? 1 : 0
    return { bytes: Buffer.concat([Buffer.from([kind, index]), bytes]) }
  })
  return [...streams, ...golden]
}

function framingOf(input: Buffer): Framing {
  const framing = FRAMINGS[(input[0] ?? 0) % FRAMINGS.length]
  if (framing === undefined) throw new RangeError('no framing')
  return framing
}

/** How a stream was cut: frames as places in the stream, since a body is that part of it. */
interface Plain {
  /** Where each frame's payload begins and ends, two numbers a frame. */
  readonly places: number[]
  readonly broken: boolean
  readonly begun: boolean
}

/** The whole stream at once, as the page says it. */
function plainly(framing: Framing, input: Buffer): Plain {
  const header = HEADER_BYTES[framing.length]
  const least = framing.tpdu ? 5 : 0
  const places: number[] = []
  let at = LEAD
  while (input.length - at >= header) {
    const said = saidIn(framing.length, input, at)
    const size = said - (framing.lengthIncludesItself ? header : 0)
    if (!(size >= least && size <= framing.maxFrameBytes)) return end(places, true)
    if (input.length - at - header < size) return end(places, false, true)
    at += header + size
    if (framing.tpdu && input[at - size] !== 0x60) return end(places, true)
    places.push(at - size, at)
  }
  return end(places, false, at < input.length)
}

/** NaN for what is no number. */
function saidIn(length: Framing['length'], input: Buffer, at: number): number {
  const [first = 0, second = 0] = [input[at], input[at + 1]]
  if (length === 'binary2') return first * 256 + second
  if (length === 'bcd2') return Number(first.toString(16)) * 100 + Number(second.toString(16))
  let number = 0
  for (let i = at; i < at + 4; i++) {
    const digit = (input[i] ?? 0) - 0x30
    if (digit < 0 || digit > 9) return Number.NaN
    number = number * 10 + digit
  }
  return number
}

function end(places: number[], broken: boolean, begun = false): Plain {
  return { places, broken, begun }
}

function run(input: Buffer): Outcome {
  if (input.length < LEAD) return 'too short'
  const framing = framingOf(input)
  const { places, broken, begun } = plainly(framing, input)
  const cutter = new FrameCutter(framing)
  let frames = 0
  let step = (input[1] ?? 0) | 1
  let isBroken = false
  for (let at = LEAD; at < input.length; ) {
    step = (Math.imul(step, 1_103_515_245) + 12_345) >>> 0
    const size = 1 + ((step >>> 16) % (1 << (1 + ((input[1] ?? 0) & 7))))
    cutter.push(input.subarray(at, Math.min(input.length, at + size)))
    at += size
    for (let next = cutter.next(); next !== undefined; next = cutter.next()) {
      isBroken = next.kind === 'broken'
      if (next.kind === 'broken') break
      check(framing, input, next, places[2 * frames] ?? -1, places[2 * frames + 1] ?? -1)
      frames += 1
    }
  }
  if (frames * 2 !== places.length) throw new Mismatch('another number of frames')
  if (isBroken !== broken) throw new Mismatch('broken here and not there')
  if (isBroken && cutter.next()?.kind !== 'broken') throw new Mismatch('a broken stream went on')
  if (cutter.begun !== begun) throw new Mismatch('begun here and not there')
  if (frames > 0 && step % 64 === 0) rebuilt(framing, input, places[0] ?? 0, places[1] ?? 0)
  const ending = (broken ? 2 : 0) + (begun ? 1 : 0)
  return (FRAMINGS.indexOf(framing) * 100 + Math.min(frames, 9)) * 4 + ending
}

function check(framing: Framing, input: Buffer, cut: CutFrame, from: number, to: number): void {
  const bodyAt = framing.tpdu ? from + 5 : from
  if (from < 0) throw new Mismatch('a frame too many')
  if (cut.body.compare(input, bodyAt, to) !== 0) throw new Mismatch('another body')
  if ((cut.tpdu === undefined) === framing.tpdu) throw new Mismatch('another TPDU')
  if (cut.tpdu?.compare(input, from, bodyAt)) throw new Mismatch('another TPDU')
}

/** A frame that was cut out is built again, byte for byte, and goes back the way it came. */
function rebuilt(framing: Framing, input: Buffer, from: number, to: number): void {
  const bodyAt = framing.tpdu ? from + 5 : from
  const tpdu = framing.tpdu ? input.subarray(from, bodyAt) : undefined
  const bytes = frame(framing, input.subarray(bodyAt, to), tpdu)
  if (bytes.compare(input, LEAD, to) !== 0) throw new Mismatch('a frame was built otherwise')
  if (tpdu !== undefined && !swapTpdu(swapTpdu(tpdu)).equals(tpdu)) {
    throw new Mismatch('a TPDU swapped twice is another')
  }
  try {
    frame(framing, Buffer.alloc(301), tpdu)
  } catch (error) {
    if (error instanceof FrameError) return
    throw error
  }
  throw new Mismatch('a body beyond the limit was framed')
}
