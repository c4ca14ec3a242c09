// `evs audit export` and `evs audit verify` over a real store: what is exported verifies, by itself
// and against the store, and what was touched is named with exit code 6.

import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FIRST_LINK, linkOf } from '../../admin-api/audit-file.ts'
import type { AuditRecord } from '../../admin-api/control-schemas.ts'
import { type Office, openOffice } from '../switch/access/office.ts'
import { evs, type Given } from './fake-world.ts'

const DAY_MS = 86_400_000

let folder: string
let file: string
let office: Office

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evs-audit-'))
  file = join(folder, 'acts.ndjson')
  office = await openOffice()
  for (let index = 1; index <= 4; index++) {
    const name = `Shop ${index}; "=1+1"`
    await office.user.addMerchant({ mid: `77${index}`, name, city: 'Tehran', institution: 0 })
  }
  writeFileSync(file, (await run('audit export')).stdout)
})
afterEach(async () => {
  await office.close()
  rmSync(folder, { recursive: true })
})

/** The verbs over the operations of the store. */
function run(line: string, given: Given = {}) {
  const { user } = office
  const operations = {
    auditRecords: (_actor: unknown, query: Parameters<typeof user.auditRecords>[0]) =>
      user.auditRecords(query),
    verifyAudit: () => user.verifyAudit(),
  }
  return evs(line.split(' '), { operations, ...given })
}

const verify = (more = '') => run(`audit verify ${file}${more} --json`)
const linesOf = () => readFileSync(file, 'utf8').trimEnd().split('\n')
const recordsOf = () =>
  linesOf()
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditRecord)
const put = (lines: readonly string[]) => writeFileSync(file, `${lines.join('\n')}\n`)

describe('an export', () => {
  it('has every act with who, when and what, and the export itself', async () => {
    const acts = linesOf().slice(0, -1)
    const bodies = acts.map((line) => JSON.parse(JSON.parse(line).body))
    expect(bodies.slice(-5).map(({ action, by }) => `${action} ${by}`)).toEqual([
      ...Array.from({ length: 4 }, () => 'merchant add ali'),
      'audit export ali',
    ])
    expect(JSON.parse(linesOf().at(-1) ?? '')).toMatchObject({ end: true, records: acts.length })
    expect(await verify(' --alone')).toMatchObject({ exitCode: 0, stderr: '' })
    expect(JSON.parse((await verify()).stdout)).toMatchObject({ ok: true, compared: true })
  })

  it('knows nothing of later acts, and they are counted', async () => {
    const later = { mid: '779', name: 'Later', city: 'Tehran', institution: 0 }
    await office.user.addMerchant(later)
    // The verification reads the store, which is an act too.
    expect(JSON.parse((await verify()).stdout)).toMatchObject({ ok: true, newer: 2 })
    expect((await verify()).exitCode).toBe(0)
  })

  it('as CSV is for reading, and no formula', async () => {
    const { stdout } = await run('audit export --csv')
    const [titles, ...rows] = stdout.trimEnd().split('\r\n')
    expect(titles).toBe('record,at,who,as,from,act,result,second person,what,hash')
    expect(rows.at(-1)).toMatch(/,ali,user,socket,audit export,done,,/)
    expect(stdout).not.toMatch(/,=/)
  })

  it('as CSV has its titles once, however many pages there are', async () => {
    const [, record] = linesOf().map((line) => JSON.parse(line) as AuditRecord)
    if (record === undefined) throw new RangeError('no record')
    const pages = [2, 3, null]
    const operations = {
      auditRecords: async () => ({ records: [record], after: pages.shift() ?? null }),
    }
    const { stdout, stderr } = await evs(['audit', 'export', '--csv'], { operations })
    expect(stdout.trimEnd().split('\r\n')).toHaveLength(4)
    expect(stdout.match(/record,at,who/g)).toHaveLength(1)
    expect(stderr).toMatch(/^3 records, /)
  })

  it('as CSV says of a login that was refused that it was', async () => {
    const [, record] = linesOf().map((line) => JSON.parse(line) as AuditRecord)
    if (record === undefined) throw new RangeError('no record')
    const records = ['login refused', 'refused', 'merchant add'].map((action) => {
      return forged(record, JSON.stringify({ action, by: 'eve', code: 'LOGIN_REFUSED' }))
    })
    const operations = { auditRecords: async () => ({ records, after: null }) }
    const { stdout } = await evs(['audit', 'export', '--csv'], { operations })
    const results = stdout.split('\r\n').slice(1, -1)
    expect(results.map((row) => row.split(',')[6])).toEqual([
      ...['LOGIN_REFUSED', 'LOGIN_REFUSED', 'done'],
    ])
  })

  it('with --json says nothing beside it', async () => {
    expect((await run('audit export')).stderr).toMatch(/^\d+ records, last link [0-9a-f]{64}\n$/)
    expect((await run('audit export --json')).stderr).toBe('')
  })

  it('of a period is compared with the acts of that period alone', async () => {
    writeFileSync(file, (await run('audit export --from 2026-07-01 --to 2026-07-01')).stdout)
    const periods: unknown[] = []
    const { user } = office
    const auditRecords: typeof user.auditRecords = (query) => {
      periods.push([query.from, query.to])
      return user.auditRecords(query)
    }
    const operations = { auditRecords: (_actor: unknown, query: never) => auditRecords(query) }
    await run(`audit verify ${file}`, { operations })
    expect(periods).toEqual([['2026-07-01', '2026-07-01']])
  })

  it('of a period has what was done in it', async () => {
    const { stdout } = await run('audit export --from 2026-07-01 --to 2026-07-01')
    expect(stdout.trimEnd().split('\n').length).toBeGreaterThan(5)
    writeFileSync(file, stdout)
    expect(JSON.parse((await verify()).stdout).ok).toBe(true)
    const none = (await run('audit export --to 2026-06-30')).stdout
    expect(JSON.parse(none)).toMatchObject({ end: true, records: 0, to: '2026-06-30' })
    expect((await run('audit export --from 2026-13-01')).exitCode).toBe(2)
    expect((await run('audit export --from 2026-07-02 --to 2026-07-01')).exitCode).toBe(2)
  })
})

describe('an export that was touched', () => {
  it('is broken by a changed, a missing and a moved line', async () => {
    const lines = linesOf()
    for (const touched of [
      lines.with(3, (lines[3] ?? '').replace('merchant', 'terminal')),
      lines.toSpliced(3, 1),
      [...lines.slice(0, 2), lines[3] ?? '', lines[2] ?? '', ...lines.slice(4)],
    ]) {
      put(touched)
      const { exitCode, stdout } = await verify(' --alone')
      expect(exitCode).toBe(6)
      expect(JSON.parse(stdout).problems.join()).toMatch(/line [345] /)
    }
  })

  it('and linked anew is found out by the store alone', async () => {
    const records = recordsOf()
      .toSpliced(2, 1)
      .map((record) => forged(record, record.body.replace('Shop 4', 'Shop 9')))
    relink(records)
    expect((await verify(' --alone')).exitCode).toBe(0)
    const { exitCode, stdout } = await verify()
    expect(exitCode).toBe(6)
    const { problems } = JSON.parse(stdout)
    expect(problems).toContainEqual(expect.stringMatching(/is missing in the file/))
    expect(problems).toContainEqual(expect.stringMatching(/is not the one of the store/))
  })

  it('or cut short and ended anew lacks the act of its own export', async () => {
    const records = recordsOf()
    for (const kept of [-1, -3]) {
      relink(records.slice(0, kept))
      expect((await verify(' --alone')).exitCode).toBe(0)
      const { exitCode, stdout } = await verify()
      expect(exitCode).toBe(6)
      expect(JSON.parse(stdout).problems).toContain(
        `record ${records.at(-1)?.jseq} of the store is missing in the file`,
      )
    }
  })

  it('or cut short within a period that had ended lacks what is left of it', async () => {
    const period = { from: '2026-07-01', to: '2026-07-01' }
    office.pass(DAY_MS)
    writeFileSync(file, (await run('audit export --from 2026-07-01 --to 2026-07-01')).stdout)
    expect(JSON.parse((await verify()).stdout)).toMatchObject({ ok: true, newer: 0 })
    const records = recordsOf()
    relink(records.slice(0, -1), period)
    expect((await verify()).exitCode).toBe(6)
  })

  it('or cut to a period of its own is told from one that was exported', async () => {
    office.pass(DAY_MS)
    await office.user.addMerchant({ mid: '779', name: 'Later', city: 'Tehran', institution: 0 })
    const whole = (await run('audit export')).stdout
    writeFileSync(file, whole)
    const period = { from: null, to: '2026-07-01' }
    relink(
      recordsOf().filter(({ body }) => !body.includes('Later') && !body.includes('audit export')),
      { from: null, to: '2026-06-30' },
    )
    expect((await verify()).exitCode).toBe(6)
    writeFileSync(file, whole)
    const last = recordsOf().findIndex(({ body }) => body.includes('Later'))
    relink(recordsOf().slice(0, last), period)
    expect(JSON.parse((await verify(' --alone')).stdout)).toMatchObject({ ok: true, ...period })
    // A verification reads the store too, and is no export of that period.
    for (let times = 1; times <= 2; times++) {
      const { exitCode, stdout } = await verify()
      expect(exitCode).toBe(6)
      expect(JSON.parse(stdout)).toMatchObject({
        ...period,
        problems: ['the store has no export of exactly this period, which is over'],
      })
    }
    await run('audit export --to 2026-07-01')
    const { stdout } = await run(`audit verify ${file}`)
    expect(stdout).toMatch(
      /^whole: .*, from the first act, to 2026-07-01, compared true, newer 0\n$/,
    )
  })

  it('or of another store is named record by record', async () => {
    const records = recordsOf()
    const last = records.at(-1)
    if (last === undefined) throw new RangeError('no record')
    relink([...records, forged({ ...last, jseq: last.jseq + 50 }, last.body)])
    expect(JSON.parse((await verify()).stdout).problems).toContainEqual(
      `record ${last.jseq + 50} is not in the store`,
    )
  })
})

it('the store itself is verified, and a record that a hand changed is named', async () => {
  const good = await run('audit verify --json')
  expect([good.exitCode, JSON.parse(good.stdout).ok]).toEqual([0, true])
  const { writer } = office.store
  writer.exec(`update journal set body = replace(body, 'ali', 'eve') where kind = 'admin'`)
  const { exitCode, stdout } = await run('audit verify')
  expect(exitCode).toBe(6)
  expect(stdout).toMatch(/record \d+ does not match its hash/)
})

function forged(record: AuditRecord, body: string): AuditRecord {
  const { jseq, kind, atMs, before } = record
  const hash = createHash('sha256')
    .update(before, 'hex')
    .update(`${jseq}\n${kind}\n${atMs}\n${body}`)
    .digest('hex')
  return { jseq, kind, atMs, before, body, hash }
}

/** Breaks no neighbour: hashes are made so that only the store knows better. */
function relink(
  records: readonly AuditRecord[],
  period: { from: string | null; to: string | null } = { from: null, to: null },
): void {
  let link = FIRST_LINK
  let before: AuditRecord | undefined
  const lines = records.map((record) => {
    const follows = before !== undefined && record.jseq === before.jseq + 1
    const kept = follows && before !== undefined ? { ...record, before: before.hash } : record
    const whole = forged(kept, kept.body)
    before = whole
    link = linkOf(link, whole)
    return JSON.stringify({ ...whole, link })
  })
  const end = { end: true, records: records.length, ...period } as const
  put([...lines, JSON.stringify({ ...end, link: linkOf(link, end) })])
}
