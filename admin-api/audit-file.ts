// An exported audit record: one JSON object a line, each linked to the line before it, and a last
// line that says how many there were. Anybody can verify it without the switch: that each record is
// the one its hash was made of, and that no line is missing, changed or in another place. Whether
// the whole file was made anew only the store can tell, or a copy of the last link.
//
//   link(n) = SHA-256( link(n-1) | line without its link )      link(0) = 32 zeros

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type AuditRecord, auditRecord } from './control-schemas.ts'

export const FIRST_LINK = '0'.repeat(64)

const linked = z.object({ link: z.string().regex(/^[0-9a-f]{64}$/) })
const recordLine = auditRecord.extend(linked.shape)
const auditEnd = z.object({
  end: z.literal(true),
  records: z.int().min(0),
  /** The days that were asked for; null is from the first, to the last. */
  from: z.string().nullable(),
  to: z.string().nullable(),
})
export type AuditEnd = z.output<typeof auditEnd>
const endLine = auditEnd.extend(linked.shape)

/** What is hashed, member by member in this order, so that the same record is the same text. */
export function linkOf(before: string, line: AuditRecord | AuditEnd): string {
  const members =
    'end' in line
      ? ['end', line.records, line.from, line.to]
      : [line.jseq, line.kind, line.atMs, line.before, line.body, line.hash]
  return createHash('sha256').update(before, 'hex').update(JSON.stringify(members)).digest('hex')
}

/** The chain of the journal itself, computed again from what the line says. */
function recordHash({ jseq, kind, atMs, before, body }: AuditRecord): string {
  return createHash('sha256')
    .update(before, 'hex')
    .update(`${jseq}\n${kind}\n${atMs}\n${body}`)
    .digest('hex')
}

/** Takes an export line by line and says of each what is wrong with it. */
export class AuditFile {
  #link = FIRST_LINK
  #line = 0
  #records = 0
  #jseq = 0
  #before: AuditRecord | undefined
  #end: AuditEnd | undefined
  readonly problems: string[] = []

  /** The record of the line; undefined when the line holds none. */
  take(text: string): AuditRecord | undefined {
    this.#line++
    const value = parsed(text)
    if (this.#end !== undefined) return this.#wrong('is after the end of the export')
    const last = endLine.safeParse(value)
    if (last.success) return this.#takeEnd(last.data)
    const row = recordLine.safeParse(value)
    if (!row.success) return this.#wrong('is no line of an audit record')
    return this.#takeRecord(row.data)
  }

  /** After the last line. */
  finish(): {
    readonly records: number
    readonly link: string
    readonly end: AuditEnd | undefined
  } {
    if (this.#end === undefined) {
      this.problems.push('the export has no last line: it was cut off')
    }
    return { records: this.#records, link: this.#link, end: this.#end }
  }

  #takeEnd({ link, ...end }: z.output<typeof endLine>): undefined {
    this.#end = end
    if (end.records !== this.#records) {
      this.#wrong(`counts ${end.records} records, not ${this.#records}`)
    }
    if (link !== linkOf(this.#link, end)) this.#wrong(NOT_LINKED)
    this.#link = link
  }

  #takeRecord({ link, ...record }: z.output<typeof recordLine>): AuditRecord {
    this.#records++
    const name = `record ${record.jseq}`
    if (recordHash(record) !== record.hash) this.#wrong(`${name} does not match its hash`)
    if (record.jseq <= this.#jseq) this.#wrong(`${name} is out of order`)
    else if (record.jseq === this.#jseq + 1 && record.before !== this.#before?.hash) {
      if (this.#before !== undefined) this.#wrong(`${name} does not follow the record before it`)
    }
    if (link !== linkOf(this.#link, record)) this.#wrong(`${name} ${NOT_LINKED}`)
    this.#link = link
    this.#jseq = Math.max(this.#jseq, record.jseq)
    this.#before = record
    return record
  }

  #wrong(what: string): undefined {
    this.problems.push(`line ${this.#line} ${what}`)
    return undefined
  }
}

const NOT_LINKED = 'is not linked to the line before it: one was changed, removed or moved'

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
