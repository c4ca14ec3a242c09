// The host's answers: which fields are echoed, what the verdict adds, and the ways in which a
// scripted fault spoils their bytes. MACs are host-keys.ts. Changes nothing. [wire-protocol 4]

import type { Dialect } from '../protocol/message/dialect.ts'
import type { Fields } from '../protocol/message/encode.ts'
import type { FieldReader } from '../protocol/message/message.ts'
import { replyMti } from '../protocol/message/mti.ts'
import { formatRial, toRial } from '../protocol/values/rial.ts'
import type { Verdict } from './authorise.ts'
import type { Fault } from './faults.ts'

/** How the answers of this host look. */
export interface AnswerForm {
  readonly dialect: Dialect
  /** Some hosts return DE 90 in a 0430. */
  readonly de90: boolean
  /** DE 15, the settlement date MMDD, in a 0210; undefined leaves it out. */
  readonly de15: (() => string) | undefined
}

/** Before it has a MAC and is bytes. */
export interface Answer {
  readonly mti: string
  readonly fields: Fields
}

const ECHOED = [2, 3, 4, 7, 11, 12, 13, 25, 32, 37, 41, 42, 49]
const NETWORK_ECHOED = [7, 11, 70]

export function moneyAnswer(
  form: AnswerForm,
  mti: string,
  request: FieldReader,
  verdict: Verdict,
): Answer {
  const fields = echo(request, ECHOED)
  fields[4] = formatRial(toRial(verdict.amountRial))
  fields[39] = verdict.rc
  if (verdict.de38 !== undefined) fields[38] = verdict.de38
  const purchase = mti.startsWith('02')
  if (purchase && form.de15 !== undefined) fields[15] = form.de15()
  const de90 = request.get(90)
  if (!purchase && form.de90 && de90 !== undefined) fields[90] = de90
  return { mti: replyMti(mti), fields }
}

export function networkAnswer(mti: string, request: FieldReader, rc: string): Answer {
  return { mti: replyMti(mti), fields: { ...echo(request, NETWORK_ECHOED), 39: rc } }
}

/** Of a message that was refused before anyone asked what it wants; it may be a broken one. */
export function refusal(mti: string, request: FieldReader, rc: string): Answer {
  const echoed = mti.startsWith('08') ? NETWORK_ECHOED : ECHOED
  return { mti: replyMti(mti), fields: { ...echo(request, echoed), 39: rc } }
}

/** What an answer with a code of its own looks like: no DE 38 beside a refusal. */
export function disguise(verdict: Verdict, fault: Fault | undefined): Verdict {
  if (fault?.kind === 'answer-code') {
    return { ...verdict, rc: fault.rc, de38: fault.rc === '00' ? verdict.de38 : undefined }
  }
  if (fault?.kind === 'wrong-amount' && verdict.de38 !== undefined) {
    return { ...verdict, amountRial: fault.amountRial }
  }
  return verdict
}

type Spoil = Extract<Fault, { kind: 'bad-frame' }>['how']

const SPOILED = {
  'trailing-byte': (body) => Buffer.concat([body, Buffer.from('0')]),
  cut: (body) => body.subarray(0, body.length - 3),
  garbage: (body) => Buffer.alloc(body.length, '?'),
  empty: () => Buffer.alloc(0),
} as const satisfies Record<Spoil, (body: Buffer) => Buffer>

export function spoil(body: Buffer, how: Spoil): Buffer {
  return SPOILED[how](body)
}

function echo(request: FieldReader, numbers: readonly number[]): Fields {
  const fields: Fields = {}
  for (const number of numbers) {
    const value = request.get(number)
    if (value !== undefined) fields[number] = value
  }
  return fields
}
