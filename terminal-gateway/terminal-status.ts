// DE 60: terminal status, a run of tag n2 · length n2 · value. Unknown tags are ignored; the same
// tag twice, or a tag that does not end inside the field, is a format error. [wire-protocol 3.1]

import { withoutCards } from '../protocol/values/pan.ts'
import { type Reason, reason } from '../protocol/values/reason.ts'

export interface TerminalStatus {
  /** Tag 01: STAN of the last sale whose receipt came out. */
  readonly lastPrintedStan: string | undefined
  /** Tag 02. */
  readonly printer: 'ready' | 'low' | 'out'
  /** Tag 02 as it was said; undefined when it was not. */
  readonly saidPrinter: 'ready' | 'low' | 'out' | undefined
  /** Tag 03. */
  readonly version: string | undefined
  /** Tag 04, whole: to be compared and never to be written down. */
  readonly serialNumber: string | undefined
  /** Tag 05. */
  readonly language: 'fa' | 'en'
  /** Tag 07: DE 63 is wanted. */
  readonly wantsReceiptLines: boolean
  /** Tag 08, as it came: of the DUKPT key that DE 52 is under. Without a PIN it says nothing. */
  readonly keySerialNumber: string | undefined
}

const PRINTER = new Map([
  ['0', 'ready'],
  ['1', 'low'],
  ['2', 'out'],
] as const)

export function parseStatus(field: string): TerminalStatus | Reason {
  const tags = readTags(field)
  if (!(tags instanceof Map)) return tags
  const stan = tags.get('01')
  if (stan !== undefined && !/^\d{6}$/.test(stan)) return reason('DE 60 tag 01: 6 digits expected')
  const printer = PRINTER.get((tags.get('02') ?? '0') as '0' | '1' | '2')
  if (printer === undefined) return reason('DE 60 tag 02: 0, 1 or 2 expected')
  return {
    lastPrintedStan: stan,
    printer,
    saidPrinter: tags.has('02') ? printer : undefined,
    version: kept(tags.get('03')),
    serialNumber: tags.get('04') || undefined,
    language: tags.get('05') === 'en' ? 'en' : 'fa',
    wantsReceiptLines: tags.get('07') === '1',
    keySerialNumber: tags.get('08'),
  }
}

/** What the switch will write down: a terminal may say anything, a card number too. */
function kept(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : withoutCards(text)
}

function readTags(field: string): Map<string, string> | Reason {
  const tags = new Map<string, string>()
  let at = 0
  while (at < field.length) {
    const head = field.slice(at, at + 4)
    if (!/^\d{4}$/.test(head)) return reason('DE 60: a tag and a length of 2 digits each expected')
    const tag = head.slice(0, 2)
    const length = Number(head.slice(2))
    if (at + 4 + length > field.length) return reason(`DE 60 tag ${tag}: longer than the field`)
    if (tags.has(tag)) return reason(`DE 60 tag ${tag}: given twice`)
    tags.set(tag, field.slice(at + 4, at + 4 + length))
    at += 4 + length
  }
  return tags
}
