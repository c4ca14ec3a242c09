// What the card host says to a reversal, and what that makes of it: every row of the judgement.

import { describe, expect, it } from 'vitest'
import type { ReversalReply } from '../../../switch/core/card-host.ts'
import type { Approval, ReversalStatus } from '../../../switch/core/journal.ts'
import { isEnded, judge, type Verdict } from '../../../switch/core/reversal-verdict.ts'
import { APPROVAL } from './queue-rig.ts'

const SILENT: ReversalReply = { kind: 'silent' }
const NOT_SENT: ReversalReply = { kind: 'not-sent' }

type Row = [ReversalStatus, Approval | undefined, boolean, string, Omit<Verdict, 'why'>]

const ROWS: Row[] = [
  ['pending', undefined, false, '00', { status: 'closed', ends: true }],
  ['pending', APPROVAL, false, '00', { status: 'closed', ends: true }],
  ['pending', APPROVAL, true, '00', { status: 'watched', ends: true }],
  ['unfound', undefined, false, '00', { status: 'closed', ends: true }],
  ['suspense', undefined, false, '00', { status: 'closed', ends: true }],
  ['suspense', APPROVAL, true, '00', { status: 'watched', ends: true }],
  ['pending', undefined, false, '25', { status: 'unfound', ends: false }],
  ['unfound', undefined, false, '25', { status: 'no-debit', ends: true }],
  ['suspense', undefined, false, '25', { status: 'unfound', ends: false }],
  ['pending', APPROVAL, false, '25', { status: 'suspense', ends: false }],
  ['pending', APPROVAL, true, '25', { status: 'suspense', ends: false }],
  ['unfound', APPROVAL, true, '25', { status: 'suspense', ends: false }],
  ['pending', undefined, false, '12', { status: 'suspense', ends: false }],
  ['pending', APPROVAL, false, '96', { status: 'suspense', ends: false }],
  ['unfound', undefined, false, '21', { status: 'suspense', ends: false }],
  ['suspense', undefined, false, '12', { status: 'suspense', ends: false }],
]

describe('a reply of the card host', () => {
  it.each(ROWS)('to a reversal %s, approval %s, reopened %s, of %s', (...row) => {
    const [status, approval, wasReopened, responseCode, verdict] = row
    const reply: ReversalReply = { kind: 'answered', responseCode }
    const reversal = { status, approval, wasReopened }
    expect(judge(reversal, reply, false, ['00'])).toMatchObject(verdict)
  })

  it.each(['pending', 'unfound', 'suspense'] as const)(
    'that does not come changes nothing of a reversal that is %s',
    (status) => {
      for (const reply of [SILENT, NOT_SENT]) {
        const verdict = judge({ status, approval: undefined, wasReopened: false }, reply, false, [])
        expect(verdict).toMatchObject({ status, ends: false })
      }
    },
  )

  it.each(['pending', 'unfound', 'suspense'] as const)(
    'that can never come puts a reversal that is %s in suspense: its card number is gone',
    (status) => {
      const reversal = { status, approval: undefined, wasReopened: false }
      const verdict = judge(reversal, { kind: 'no-card' }, false, ['00'])
      expect(verdict).toMatchObject({ status: 'suspense', ends: false })
    },
  )

  it.each(['00', '25', '12'])('of %s that is older than a late approval is asked again', (code) => {
    const reply: ReversalReply = { kind: 'answered', responseCode: code }
    const reversal = { status: 'pending', approval: APPROVAL, wasReopened: true } as const
    expect(judge(reversal, reply, true, ['00'])).toMatchObject({ status: 'pending', ends: false })
  })

  it('ends a reversal by every code that the profile accepts', () => {
    const reversal = { status: 'pending', approval: undefined, wasReopened: false } as const
    const reply: ReversalReply = { kind: 'answered', responseCode: '94' }
    expect(judge(reversal, reply, false, ['00', '94'])).toMatchObject({ ends: true })
    expect(judge(reversal, reply, false, ['00'])).toMatchObject({ status: 'suspense' })
  })

  it('ends it as closed, no-debit or watched, and in no other way', () => {
    const all = ['pending', 'unfound', 'no-debit', 'closed', 'watched', 'suspense'] as const
    expect(all.filter(isEnded)).toEqual(['no-debit', 'closed', 'watched'])
  })
})
