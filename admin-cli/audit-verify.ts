// Verifies the audit record: what the switch has, an export by itself, or an export against the
// switch. Every problem is named by its line or its record. It changes nothing.

import { AuditFile } from '../admin-api/audit-file.ts'
import type { AuditRecord } from '../admin-api/control-schemas.ts'
import { linesOf } from '../admin-api/ndjson.ts'
import { auditPages } from './audit-export.ts'
import { inputFile } from './input-file.ts'
import type { OpenAdmin, VerbWorld } from './world.ts'

export interface Verdict {
  readonly ok: boolean
  readonly problems: readonly string[]
  readonly [figure: string]: unknown
}

const PROBLEMS_MOST = 100

export async function verifyLive(admin: OpenAdmin): Promise<Verdict> {
  const { head, ...check } = await admin.verifyAudit()
  return { ...check, jseq: head.jseq, hash: head.hash }
}

export async function verifyAlone(world: VerbWorld, path: string): Promise<Verdict> {
  const { file, records, link } = await readExport(world, path, () => undefined)
  return verdict(file.problems, { records, link })
}

export async function verifyWithStore(
  world: VerbWorld,
  path: string,
  admin: OpenAdmin,
): Promise<Verdict> {
  const hashes = new Map<number, string>()
  const exported = new Set<string>()
  const { file, records, link, end } = await readExport(world, path, ({ jseq, hash, body }) => {
    hashes.set(jseq, hash)
    exported.add(periodExported(body))
  })
  const problems = [...file.problems]
  let last = 0
  for (const jseq of hashes.keys()) last = Math.max(last, jseq)
  const isWhole = end !== undefined && !exported.has(periodOf(end))
  const period = { from: end?.from ?? undefined, to: end?.to ?? undefined }
  let newer = 0
  for await (const page of auditPages(admin, period)) {
    for (const { jseq, hash } of page) {
      if (jseq > last && !isWhole) {
        newer++
        continue
      }
      const found = hashes.get(jseq)
      hashes.delete(jseq)
      if (found === undefined) problems.push(`record ${jseq} of the store is missing in the file`)
      else if (found !== hash) problems.push(`record ${jseq} is not the one of the store`)
    }
  }
  for (const jseq of hashes.keys()) problems.push(`record ${jseq} is not in the store`)
  return verdict(problems, { records, link, compared: true, newer })
}

/**
 * An export is an act itself, written before its first page is read. One of a period that had not
 * ended holds that act, and what comes after its last record may be newer than the file. One
 * without it is of days that were over: all that the store has of them must be there.
 */
function periodExported(body: string): string {
  const act = told(body)
  return act.action === 'audit export' && act.after === 0 ? periodOf(act) : ''
}

function periodOf({ from, to }: { readonly from?: unknown; readonly to?: unknown }): string {
  return JSON.stringify([from ?? null, to ?? null])
}

/** A file that somebody made may hold anything. */
function told(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body)) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

async function readExport(world: VerbWorld, path: string, each: (record: AuditRecord) => void) {
  const input = await inputFile(world, path)
  const file = new AuditFile()
  for await (const line of linesOf(input.chunks)) {
    const record = file.take(line)
    if (record !== undefined) each(record)
  }
  return { file, ...file.finish() }
}

function verdict(problems: readonly string[], figures: Record<string, unknown>): Verdict {
  const ok = problems.length === 0
  return { ok, ...figures, problems: problems.slice(0, PROBLEMS_MOST) }
}
