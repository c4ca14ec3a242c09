// Verifies the audit record: what the switch has, an export by itself, or an export against the
// switch. Every problem is named by its line or its record. It changes nothing.

import { type AuditEnd, AuditFile } from '../admin-api/audit-file.ts'
import type { AuditRecord } from '../admin-api/control-schemas.ts'
import { linesOf } from '../admin-api/ndjson.ts'
import { tehranTime } from '../protocol/values/moment.ts'
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
  const { file, ...figures } = await readExport(world, path, () => undefined)
  return verdict(file.problems, shown(figures))
}

export async function verifyWithStore(
  world: VerbWorld,
  path: string,
  admin: OpenAdmin,
): Promise<Verdict> {
  const hashes = new Map<number, string>()
  const exported = new Set<string>()
  const { file, ...figures } = await readExport(world, path, ({ jseq, hash, body }) => {
    hashes.set(jseq, hash)
    exported.add(periodExported(body))
  })
  const { end } = figures
  const problems = [...file.problems]
  let last = 0
  for (const jseq of hashes.keys()) last = Math.max(last, jseq)
  const isWhole = end !== undefined && !exported.has(periodOf(end))
  const isOver = isWhole && end.to !== null
  let newer = 0
  for await (const page of auditPages(admin, toRead(end, isOver))) {
    for (const { jseq, hash, atMs, body } of page) {
      if (isOver && isAfter(atMs, end)) {
        exported.add(periodExported(body))
        continue
      }
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
  if (isOver && !exported.has(periodOf(end))) problems.push(NOT_EXPORTED)
  return verdict(problems, { ...shown(figures), compared: true, newer })
}

/** Whoever cut a file also chose the period that it names. */
const NOT_EXPORTED = 'the store has no export of exactly this period, which is over'

/**
 * To the store's end, for the act of the export; and with a period of its own, so that verifying
 * is not taken for that act the next time.
 */
function toRead(end: AuditEnd | undefined, isOver: boolean) {
  const from = end?.from ?? undefined
  return isOver ? { from } : { from, to: end?.to ?? undefined }
}

function isAfter(atMs: number, { to }: AuditEnd): boolean {
  return to !== null && tehranTime(atMs).day > Number(to.replaceAll('-', ''))
}

/**
 * An export is an act itself, written before its first page is read. One of a period that had not
 * ended holds that act, and what comes after its last record may be newer than the file. One
 * without it is of days that were over: all that the store has of them must be there, and the act
 * comes after them.
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

function shown({ end, ...figures }: { records: number; link: string; end?: AuditEnd | undefined }) {
  return { ...figures, from: end?.from ?? null, to: end?.to ?? null }
}

function verdict(problems: readonly string[], figures: Record<string, unknown>): Verdict {
  const ok = problems.length === 0
  return { ok, ...figures, problems: problems.slice(0, PROBLEMS_MOST) }
}
