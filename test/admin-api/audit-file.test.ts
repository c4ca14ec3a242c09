// An exported audit record by itself: whole it verifies, and every way of touching it is named.

import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type AuditEnd, AuditFile, FIRST_LINK, linkOf } from '../../admin-api/audit-file.ts'
import type { AuditRecord } from '../../admin-api/control-schemas.ts'

/** Acts with a sale between each two, so that they do not follow each other in the journal. */
function records(count: number): AuditRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const about = { jseq: 2 * index + 1, kind: 'admin', atMs: 1_000 + index }
    return rehashed({ ...about, before: `${index}`.padStart(64, 'a'), body: `{"n":${index}}` })
  })
}

function rehashed(record: Omit<AuditRecord, 'hash'>): AuditRecord {
  const { jseq, kind, atMs, before, body } = record
  const hash = createHash('sha256')
    .update(before, 'hex')
    .update(`${jseq}\n${kind}\n${atMs}\n${body}`)
    .digest('hex')
  return { ...record, hash }
}

function lines(all: readonly AuditRecord[], counted = all.length): string[] {
  let link = FIRST_LINK
  const shown = all.map((record) => {
    link = linkOf(link, record)
    return JSON.stringify({ ...record, link })
  })
  const end: AuditEnd = { end: true, records: counted, from: null, to: null }
  return [...shown, JSON.stringify({ ...end, link: linkOf(link, end) })]
}

function problemsOf(given: readonly string[]): readonly string[] {
  const file = new AuditFile()
  for (const line of given) file.take(line)
  file.finish()
  return file.problems
}

describe('an export', () => {
  const whole = lines(records(5))

  it('that nobody touched has no problems', () => {
    expect(problemsOf(whole)).toEqual([])
    const file = new AuditFile()
    for (const line of whole) file.take(line)
    expect(file.finish()).toMatchObject({ records: 5, end: { from: null } })
  })

  it.each([
    [
      'a changed body',
      (all: string[]) => [all[0], all[1]?.replace('{\\"n', '{\\"m'), ...all.slice(2)],
    ],
    [
      'a changed moment',
      (all: string[]) => [all[0], all[1]?.replace('1001', '1002'), ...all.slice(2)],
    ],
    ['a line that is missing', (all: string[]) => all.toSpliced(1, 1)],
    ['a line that is moved', (all: string[]) => [all[1], all[0], ...all.slice(2)]],
    ['a line twice', (all: string[]) => [all[0], all[0], ...all.slice(1)]],
    ['no last line', (all: string[]) => all.slice(0, -1)],
    ['the tail cut off', (all: string[]) => [...all.slice(0, 3), all.at(-1)]],
    ['a line after the end', (all: string[]) => [...all, all[0]]],
    ['a line of something else', (all: string[]) => [all[0], '{"x":1}', ...all.slice(1)]],
    ['no JSON', (all: string[]) => ['x', ...all]],
  ])('with %s is broken, and the line is named', (_what, touch) => {
    const problems = problemsOf(touch([...whole]) as string[])
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.join('\n')).toMatch(/line \d|no last line/)
  })

  it('any single character that is changed is found', () => {
    const text = whole.join('\n')
    for (let at = 0; at < text.length; at += 7) {
      if (text[at] === '\n') continue
      const other = text[at] === '0' ? '1' : '0'
      const touched = text.slice(0, at) + other + text.slice(at + 1)
      expect(problemsOf(touched.split('\n')).length, `character ${at}`).toBeGreaterThan(0)
    }
  })

  it.each([4, 6])(
    'of five records that counts %d is broken, however well it is linked',
    (counted) => {
      expect(problemsOf(lines(records(5), counted))).toEqual([
        `line 6 counts ${counted} records, not 5`,
      ])
    },
  )

  it('made anew with its own hashes is only found out by who has the store or the last link', () => {
    const forged = records(5).map((record) => rehashed({ ...record, body: '{"n":"forged"}' }))
    expect(problemsOf(lines(forged))).toEqual([])
    expect(lines(forged).at(-1)).not.toBe(whole.at(-1))
  })

  it('whose neighbours in the journal do not follow each other is broken', () => {
    const [one] = records(1)
    if (one === undefined) throw new RangeError('no record')
    const next = { jseq: 2, kind: 'admin', atMs: 9, body: '{}' }
    expect(problemsOf(lines([one, rehashed({ ...next, before: one.hash })]))).toEqual([])
    const loose = rehashed({ ...next, before: 'f'.repeat(64) })
    expect(problemsOf(lines([one, loose]))).toEqual([
      'line 2 record 2 does not follow the record before it',
    ])
  })
})

describe('a record that is there twice', () => {
  it('is out of order, however well it is linked', () => {
    const [first, ...others] = records(3)
    if (first === undefined) throw new RangeError('no record')
    expect(problemsOf(lines([first, first, ...others]))).toEqual([
      'line 2 record 1 is out of order',
    ])
  })
})
