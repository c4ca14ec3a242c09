// The sale machine: every event at every stage as one table, and what must hold for any sequence of
// events as properties.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DebitResult } from '../../../switch/core/card-host.ts'
import type { Approval } from '../../../switch/core/journal.ts'
import {
  advance,
  BEGIN,
  type Ending,
  type SaleEffect,
  type SaleEvent,
  type SaleStage,
} from '../../../switch/core/sale-machine.ts'

const APPROVAL: Approval = { authCode: '004711', hostDate: '1122' }
const RESULTS = {
  approved: { kind: 'approved', approval: APPROVAL },
  declined: { kind: 'declined', responseCode: '51' },
  silent: { kind: 'unknown', why: 'silence', approval: undefined },
  partial: { kind: 'unknown', why: 'other amount', approval: APPROVAL },
  'not sent': { kind: 'not-sent', why: 'link down' },
} as const satisfies Record<string, DebitResult>

const EVENTS = {
  written: { kind: 'intent written', late: false },
  'written late': { kind: 'intent written', late: true },
  'not written': { kind: 'intent not written' },
  refused: { kind: 'intent refused', late: false },
  'refused late': { kind: 'intent refused', late: true },
  cancelled: { kind: 'cancelled' },
  'outcome written': { kind: 'outcome written' },
  'outcome not written': { kind: 'outcome not written' },
  ...Object.fromEntries(
    Object.entries(RESULTS).map(([name, result]) => [name, { kind: 'host result', result }]),
  ),
} as Record<EventName, SaleEvent>
type EventName =
  | keyof typeof RESULTS
  | 'written'
  | 'written late'
  | 'not written'
  | 'refused'
  | 'refused late'
  | 'cancelled'
  | 'outcome written'
  | 'outcome not written'

const SOLD: Ending = { kind: 'sold', approval: APPROVAL }
const DECLINED: Ending = { kind: 'declined', responseCode: '51' }
const declined = (responseCode: string): Ending => ({ kind: 'declined', responseCode })
const reversing = (responseCode: string, approval?: Approval): Ending => {
  return { kind: 'reversing', responseCode, approval }
}
const writing = (ending: Ending, answered = false): SaleStage => {
  return { at: 'writing outcome', ending, answered }
}

const STAGES = {
  intent: BEGIN,
  'intent, refused once': { at: 'writing intent', cancelled: false, refused: 1 },
  'intent, refused twice': { at: 'writing intent', cancelled: false, refused: 2 },
  'intent, cancelled': { at: 'writing intent', cancelled: true, refused: 0 },
  host: { at: 'asking host', cancelled: false },
  'host, cancelled': { at: 'asking host', cancelled: true },
  sold: writing(SOLD),
  declined: writing(DECLINED),
  reversing: writing(reversing('68')),
  'reversing, approved': writing(reversing('94', APPROVAL)),
  'declined, answered': writing(declined('96'), true),
  'reversing, answered': writing(reversing('96', APPROVAL), true),
  ended: { at: 'ended' },
} as const satisfies Record<string, SaleStage>
type StageName = keyof typeof STAGES

type Row = [StageName, EventName, SaleStage, SaleEffect[]]

const RELEASE: SaleEffect = { do: 'release vouchers' }
const DROP: SaleEffect = { do: 'drop vouchers' }
const AGAIN: SaleEffect = { do: 'reserve again' }
const END: SaleEffect = { do: 'end' }
const answer = (responseCode: string): SaleEffect => ({ do: 'answer', responseCode })
const write = (ending: Ending): SaleEffect => ({ do: 'write outcome', ending })
const later = (ending: Ending): SaleEffect => ({ do: 'write outcome later', ending })
const queue = (approval?: Approval): SaleEffect => ({ do: 'queue reversal', approval })
const toWrite = (stage: StageName, event: EventName, ending: Ending): Row => [
  stage,
  event,
  writing(ending),
  [write(ending)],
]

const ROWS: Row[] = [
  ['intent', 'written', STAGES.host, [{ do: 'debit' }]],
  toWrite('intent', 'written late', declined('91')),
  ['intent', 'not written', STAGES.ended, [RELEASE, answer('96'), END]],
  ['intent', 'cancelled', STAGES['intent, cancelled'], []],
  ['intent', 'refused', STAGES['intent, refused once'], [DROP, AGAIN]],
  ['intent', 'refused late', STAGES.ended, [DROP, RELEASE, answer('96'), END]],
  ['intent, refused once', 'written', STAGES.host, [{ do: 'debit' }]],
  toWrite('intent, refused once', 'written late', declined('91')),
  ['intent, refused once', 'not written', STAGES.ended, [RELEASE, answer('96'), END]],
  ['intent, refused once', 'cancelled', { at: 'writing intent', cancelled: true, refused: 1 }, []],
  ['intent, refused once', 'refused', STAGES['intent, refused twice'], [DROP, AGAIN]],
  ['intent, refused once', 'refused late', STAGES.ended, [DROP, RELEASE, answer('96'), END]],
  ['intent, refused twice', 'written', STAGES.host, [{ do: 'debit' }]],
  toWrite('intent, refused twice', 'written late', declined('91')),
  ['intent, refused twice', 'not written', STAGES.ended, [RELEASE, answer('96'), END]],
  ['intent, refused twice', 'cancelled', { at: 'writing intent', cancelled: true, refused: 2 }, []],
  ['intent, refused twice', 'refused', STAGES.ended, [DROP, RELEASE, answer('96'), END]],
  ['intent, refused twice', 'refused late', STAGES.ended, [DROP, RELEASE, answer('96'), END]],
  ['intent, cancelled', 'refused', STAGES.ended, [DROP, RELEASE, answer('94'), END]],
  ['intent, cancelled', 'refused late', STAGES.ended, [DROP, RELEASE, answer('94'), END]],
  toWrite('intent, cancelled', 'written', declined('94')),
  toWrite('intent, cancelled', 'written late', declined('94')),
  ['intent, cancelled', 'not written', STAGES.ended, [RELEASE, answer('94'), END]],
  ['intent, cancelled', 'cancelled', STAGES['intent, cancelled'], []],
  ['host', 'cancelled', STAGES['host, cancelled'], []],
  toWrite('host', 'approved', SOLD),
  toWrite('host', 'declined', DECLINED),
  toWrite('host', 'silent', reversing('68')),
  toWrite('host', 'partial', reversing('68', APPROVAL)),
  toWrite('host', 'not sent', declined('91')),
  ['host, cancelled', 'cancelled', STAGES['host, cancelled'], []],
  toWrite('host, cancelled', 'approved', reversing('94', APPROVAL)),
  toWrite('host, cancelled', 'declined', declined('94')),
  toWrite('host, cancelled', 'silent', reversing('94')),
  toWrite('host, cancelled', 'partial', reversing('94', APPROVAL)),
  toWrite('host, cancelled', 'not sent', declined('94')),
  [
    'sold',
    'outcome written',
    STAGES.ended,
    [{ do: 'settle vouchers' }, { do: 'answer', responseCode: '00', approval: APPROVAL }, END],
  ],
  [
    'sold',
    'outcome not written',
    writing(reversing('96', APPROVAL), true),
    [answer('96'), later(reversing('96', APPROVAL))],
  ],
  ['declined', 'outcome written', STAGES.ended, [RELEASE, answer('51'), END]],
  [
    'declined',
    'outcome not written',
    writing(declined('96'), true),
    [answer('96'), later(declined('96'))],
  ],
  ['reversing', 'outcome written', STAGES.ended, [RELEASE, answer('68'), queue(), END]],
  [
    'reversing',
    'outcome not written',
    writing(reversing('96'), true),
    [answer('96'), later(reversing('96'))],
  ],
  [
    'reversing, approved',
    'outcome written',
    STAGES.ended,
    [RELEASE, answer('94'), queue(APPROVAL), END],
  ],
  [
    'reversing, approved',
    'outcome not written',
    writing(reversing('96', APPROVAL), true),
    [answer('96'), later(reversing('96', APPROVAL))],
  ],
  ['declined, answered', 'outcome written', STAGES.ended, [RELEASE, END]],
  [
    'declined, answered',
    'outcome not written',
    writing(declined('96'), true),
    [later(declined('96'))],
  ],
  ['reversing, answered', 'outcome written', STAGES.ended, [RELEASE, queue(APPROVAL), END]],
  [
    'reversing, answered',
    'outcome not written',
    writing(reversing('96', APPROVAL), true),
    [later(reversing('96', APPROVAL))],
  ],
]

const stageNames = Object.keys(STAGES) as StageName[]
const eventNames = Object.keys(EVENTS) as EventName[]
const key = (stage: string, event: string): string => `${stage} / ${event}`
const possible = new Set(ROWS.map(([stage, event]) => key(stage, event)))
const impossible = stageNames
  .flatMap((stage) => eventNames.map((event) => [stage, event] as const))
  .filter(([stage, event]) => !possible.has(key(stage, event)))

describe('a sale', () => {
  it.each(ROWS)('at %s that sees %s goes on as the table says', (stage, event, next, effects) => {
    expect(advance(STAGES[stage], EVENTS[event])).toEqual({ stage: next, effects })
  })

  it.each(impossible)('at %s cannot see %s', (stage, event) => {
    expect(() => advance(STAGES[stage], EVENTS[event])).toThrow('a sale cannot see')
  })

  it('has a row, or an impossibility, for every pair', () => {
    expect(possible.size).toBe(ROWS.length)
    expect(possible.size + impossible.length).toBe(stageNames.length * eventNames.length)
    expect(possible.size).toBe(48)
  })
})

/** What happens around a sale, drawn at random: results, full disks, and cancels at any moment. */
interface Fate {
  readonly cancels: readonly boolean[]
  readonly intent: 'written' | 'written late' | 'not written'
  readonly result: keyof typeof RESULTS
  readonly failedWrites: number
}

const fates: fc.Arbitrary<Fate> = fc.record({
  cancels: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }),
  intent: fc.constantFrom('written', 'written late', 'not written'),
  result: fc.constantFrom(...(Object.keys(RESULTS) as (keyof typeof RESULTS)[])),
  failedWrites: fc.nat({ max: 3 }),
})

interface Course {
  readonly done: readonly SaleEffect[]
  readonly trace: readonly (SaleEffect['do'] | SaleEvent['kind'])[]
  readonly stage: SaleStage
  readonly cancelled: boolean
  /** The ending whose record was written, if any. */
  readonly written: Ending | undefined
}

function live(fate: Fate): Course {
  let stage: SaleStage = BEGIN
  let cancelled = false
  let written: Ending | undefined
  const done: SaleEffect[] = []
  const trace: (SaleEffect['do'] | SaleEvent['kind'])[] = []
  const see = (event: SaleEvent): void => {
    const step = advance(stage, event)
    stage = step.stage
    trace.push(event.kind, ...step.effects.map((effect) => effect.do))
    done.push(...step.effects)
  }
  const cancel = (wanted: boolean | undefined): void => {
    if (wanted !== true) return
    cancelled = true
    see({ kind: 'cancelled' })
  }
  cancel(fate.cancels[0])
  see(EVENTS[fate.intent])
  if (at(stage) === 'asking host') {
    cancel(fate.cancels[1])
    see(EVENTS[fate.result])
  }
  for (let failed = 0; at(stage) === 'writing outcome'; failed++) {
    const { ending } = stage as Extract<SaleStage, { at: 'writing outcome' }>
    if (failed < fate.failedWrites) see({ kind: 'outcome not written' })
    else {
      written = ending
      see({ kind: 'outcome written' })
    }
  }
  return { done, trace, stage, cancelled, written }
}

function at(stage: SaleStage): SaleStage['at'] {
  return stage.at
}

function count(course: Course, what: SaleEffect['do']): number {
  return course.done.filter((effect) => effect.do === what).length
}

function always(check: (course: Course, fate: Fate) => void): void {
  fc.assert(
    fc.property(fates, (fate) => {
      check(live(fate), fate)
    }),
    { numRuns: 500 },
  )
}

describe('whatever happens, a sale', () => {
  it('ends', () => {
    always((course) => {
      expect(course.stage.at).toBe('ended')
      expect(count(course, 'end')).toBe(1)
      expect(course.done.at(-1)?.do).toBe('end')
    })
  })

  it('is answered exactly once', () => {
    always((course) => expect(count(course, 'answer')).toBe(1))
  })

  it('debits at most once, and never before its intent is written', () => {
    always((course) => {
      const debit = course.trace.indexOf('debit')
      if (debit < 0) return
      expect(count(course, 'debit')).toBe(1)
      expect(course.trace.slice(0, debit)).toContain('intent written')
    })
  })

  it('is answered 00 only after, and only if, sold is written', () => {
    always((course) => {
      const isSold = course.written?.kind === 'sold'
      const found = course.done.find((effect) => effect.do === 'answer')
      expect(found?.responseCode === '00').toBe(isSold)
      expect(found?.approval !== undefined).toBe(isSold)
      if (!isSold) return
      expect(course.trace.indexOf('answer')).toBeGreaterThan(
        course.trace.indexOf('outcome written'),
      )
    })
  })

  it('that was cancelled is never sold', () => {
    always((course) => {
      if (course.cancelled) expect(course.written?.kind).not.toBe('sold')
    })
  })

  it('releases its vouchers or settles them, exactly once, and settles them only when sold', () => {
    always((course) => {
      expect(count(course, 'release vouchers') + count(course, 'settle vouchers')).toBe(1)
      expect(count(course, 'settle vouchers') === 1).toBe(course.written?.kind === 'sold')
    })
  })

  it('keeps its vouchers until its record is written', () => {
    always((course) => {
      const free = course.trace.findIndex((step) => /^(release|settle)/.test(step))
      const known = Math.max(
        course.trace.indexOf('outcome written'),
        course.trace.indexOf('intent not written'),
      )
      expect(free).toBeGreaterThan(known)
    })
  })

  it('whose debit may have happened and that is not sold is reversed', () => {
    always((course, fate) => {
      const asked = count(course, 'debit') === 1
      const mayBeDebited = asked && !['declined', 'not sent'].includes(fate.result)
      const undone = course.written?.kind === 'reversing'
      expect(course.written?.kind === 'sold' || undone).toBe(mayBeDebited)
      expect(count(course, 'queue reversal')).toBe(undone ? 1 : 0)
    })
  })

  it('that could not write its outcome is answered 96, and stored as 96', () => {
    always((course) => {
      if (!course.trace.includes('outcome not written')) return
      const found = course.done.find((effect) => effect.do === 'answer')
      expect(found?.responseCode).toBe('96')
      expect(course.written).toMatchObject({ responseCode: '96' })
    })
  })

  it('stores the answer that it gives', () => {
    always((course) => {
      const found = course.done.find((effect) => effect.do === 'answer')
      if (course.written === undefined || course.written.kind === 'sold') return
      expect(course.written.responseCode).toBe(found?.responseCode)
    })
  })

  it('keeps an approval that it saw, for the reversal to undo', () => {
    always((course, fate) => {
      if (course.written?.kind !== 'reversing') return
      const seen = fate.result === 'approved' || fate.result === 'partial'
      expect(course.written.approval).toEqual(seen ? APPROVAL : undefined)
    })
  })
})
