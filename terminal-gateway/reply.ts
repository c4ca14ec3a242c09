// A reply before it is bytes: the request's fields that every reply repeats, and what the handler
// adds. [wire-protocol 3]

import type { Fields } from '../protocol/message/encode.ts'
import type { FieldReader } from '../protocol/message/message.ts'

/** Repeated in every reply, also in the RC 30 of a message that could not be read to its end. */
const ECHOED = [3, 4, 7, 11, 12, 13, 24, 25, 41, 42, 48, 49]

export interface Reply {
  readonly responseCode: string
  /** Beside, or in place of, what is repeated. */
  readonly fields: Fields
  readonly written?: ((complete: boolean) => void) | undefined
}

export function replyFields(
  request: FieldReader,
  reply: Reply,
  responseCodes: Readonly<Record<string, string>>,
): Fields {
  const fields: Fields = {}
  for (const de of ECHOED) {
    const value = request.get(de)
    if (value !== undefined) fields[de] = value
  }
  Object.assign(fields, reply.fields)
  fields[39] = responseCodes[reply.responseCode] ?? reply.responseCode
  return fields
}

/** A reply that adds nothing to its response code. */
export function plain(responseCode: string): Reply {
  return { responseCode, fields: {} }
}
