// `evs message describe`: one ISO 8583 message as text, secrets masked. It takes a bare message or
// a whole frame; what is not said about its form is found out by trying. It never shows raw bytes.

import type { Command } from 'commander'
import { EvsError, EXIT } from '../admin-api/errors.ts'
import { decode, type Rejection } from '../protocol/message/decode.ts'
import { describe, describeText } from '../protocol/message/describe.ts'
import { DIALECTS, type Dialect, withHexBinary } from '../protocol/message/dialect.ts'
import type { Message } from '../protocol/message/message.ts'
import { LENGTHS, type Length, unwrap } from './message-frame.ts'
import { writeJson } from './rows.ts'
import { choice, doing, group, verb } from './verb.ts'
import type { VerbWorld } from './world.ts'

/** An echo of a terminal, with length header and TPDU. */
const ECHO =
  '0038600001000208002238010000C000009900001122054600000018' +
  '091600112200013130303030303031303030303030303030313030303031'

interface Options {
  readonly dialect?: keyof typeof DIALECTS
  readonly length?: Length
  readonly lengthIncludesItself?: boolean
  readonly tpdu?: boolean
  readonly binaryAsHex?: boolean
  readonly json?: boolean
}

interface Reading {
  readonly dialect: Dialect
  readonly length: Length
  readonly tpdu: string | null
  readonly message: Message | Rejection
}

export function messageVerb(world: VerbWorld): Command {
  const examples = [`message describe ${ECHO}`]
  const summary = 'describe an ISO 8583 message'
  return group('message', { summary, examples }, [describeVerb(world)])
}

function describeVerb(world: VerbWorld): Command {
  return verb(world, 'describe', {
    summary: 'show the fields of a message, secrets masked',
    examples: [
      `message describe ${ECHO}`,
      'message describe --dialect iso87ascii --length ascii4 - < frame.hex',
    ],
    exits: { 1: 'it cannot be decoded; what was read is shown' },
    bare: true,
  })
    .argument('<hex...>', 'the bytes in hex, spaces allowed, or - for standard input')
    .addOption(choice('--dialect <name>', 'tried in turn when left out', Object.keys(DIALECTS)))
    .addOption(choice('--length <header>', 'length header; found out when left out', LENGTHS))
    .option('--length-includes-itself', 'the length header counts itself')
    .option('--tpdu', 'a TPDU stands in front; found out when left out')
    .option('--no-tpdu', 'no TPDU stands in front')
    .option('--binary-as-hex', 'binary fields are hex characters')
    .action(
      doing(world, async (words: string[], options: Options) => {
        const reading = read(await bytesOf(world, words), options)
        const { dialect, length, tpdu, message } = reading
        if (options.json === true) {
          writeJson(world, { dialect: dialect.name, length, tpdu, ...describe(message, dialect) })
        } else {
          const header = `${dialect.name}, length header ${length}, TPDU ${tpdu ?? 'none'}`
          world.stdout.write(`${header}\n${describeText(message, dialect)}\n`)
        }
        return message.kind === 'message' ? 0 : EXIT.failure
      }),
    )
}

async function bytesOf(world: VerbWorld, words: readonly string[]): Promise<Buffer> {
  let text = words.join('')
  if (text === '-') {
    text = ''
    for await (const chunk of world.stdin) text += Buffer.from(chunk).toString('latin1')
  }
  const hex = text.replaceAll(/[\s:,]|0x/g, '')
  if (hex === '' || !/^([0-9a-f]{2})+$/i.test(hex)) {
    throw new EvsError('USAGE', { message: 'an even number of hexadecimal characters expected' })
  }
  return Buffer.from(hex, 'hex')
}

/** The first reading that is whole; else the likeliest. */
function read(bytes: Buffer, options: Options): Reading {
  const readings = [...readingsOf(bytes, options)]
  const whole = readings.find(({ message }) => message.kind === 'message')
  const likeliest = readings.toSorted((a, b) => likeness(b) - likeness(a))[0]
  const found = whole ?? likeliest
  if (found !== undefined) return found
  throw new EvsError('USAGE', { message: 'the bytes have no such length header or TPDU' })
}

function* readingsOf(bytes: Buffer, options: Options): Generator<Reading> {
  const lengths = options.length === undefined ? LENGTHS : [options.length]
  const tpdus = options.tpdu === undefined ? [false, true] : [options.tpdu]
  for (const length of lengths) {
    for (const tpdu of tpdus) {
      const itself = options.lengthIncludesItself ?? false
      const unwrapped = unwrap(bytes, { length, tpdu, lengthIncludesItself: itself })
      if (unwrapped === undefined) continue
      for (const dialect of dialectsOf(options)) {
        const message = decode(dialect, unwrapped.body)
        yield { dialect, length, tpdu: unwrapped.tpdu, message }
      }
    }
  }
}

function dialectsOf({ dialect, binaryAsHex }: Options): Dialect[] {
  const named = dialect === undefined ? Object.values(DIALECTS) : [DIALECTS[dialect]]
  return binaryAsHex === true ? named.map(withHexBinary) : named
}

/** A length header that fits says more than fields that can be read by chance. */
function likeness({ dialect, length, tpdu, message }: Reading): number {
  const { mti, fields } = describe(message, dialect)
  const header = (length === 'none' ? 0 : 1_000) + (tpdu === null ? 0 : 500)
  return header + (mti === null ? 0 : 250) + fields.length
}
