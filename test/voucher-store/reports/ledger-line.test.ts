// Ledgers of other card hosts: the spellings that are taken, what is skipped, and what a line
// lacks.

import { describe, expect, it } from 'vitest'
import { readLedgerLine } from '../../../voucher-store/reports/ledger-line.ts'

const read = (value: unknown) => readLedgerLine(JSON.stringify(value))
const PURCHASE = { de7: '1122054431', stan: '004201', tid: '10000001', rrn: '632609000001' }
const DEBIT = { kind: 'debit', amountRial: 50_000, ...PURCHASE }

describe('a ledger line', () => {
  it.each([
    ['our own card host', { at: '2026-11-22T05:44:31.000Z', ...DEBIT, rc: '00', mid: 'x' }],
    [
      'numbers of data elements',
      {
        type: 'DEBIT',
        de4: '000000050000',
        de7: 1122054431,
        de11: 4201,
        de41: '10000001',
        de37: 632609000001,
      },
    ],
    [
      'an MTI and a group of fields',
      {
        mti: '0200',
        fields: { 4: '50000', 7: '1122054431', 11: '004201', 41: '10000001 ', 37: '632609000001' },
        39: '00',
      },
    ],
    [
      'long names',
      {
        event: 'purchase',
        Amount: 50_000,
        transmission_time: '1122054431',
        trace: '4201',
        terminal_id: '10000001',
        retrieval_reference_number: '632609000001',
      },
    ],
  ])('of %s is a debit', (_, line) => {
    expect(read(line)).toMatchObject(DEBIT)
  })

  it.each([
    ['fields of its own', { originalDe7: '1122054431', originalStan: '004201' }],
    ['DE 90', { de90: '020000420111220544310000005810000000000000' }],
    ['a group', { original: { de7: '1122054431', stan: '4201' } }],
  ])('of a reversal names its purchase by %s', (_, original) => {
    const line = {
      kind: 'reversal',
      amount: 50_000,
      de7: '1122054500',
      stan: '000009',
      ...original,
    }
    const { de7, stan } = PURCHASE
    expect(read({ ...line, tid: '10000001' })).toMatchObject({ kind: 'reversal', de7, stan })
  })

  it('of a reversal without its original is found by the RRN, not by its own DE 7 and 11', () => {
    const line = { kind: 'reversal', amount: 1, de7: '1122054500', stan: '9', rrn: '632609000001' }
    expect(read(line)).toMatchObject({ rrn: '632609000001', de7: undefined, stan: undefined })
  })

  it('of a reversal is found by the RRN of its purchase, where it has one of its own too', () => {
    const own = { kind: 'reversal', amount: 1, rrn: '632609000009' }
    expect(read({ ...own, originalRrn: '632609000001' })).toMatchObject({ rrn: '632609000001' })
    expect(read({ ...own, original: { de37: '632609000001' } })).toMatchObject({
      rrn: '632609000001',
    })
  })

  it.each([
    ['debit', [200, 201, '0201', '201']],
    ['reversal', [420, 421, '0421', '421']],
  ] as const)('of a %s may have an MTI that lost its leading zero', (kind, mtis) => {
    for (const mti of mtis) expect(read({ ...DEBIT, kind: undefined, mti })).toMatchObject({ kind })
  })

  it.each([
    [12_345, '00012345'],
    ['12345', '00012345'],
    ['00012345', '00012345'],
    [0, '00000000'],
    ['K12', 'K12'],
    [123_456_789, '123456789'],
  ])('with the TID %o is of terminal %s', (tid, terminal) => {
    expect(read({ ...DEBIT, tid })).toMatchObject({ tid: terminal })
  })

  it.each([
    [{ ...DEBIT, kind: 'reversal', rc: '10' }],
    [{ ...DEBIT, kind: 'decline' }],
    [{ ...DEBIT, kind: 'reversal-unknown' }],
    [{ ...DEBIT, rc: '51' }],
    [{ ...DEBIT, kind: 'reversal', rc: '25' }],
    [{ kind: 'sign-on' }],
  ])('that moved no money is skipped', (line) => {
    expect(read(line)).toEqual({ kind: 'nothing' })
  })

  it.each([0, '0', '00', '000', 'OK', 'approved'])('that was answered %j moved money', (rc) => {
    expect(read({ ...DEBIT, rc })).toMatchObject({ kind: 'debit' })
    expect(read({ ...DEBIT, kind: 'reversal', rc })).toMatchObject({ kind: 'reversal' })
  })

  it.each([
    ['in words', '2026-07-01T08:00:00Z'],
    ['in seconds', 1_782_892_800],
    ['in milliseconds', 1_782_892_800_000],
    ['with the offset of another place', '2026-07-01 04:00:00.000 -0400'],
    ['with hours of an offset alone', '2026-07-01T11:00:00+03'],
    ['without an offset, in Tehran', '2026-07-01T11:30:00'],
    ['without an offset and seconds, in Tehran', '2026-07-01 11:30'],
    ['without an offset, with slashes, in Tehran', '2026/07/01 11:30:00.0'],
  ])('has its moment %s', (_how, at) => {
    expect(read({ ...DEBIT, at })).toMatchObject({ atMs: Date.UTC(2026, 6, 1, 8) })
  })

  it.each([
    ['a time of day (DE 12)', { time: '103057' }],
    ['a date (DE 13)', { date: '1121' }],
    ['a date and time (DE 7)', { time: '1122054431' }],
    ['a day', { date: '20261121' }],
    ['a day and time', { time: '20261121103057' }],
    ['a day and time of two digits for the year', { time: 261121103057 }],
    ['a day of the Persian calendar', { date: '14050830' }],
    ['that with slashes', { date: '1405/08/30' }],
    ['a day without its year', { date: '11/21' }],
    ['a day without a time', { date: '2026-11-21' }],
    ['a day without a time, with slashes', { date: '2026/11/21' }],
    ['a month', { date: '2026-11' }],
    ['a place that it does not know', { at: '2026-11-21 10:30 EST' }],
    ['an hour beyond the day', { at: '2026-11-21 25:30' }],
  ])('has no moment by %s, which is not counted from 1970', (_what, said) => {
    expect(read({ ...DEBIT, ...said })).toMatchObject({ kind: 'debit', atMs: undefined })
  })

  it.each([
    ['a time of day (DE 12)', { time: '113000' }],
    ['a day', { date: '2026-07-01' }],
  ])('has the moment of another name beside %s', (_what, said) => {
    const timestamp = '2026-07-01T08:00:00Z'
    expect(read({ ...DEBIT, ...said, timestamp })).toMatchObject({ atMs: Date.UTC(2026, 6, 1, 8) })
    const ts = 1_782_892_800
    expect(read({ ...DEBIT, ...said, ts })).toMatchObject({ atMs: Date.UTC(2026, 6, 1, 8) })
  })

  it('of a partial debit moved money', () => {
    expect(read({ ...DEBIT, rc: '10' })).toMatchObject({ kind: 'debit' })
  })

  it.each([
    ['{"kind"', 'not a JSON object'],
    ['[1]', 'not a JSON object'],
    [JSON.stringify({ ...DEBIT, kind: undefined }), 'no kind (debit or reversal)'],
    [JSON.stringify({ ...DEBIT, amountRial: undefined }), 'no amount'],
    [JSON.stringify({ ...DEBIT, amountRial: 1.5 }), 'the amount is not a whole number of rials'],
    [JSON.stringify({ kind: 'debit', amount: 5, tid: '1' }), 'no RRN, and no DE 7 and no DE 11'],
    [
      JSON.stringify({ kind: 'reversal', amount: 5, de7: '1122054431' }),
      'no RRN, and no DE 11 of the purchase',
    ],
  ])('that cannot be used says what it lacks: %s', (line, why) => {
    expect(readLedgerLine(line)).toEqual({ kind: 'unusable', why })
  })
})
