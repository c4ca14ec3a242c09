// That something is not stored is said only of what was never written, whatever is forgotten.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDays, tehranTime } from '../../../protocol/values/moment.ts'
import type {
  IdentityReader,
  Journal,
  JournalRecord,
  SaleKey,
} from '../../../switch/core/journal.ts'
import { SeenIdentities } from '../../../switch/core/seen-identities.ts'

const NOW = Date.UTC(2026, 10, 26, 8, 30)
const { day: TODAY } = tehranTime(NOW)

const STORED: Journal = { write: async () => ({ kind: 'written' }) }

function key(time: string, { stan = '000001', day = TODAY, terminalKey = 7 } = {}): SaleKey {
  return { terminalKey, day, time, stan } as SaleKey
}

function refusal(of: SaleKey): JournalRecord {
  return { kind: 'refusal', key: of } as JournalRecord
}

/** What a store holds that was written by an earlier process. */
function holding(rows: readonly SaleKey[]): IdentityReader {
  return {
    identitiesAfter: (day, time, most) =>
      rows.filter((row) => row.day > day || (row.day === day && row.time > time)).slice(0, most),
    firstDay: () => rows.map((row) => row.day).sort((a, b) => a - b)[0],
  }
}

describe('the identities that cannot be stored', () => {
  it('are those dated after the start that were never written', async () => {
    const seen = new SeenIdentities(holding([]), NOW)
    expect(seen.mayBeStored(key('120000'))).toBe(true)
    expect(seen.mayBeStored(key('120001'))).toBe(false)
    expect(seen.mayBeStored(key('120500'))).toBe(false)
    await seen.noting(STORED).write(refusal(key('120500')))
    expect(seen.mayBeStored(key('120500'))).toBe(true)
    expect(seen.mayBeStored(key('120501'))).toBe(false)
    expect(seen.mayBeStored(key('120500', { stan: '000002' }))).toBe(false)
    expect(seen.mayBeStored(key('120500', { terminalKey: 8 }))).toBe(false)
  })

  it('are told from one that was written by second, STAN and terminal, up to the last', async () => {
    const seen = new SeenIdentities(holding([]), NOW)
    await seen.noting(STORED).write(refusal(key('120559', { stan: '999999' })))
    expect(seen.mayBeStored(key('120559', { stan: '999999' }))).toBe(true)
    for (const other of [
      key('120500', { terminalKey: 8, stan: '000000' }),
      key('120558', { stan: '999999' }),
      key('120600', { stan: '000000' }),
    ]) {
      expect(seen.mayBeStored(other)).toBe(false)
    }
  })

  it.each(['intent', 'refusal', 'cancel'] as const)(
    'are none of those of which a record of kind %s was written',
    async (kind) => {
      const seen = new SeenIdentities(holding([]), NOW)
      const record = { ...refusal(key('120500')), kind } as JournalRecord
      await seen.noting(STORED).write(record)
      expect(seen.mayBeStored(key('120500'))).toBe(true)
    },
  )

  it('are not those dated before the start, on a day that the store knows', () => {
    const seen = new SeenIdentities(holding([key('080000', { day: addDays(TODAY, -3) })]), NOW)
    expect(seen.mayBeStored(key('115959'))).toBe(true)
    expect(seen.mayBeStored(key('115959', { day: addDays(TODAY, -3) }))).toBe(true)
    expect(seen.mayBeStored(key('115959', { day: addDays(TODAY, -4) }))).toBe(false)
  })

  it('are not those that an earlier process wrote for a clock ahead of time', () => {
    const ahead = key('101010', { day: addDays(TODAY, 100) })
    const seen = new SeenIdentities(holding([ahead]), NOW)
    expect(seen.mayBeStored(ahead)).toBe(true)
    expect(seen.mayBeStored({ ...ahead, stan: key('', { stan: '000009' }).stan })).toBe(false)
  })

  it('are none when the store has more of those than are kept', () => {
    const rows = ['130000', '130100', '130200'].map((time) => key(time))
    const seen = new SeenIdentities(holding(rows), NOW, { identities: 2, seconds: 10 })
    for (const row of rows) expect(seen.mayBeStored(row)).toBe(true)
    expect(seen.mayBeStored(key('235900'))).toBe(true)
  })

  it('are none of a second that was forgotten, and still those of the seconds after it', async () => {
    const seen = new SeenIdentities(holding([]), NOW, { identities: 3, seconds: 10 })
    const journal = seen.noting(STORED)
    for (const time of ['120500', '120501', '120502', '120503']) {
      await journal.write(refusal(key(time)))
    }
    expect(seen.mayBeStored(key('120500', { stan: '000002' }))).toBe(true)
    expect(seen.mayBeStored(key('120501', { stan: '000002' }))).toBe(false)
    expect(seen.mayBeStored(key('120501'))).toBe(true)
  })

  it('are also those of the next second, in a minute with more than are kept', () => {
    const seen = new SeenIdentities(holding([]), NOW)
    const journal = seen.noting(STORED)
    for (let count = 0; count <= 100_000; count++) {
      const second = String(count % 59).padStart(2, '0')
      const stan = String(count).padStart(6, '0')
      void journal.write(refusal(key(`1205${second}`, { stan })))
    }
    expect(seen.mayBeStored(key('120559'))).toBe(false)
    expect(seen.mayBeStored(key('120500', { stan: '999999' }))).toBe(true)
  })

  it('are none of the oldest second, where too many are named', async () => {
    const seen = new SeenIdentities(holding([]), NOW, { identities: 10, seconds: 2 })
    const journal = seen.noting(STORED)
    for (const time of ['120503', '120501', '120502']) await journal.write(refusal(key(time)))
    expect(seen.mayBeStored(key('120501', { stan: '000002' }))).toBe(true)
    expect(seen.mayBeStored(key('120502', { stan: '000002' }))).toBe(false)
  })

  it('are noted before the journal is asked, and stay noted when it refuses', async () => {
    const seen = new SeenIdentities(holding([]), NOW)
    const told: boolean[] = []
    const refusing: Journal = {
      write: async () => {
        told.push(seen.mayBeStored(key('120500')))
        return { kind: 'rolled-back', reason: 'full', detail: '' }
      },
    }
    await seen.noting(refusing).write(refusal(key('120500')))
    expect([...told, seen.mayBeStored(key('120500'))]).toEqual([true, true])
  })

  it('never contain one that was written, whatever is written and forgotten', () => {
    const keys = fc.record({
      terminalKey: fc.integer({ min: 1, max: 3 }),
      day: fc.integer({ min: -2, max: 2 }).map((days) => addDays(TODAY, days)),
      time: fc.constantFrom('000000', '115900', '120000', '120059', '120100', '235959', '996199'),
      stan: fc.constantFrom('000001', '000002'),
    }) as fc.Arbitrary<SaleKey>
    const spared = { count: 0 }
    fc.assert(
      fc.property(fc.array(keys), fc.array(keys), fc.array(keys), (before, after, others) => {
        const limits = { identities: 4, seconds: 3 }
        const seen = new SeenIdentities(holding(before), NOW, limits)
        const journal = seen.noting(STORED)
        const written = [...before]
        for (const one of after) {
          void journal.write(refusal(one))
          written.push(one)
          for (const each of written) expect(seen.mayBeStored(each)).toBe(true)
        }
        spared.count += others.filter((other) => !seen.mayBeStored(other)).length
      }),
      { numRuns: 300, seed: 20261126 },
    )
    expect(spared.count).toBeGreaterThan(100)
  })
})
