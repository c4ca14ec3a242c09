// The only way a message becomes text: for logs, dumps and `evs` commands. What is shown of a
// field is decided by its row in the field table; when in doubt the row says a constant.
// Bytes are never shown.

import { maskPan } from '../values/pan.ts'
import type { RejectedAt, Rejection } from './decode.ts'
import type { Dialect } from './dialect.ts'
import type { Secrecy } from './field-spec.ts'
import type { FieldReader, Message } from './message.ts'

const MASK = '***'

export interface DescribedField {
  readonly de: number
  readonly name: string
  /** Masked. */
  readonly value: string
}

export interface Description {
  readonly mti: string | null
  readonly fields: readonly DescribedField[]
  /** Of a rejection: the first wrong field and why. */
  readonly error?: string
}

export function describe(message: Message | Rejection, dialect: Dialect): Description {
  if (message.kind === 'message') {
    return { mti: message.mti, fields: describeFields(message, dialect) }
  }
  const fields = describeFields(message.read, dialect)
  return { mti: message.mti, fields, error: `${place(message.field)}: ${message.reason}` }
}

/** One line for the MTI, one for each field, and one for the error. */
export function describeText(message: Message | Rejection, dialect: Dialect): string {
  const { mti, fields, error } = describe(message, dialect)
  const lines = [`MTI ${mti ?? 'unreadable'}`]
  for (const field of fields) {
    // Receipt lines hold line feeds, which must not look like lines of the log.
    const value = field.value.replaceAll('\n', '\\n')
    lines.push(`${String(field.de).padStart(3)} ${field.name}: ${value}`)
  }
  if (error !== undefined) lines.push(`rejected, ${error}`)
  return lines.join('\n')
}

function describeFields(reader: FieldReader, dialect: Dialect): DescribedField[] {
  const fields: DescribedField[] = []
  dialect.fields.forEach((spec, de) => {
    const value = spec === undefined ? undefined : reader.get(de)
    if (spec === undefined || value === undefined) return
    fields.push({ de, name: spec.name, value: shown(value, spec.secrecy) })
  })
  return fields
}

function shown(value: string, secrecy: Secrecy): string {
  if (secrecy === 'public') return value
  return secrecy === 'pan' ? maskPan(value) : MASK
}

function place(field: RejectedAt): string {
  return typeof field === 'number' ? `DE ${field}` : field
}
