// A reply before it is bytes: the request's fields that every reply repeats, and what the handler
// adds. [wire-protocol 3]

import { FieldList, type GivenFields } from '../protocol/message/field-list.ts'
import type { FieldReader } from '../protocol/message/message.ts'

/** Repeated in every reply, also in the RC 30 of a message that could not be read to its end. */
const ECHOED = [3, 4, 7, 11, 12, 13, 24, 25, 41, 42, 48, 49]

export interface Reply {
  readonly responseCode: string
  /** Beside, or in place of, what is repeated. */
  readonly fields: GivenFields
  readonly written?: ((complete: boolean) => void) | undefined
}

export function replyFields(
  request: FieldReader,
  reply: Reply,
  responseCodes: Readonly<Record<string, string>>,
): FieldList {
  const fields = new FieldList()
  for (const de of ECHOED) fields.put(de, request.get(de))
  fields.putAll(reply.fields)
  fields.put(39, responseCodes[reply.responseCode] ?? reply.responseCode)
  return fields
}

/** A reply that adds nothing to its response code. */
export function plain(responseCode: string): Reply {
  return { responseCode, fields: {} }
}
