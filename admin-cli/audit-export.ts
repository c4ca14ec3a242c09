// The audit record as a file: a JSON object a line, each linked to the one before, so that it can
// be verified without the switch; or CSV for a spreadsheet, which proves nothing. Pages go out as
// they come. The last link is told on standard error: who keeps it apart can prove the file.

import { type AuditEnd, FIRST_LINK, linkOf } from '../admin-api/audit-file.ts'
import type { AuditRecord } from '../admin-api/control-schemas.ts'
import { jsonText } from '../protocol/values/json-text.ts'
import { type Column, type ListOptions, writeCsv } from './rows.ts'
import type { OpenAdmin, VerbWorld } from './world.ts'

interface Period {
  readonly from?: string
  readonly to?: string
}

const PAGE = 500

export async function exportAudit(
  world: VerbWorld,
  admin: OpenAdmin,
  options: ListOptions & Period,
): Promise<void> {
  const { from, to } = options
  let link = FIRST_LINK
  let records = 0
  for await (const page of auditPages(admin, { from, to })) {
    if (options.csv === true) {
      writeCsv(world, options, { columns: COLUMNS, rows: page, withoutTitles: records > 0 })
    }
    for (const record of page) {
      link = linkOf(link, record)
      if (options.csv !== true) world.stdout.write(`${jsonText({ ...record, link })}\n`)
    }
    records += page.length
  }
  const end: AuditEnd = { end: true, records, from: from ?? null, to: to ?? null }
  link = linkOf(link, end)
  if (options.csv !== true) world.stdout.write(`${jsonText({ ...end, link })}\n`)
  if (options.json !== true) world.stderr.write(`${records} records, last link ${link}\n`)
}

export async function* auditPages(
  admin: OpenAdmin,
  period: { readonly from?: string | undefined; readonly to?: string | undefined },
): AsyncIterable<AuditRecord[]> {
  let after: number | null = 0
  while (after !== null) {
    const page = await admin.auditRecords({ ...period, after, limit: PAGE })
    yield page.records
    after = page.after
  }
}

type Told = Readonly<Record<string, unknown>>

const COLUMNS: readonly Column<AuditRecord>[] = [
  { title: 'record', kind: 'number', of: (row) => row.jseq },
  { title: 'at', of: (row) => new Date(row.atMs).toISOString() },
  { title: 'who', of: (row) => word(bodyOf(row).by) },
  { title: 'as', of: (row) => word(howOf(row).as) },
  { title: 'from', of: (row) => word(howOf(row).from) },
  { title: 'act', of: (row) => word(bodyOf(row).action) },
  { title: 'result', of: (row) => resultOf(bodyOf(row)) },
  { title: 'second person', of: (row) => word(howOf(row).consentBy) },
  { title: 'what', of: (row) => detailOf(row) },
  { title: 'hash', of: (row) => row.hash },
]

function bodyOf(row: AuditRecord): Told {
  return JSON.parse(row.body) as Told
}

function howOf(row: AuditRecord): Told {
  return (bodyOf(row).how ?? {}) as Told
}

function resultOf({ action, code }: Told): string {
  return action === 'refused' || action === 'login refused' ? word(code ?? 'refused') : 'done'
}

function detailOf(row: AuditRecord): string {
  const { action: _action, by: _by, how: _how, statements: _statements, ...detail } = bodyOf(row)
  return JSON.stringify(detail)
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
