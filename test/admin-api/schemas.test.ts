// What a number or name of a merchant, a rate of commission and a sum may be.

import { expect, it } from 'vitest'
import { auditQuery } from '../../admin-api/control-schemas.ts'
import {
  claimResolution,
  dayEndDifference,
  importRequest,
  reconcileRequest,
  reconciliation,
  reportRequest,
  saleFilter,
  suspenseResolution,
} from '../../admin-api/schemas.ts'
import { commissionChange, registrationRequest } from '../../admin-api/terminal-schemas.ts'
import { institution, mid, plainName, tid } from '../../admin-api/values.ts'
import { EXAMPLES } from './examples.ts'

const isRate = (rate: string) => commissionChange.safeParse({ rate }).success

it('a rate is a part of the price, from nothing to all of it', () => {
  for (const rate of ['0', '0.0001', '0.015', '1', '1.0', '1.0000']) {
    expect([rate, isRate(rate)]).toEqual([rate, true])
  }
  for (const rate of ['1.5', '1.0001', '2', '-0.1', '.5', '0.', '0.00001', '1,5', '']) {
    expect([rate, isRate(rate)]).toEqual([rate, false])
  }
})

it('numbers of merchants and terminals neither begin nor end with a space', () => {
  for (const [schema, most] of [
    [mid, 15],
    [tid, 8],
  ] as const) {
    const longest = 'x'.repeat(most)
    for (const text of ['1', 'a b', longest]) expect(schema.safeParse(text).success).toBe(true)
    for (const text of ['', ' ', '1 ', ' 1', `${longest}x`, 'a\tb', 'é']) {
      expect([text, schema.safeParse(text).success]).toEqual([text, false])
    }
  }
})

it('names have no half of a character, which no message could carry', () => {
  for (const name of ['\ud83d', 'SHOP \udd8b', 'a\u0000b']) {
    expect([name, plainName.safeParse(name).success]).toEqual([name, false])
  }
  expect(plainName.safeParse('SHOP \ud83e\udd8b').success).toBe(true)
})

it('a name of a file has no control characters, of whatever list it is', () => {
  for (const schema of [importRequest, registrationRequest]) {
    expect(schema.safeParse({ fileName: 'مهر 1405.csv' }).success).toBe(true)
    for (const mark of ['\u001b', '\n', '\u007f', '\u009b']) {
      const { error } = schema.safeParse({ fileName: `a${mark}.csv` })
      expect(error?.issues[0]?.message).toBe('no control characters or lone surrogates')
    }
  }
})

it('a day that is asked for exists; one that is told may be of a version that let others in', () => {
  const days = { '2026-02-28': true, '2028-02-29': true, '2026-02-30': false, '2026-13-01': false }
  for (const [on, exists] of Object.entries(days)) {
    const asked = [
      reportRequest.safeParse({ report: 'sales', from: on }),
      reconcileRequest.safeParse({ to: on }),
      commissionChange.safeParse({ rate: '0.01', validFrom: on }),
      auditQuery.safeParse({ from: on }),
      importRequest.safeParse({ fileName: 'x', expires: on }),
      saleFilter.safeParse({ day: on }),
    ]
    expect([on, asked.map(({ success }) => success)]).toEqual([on, Array(6).fill(exists)])
  }
  const [problem, ...others] = reconcileRequest.safeParse({ to: 'today' }).error?.issues ?? []
  expect([problem?.message, others]).toEqual(['a day is written yyyy-mm-dd', []])
})

it('an institution has four digits at most', () => {
  expect(institution.safeParse(9_999).success).toBe(true)
  expect(institution.safeParse(10_000).success).toBe(false)
})

it('a sum may be more than one sale may cost', () => {
  const sum = 25_000_000_000_000
  const host = { ...EXAMPLES.reconciliation, hostNetRial: sum, salesNetRial: sum }
  expect(reconciliation.safeParse(host).error).toBeUndefined()
  const totals = {
    ...{ salesCount: 1, salesAmountRial: sum, reversalsCount: 1, reversalsAmountRial: sum },
  }
  const ends = { ...EXAMPLES.dayEndDifference, claimed: totals, actual: totals }
  expect(dayEndDifference.safeParse(ends).error).toBeUndefined()
})

it('totals of the switch may be below nothing, and what a terminal claims may not', () => {
  const below = { salesCount: -1, salesAmountRial: -50_000, reversalsCount: 0 }
  const totals = { ...EXAMPLES.dayEndDifference.actual, ...below }
  const ends = { ...EXAMPLES.dayEndDifference, actual: totals }
  expect(dayEndDifference.safeParse(ends).success).toBe(true)
  expect(dayEndDifference.safeParse({ ...ends, claimed: totals }).success).toBe(false)
})

const remarks = (text: string) => [
  claimResolution.safeParse({ resolution: text }),
  suspenseResolution.safeParse({ as: 'retry', note: text }),
]

it.each([
  '6037990000000014',
  'card 6037 9900 0000 0014 was shown',
  '6037-9900-0000-0014',
  'کارت ۶۰۳۷ ۹۹۰۰ ۰۰۰۰ ۰۰۱۴',
  '٦٠٣٧٩٩٠٠٠٠٠٠٠٠١٤',
  '6037\u00a09900\u200c0000\u20130014',
  'PIN 7100000000000',
])('what is on record for ever holds no card number and no voucher PIN: case %#', (text) => {
  for (const { error } of remarks(text)) {
    expect(error?.issues.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^13 or more digits in a row/),
    ])
  }
})

it.each([
  'RRN 632609000001',
  'RRN ۶۳۲۶۰۹۰۰۰۰۰۱ of 2026-11-21, 10:30:57',
  'letter 4/112 of 2026-11-21: 50000 rial in cash',
  '603799******0014',
  'x'.repeat(500),
])('and may name an RRN, a letter, a masked card, at some length: case %#', (text) => {
  for (const { success } of remarks(text)) expect(success).toBe(true)
})
