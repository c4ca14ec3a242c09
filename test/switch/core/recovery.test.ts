// What a start makes of intents without an outcome: a reversal of each, however many there are.

import { describe, expect, it } from 'vitest'
import type { Stan } from '../../../protocol/values/identifiers.ts'
import type { Journal, OutcomeRecord, WriteResult } from '../../../switch/core/journal.ts'
import { type OpenIntent, reverseOpenIntents } from '../../../switch/core/recovery.ts'

const NOW = Date.UTC(2026, 10, 22, 6)
/** More than share a commit, twice over, and some. */
const MANY = 1_203
/** What a journal's queue is sure to take at a time. */
const QUEUE = 500

function intent(id: number, cancelled = false): OpenIntent {
  const stan = String(id).padStart(6, '0') as Stan
  return { id, host: { link: 'shetab', stan, transmission: '0101000000' }, cancelled }
}

type Refused = Extract<WriteResult, { kind: 'rolled-back' }>

class Written implements Journal {
  readonly records: OutcomeRecord[] = []
  most = 0
  #underWay = 0
  readonly #refused: number | undefined
  readonly #reason: Refused['reason']

  constructor(refused?: number, reason: Refused['reason'] = 'full') {
    this.#refused = refused
    this.#reason = reason
  }

  async write(record: OutcomeRecord): Promise<WriteResult> {
    this.#underWay++
    this.most = Math.max(this.most, this.#underWay)
    await Promise.resolve()
    this.#underWay--
    const { id } = record
    if (id === this.#refused) return { kind: 'rolled-back', reason: this.#reason, detail: 'no' }
    this.records.push(record)
    return { kind: 'written' }
  }
}

function reversed(journal: Written, intents: readonly OpenIntent[]): Promise<number> {
  const ports = {
    journal,
    notice: () => undefined,
    clock: { wallMs: () => NOW, monotonicMs: () => 0, after: () => () => undefined },
    // A reversal's own number, to be told from that of its sale.
    reversalTrace: ({ stan }: OpenIntent['host']) => {
      return { stan: String(Number(stan) + 500_000) as Stan, transmission: '0202000000' }
    },
  }
  return reverseOpenIntents(ports, intents)
}

describe('recovery', () => {
  it('reverses every open intent, each once, and never more than the queue takes', async () => {
    const journal = new Written()
    const intents = Array.from({ length: MANY }, (_, index) => intent(index + 1))
    expect(await reversed(journal, intents)).toBe(MANY)
    const ids = journal.records.map(({ id }) => id)
    expect(ids.sort((one, other) => one - other)).toEqual(intents.map(({ id }) => id))
    expect(journal.most).toBeLessThanOrEqual(QUEUE)
  })

  it('gives each its own trace, and 94 to the one that its terminal had reversed', async () => {
    const journal = new Written()
    await reversed(journal, [intent(7), intent(8, true)])
    const outcomes = journal.records.map(({ outcome }) => outcome)
    const transmission = '0202000000'
    expect(outcomes).toEqual([
      {
        ...{ kind: 'reversing', responseCode: '96', approval: undefined },
        reversal: { stan: '500007', transmission },
      },
      {
        ...{ kind: 'reversing', responseCode: '94', approval: undefined },
        reversal: { stan: '500008', transmission },
      },
    ])
  })

  it('dates each end by the calendar', async () => {
    const journal = new Written()
    await reversed(journal, [intent(7), intent(8, true)])
    expect(journal.records.map(({ id, atMs }) => [id, atMs])).toEqual([
      [7, NOW],
      [8, NOW],
    ])
  })

  it.each(['full', 'busy', 'guard'] as const)(
    'fails when the store refuses one (%s), also one of a later group',
    async (reason) => {
      const intents = Array.from({ length: MANY }, (_, index) => intent(index + 1))
      const journal = new Written(MANY, reason)
      await expect(reversed(journal, intents)).rejects.toThrow('recovery not written')
    },
  )
})
