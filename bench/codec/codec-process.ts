// The codec on one thread, beside the npm package iso_8583: messages a second, one after another in
// several rounds, so that what the machine has to do besides meets both. A process of its own: no
// other work has shaped its heap or its compiled code. Sends its report to its parent.

import Iso8583, { type IsoFormat, type IsoMessage } from 'iso_8583'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS, type DialectName, withHexBinary } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import { FieldList } from '../../protocol/message/field-list.ts'
import type { Message } from '../../protocol/message/message.ts'
import { median, rounded } from '../load/percentiles.ts'
import { LONG_REQUEST, READ_BY_A_SALE, REPLY, REQUEST } from './sample-messages.ts'

const ROUNDS = 5
const seconds = Number(process.argv[2] ?? 1)

export interface CodecFigures {
  readonly packVsIso8583: number
  readonly unpackVsIso8583: number
  readonly encodePerSecond: number
  readonly decodePerSecond: number
  readonly iso8583PackPerSecond: number
  readonly iso8583UnpackPerSecond: number
  /** Dialect by dialect. */
  readonly dialects: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Bytes that a decode allocates, with fifteen fields and with thirty; as many are read. */
  readonly allocation: { readonly fifteenFields: number; readonly thirtyFields: number }
}

/** `iso_8583` knows DE 52 and 64 as text, and wants to be told of UTF-8. */
const FORMATS: Record<string, IsoFormat> = {
  '52': { ContentType: 'an', Label: 'Hex', LenType: 'fixed', MaxLen: 16 },
}
const theirs: IsoMessage = { 0: '0200' }
for (const [de, value] of Object.entries(REQUEST)) theirs[de] = value
const packed = new Iso8583(theirs, FORMATS).getBufferMessage()
if (!Buffer.isBuffer(packed)) throw new Error(packed.error)
const reader = new Iso8583()
const ours = withHexBinary(DIALECTS['iso87ascii-binary-bitmap'])
const same = encode(ours, '0200', REQUEST)

const entriesOf = (fields: Fields) =>
  Object.entries(fields).map(([de, value]) => [Number(de), value] as const)
const REQUEST_ENTRIES = entriesOf(REQUEST)
const REPLY_ENTRIES = entriesOf(REPLY)

/** Nothing that was computed may be thrown away unseen. */
let sink = 0

const work = {
  encode: () => {
    sink += encode(ours, '0200', listed(REQUEST_ENTRIES)).length
  },
  decode: () => {
    sink += readSale(read(ours.name, same))
  },
  theirPack: () => {
    const frame = new Iso8583(theirs, FORMATS).getBufferMessage()
    sink += Buffer.isBuffer(frame) ? frame.length : 0
  },
  theirUnpack: () => {
    sink += reader.getIsoJSON(packed)['11']?.length ?? 0
  },
}

const rounds = Array.from({ length: ROUNDS }, () => ({
  encode: rate(work.encode),
  theirPack: rate(work.theirPack),
  decode: rate(work.decode),
  theirUnpack: rate(work.theirUnpack),
}))

const figures: CodecFigures = {
  packVsIso8583: median(rounds.map((one) => one.encode / one.theirPack)),
  unpackVsIso8583: median(rounds.map((one) => one.decode / one.theirUnpack)),
  encodePerSecond: median(rounds.map((one) => one.encode)),
  decodePerSecond: median(rounds.map((one) => one.decode)),
  iso8583PackPerSecond: median(rounds.map((one) => one.theirPack)),
  iso8583UnpackPerSecond: median(rounds.map((one) => one.theirUnpack)),
  dialects: Object.fromEntries(Object.keys(DIALECTS).map((name) => [name, ofDialect(name)])),
  allocation: {
    fifteenFields: allocated(REQUEST),
    thirtyFields: allocated(LONG_REQUEST),
  },
}
process.send?.({ figures, sink })

function ofDialect(name: string): Record<string, number> {
  const dialect = DIALECTS[name as DialectName]
  const wire = encode(dialect, '0200', REQUEST)
  return {
    decodeForSale: rate(() => {
      sink += readSale(read(name, wire))
    }),
    decodeInFull: rate(() => {
      const message = read(name, wire)
      for (const de of message.numbers()) sink += message.get(de)?.length ?? 0
    }),
    encode0200: rate(() => {
      sink += encode(dialect, '0200', listed(REQUEST_ENTRIES)).length
    }),
    encode0210: rate(() => {
      sink += encode(dialect, '0210', listed(REPLY_ENTRIES)).length
    }),
  }
}

/** Field by field, as the gateways put a message together. */
function listed(entries: readonly (readonly [number, string])[]): FieldList {
  const list = new FieldList()
  for (const [de, value] of entries) list.put(de, value)
  return list
}

function read(name: string, wire: Buffer): Message {
  const message = decode(name === ours.name ? ours : DIALECTS[name as DialectName], wire)
  if (message.kind === 'rejected') throw new Error(message.reason)
  return message
}

function readSale(message: Message): number {
  let length = 0
  for (const de of READ_BY_A_SALE) length += message.get(de)?.length ?? 0
  return length
}

/** Times a second of processor time. */
function rate(run: () => void): number {
  const BLOCK = 200
  for (let n = 0; n < BLOCK; n++) run()
  const began = process.cpuUsage()
  const beganMs = performance.now()
  const endMs = beganMs + seconds * 1_000
  let count = 0
  while (performance.now() < endMs) {
    for (let n = 0; n < BLOCK; n++) run()
    count += BLOCK
  }
  const { user, system } = process.cpuUsage(began)
  return rounded((count * 1_000_000) / (user + system))
}

/** Of one decode with the fields of a sale read; the middle of many tries. */
function allocated(fields: Fields): number {
  const dialect = DIALECTS.iso87binary
  const wire = encode(dialect, '0200', fields)
  const run = () => {
    sink += readSale(read(dialect.name, wire))
  }
  const TIMES = 500
  const seen: number[] = []
  for (let tries = 0; tries < 40; tries++) {
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < TIMES; n++) run()
    const bytes = (process.memoryUsage().heapUsed - before) / TIMES
    if (bytes > 0) seen.push(bytes)
  }
  return Math.round(median(seen))
}
