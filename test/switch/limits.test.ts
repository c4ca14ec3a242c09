// Limits and times: the defaults hold every relation, and each broken relation is named.

import { describe, expect, it } from 'vitest'
import {
  assertRelations,
  defaultSettings,
  LIMITS,
  RELATIONS,
  type Settings,
  TIMEOUTS,
} from '../../switch/limits.ts'

const TLS = { listenerTls: true }

/** The default settings with one changed, by path. */
function withSetting(path: string, value: number): Settings {
  const { timeouts, limits } = defaultSettings()
  const [section, key = ''] = path.split('.')
  if (section === 'timeouts') return { timeouts: { ...timeouts, [key]: value }, limits }
  return { timeouts, limits: { ...limits, [key]: value } }
}

describe('defaults', () => {
  it('are those of the wire protocol', () => {
    const { timeouts, limits } = defaultSettings()
    expect(timeouts).toMatchObject({
      firstFrameMs: 10_000,
      frameMs: 5_000,
      cardHostMs: 25_000,
      switchTotalMs: 30_000,
      terminalAdvisedMs: 45_000,
      idleMs: 60_000,
      echoAfterMs: 30_000,
    })
    expect(limits).toMatchObject({ frameBytes: 4096, missedEchoes: 2, identityDays: 400 })
  })

  it('hold every relation and lie within their own bounds', () => {
    expect(assertRelations(defaultSettings(), TLS)).toEqual([])
    for (const [name, row] of Object.entries({ ...TIMEOUTS, ...LIMITS })) {
      expect(row.value, name).toBeGreaterThanOrEqual(row.least)
      expect(row.value, name).toBeLessThanOrEqual(row.most)
    }
  })

  it('lease numbers enough for as many sales at once as there may be', () => {
    // The next block is asked for when half of one is left, and comes behind all that is waiting.
    const atOnce = 2 * LIMITS.inFlightSales.value
    expect(LIMITS.rrnBlockNumbers.value / 2).toBeGreaterThan(atOnce)
    expect(LIMITS.stanBlockNumbers.value / 2).toBeGreaterThan(atOnce)
  })

  it('leave places at a listener to others than one address', () => {
    const { connectionsPerAddress, connectionsPerListener } = defaultSettings().limits
    expect(connectionsPerAddress).toBeLessThanOrEqual(connectionsPerListener / 2)
  })

  it('carry their unit or what they count in the name', () => {
    for (const name of Object.keys(TIMEOUTS)) expect(name).toMatch(/Ms$/)
  })
})

describe('relations', () => {
  it('are these', () => {
    const shown = RELATIONS.map(({ small, large, strict }) => {
      return `${small} ${strict ? '<' : '<='} ${large}`.replaceAll(/(timeouts|limits)\./g, '')
    })
    expect(shown).toEqual([
      'cardHostMs < switchTotalMs',
      'switchTotalMs < terminalAdvisedMs',
      'terminalAdvisedMs < idleMs',
      'terminalAdvisedMs < institutionIdleMs',
      'frameMs <= firstFrameMs',
      'tlsHandshakeMs < firstFrameMs',
      'firstFrameMs <= idleMs',
      'echoAnswerMs <= echoAfterMs',
      'dialBackoffFirstMs <= dialBackoffMaxMs',
      'reversalBackoffFirstMs <= reversalBackoffMaxMs',
      'reversalBackoffMaxMs <= suspenseRetryMs',
      'cardHostMs < drainMs',
      'journalGroupRecords <= journalQueueRecords',
      'inFlightSales + reversalsInParallel <= journalQueueRecords',
      'reversalsInParallel < reversalsInMemory',
      'inFlightSales + inFlightSales <= rrnBlockNumbers',
      'inFlightSales + inFlightSales <= stanBlockNumbers',
      'sessionIdleMs <= sessionTotalMs',
      'recordingFileBytes <= recordingBytes',
      'clockSkewDays < identityDays',
    ])
  })

  it.each(RELATIONS)('$small before $large is checked', ({ small, large }) => {
    const first = small.split(' + ')[0] ?? ''
    const found = assertRelations(withSetting(first, 1e15), TLS)
    const message = expect.stringContaining(`${large} (`)
    expect(found).toContainEqual({ path: small, message, hint: expect.stringMatching(/\w/) })
  })

  it('that are strict refuse equal values', () => {
    expect(assertRelations(withSetting('timeouts.cardHostMs', 30_000), TLS)[0]?.message).toBe(
      'timeouts.cardHostMs (30000) must be less than timeouts.switchTotalMs (30000)',
    )
  })

  it('that are not strict accept equal values', () => {
    expect(assertRelations(withSetting('timeouts.frameMs', 10_000), TLS)).toEqual([])
  })

  it('about TLS are asked for only where a listener speaks it', () => {
    const settings = withSetting('timeouts.firstFrameMs', 5_000)
    expect(assertRelations(settings, TLS)).toMatchObject([{ path: 'timeouts.tlsHandshakeMs' }])
    expect(assertRelations(settings, { listenerTls: false })).toEqual([])
  })

  it('name settings that exist', () => {
    const paths = RELATIONS.flatMap(({ small, large }) => [...small.split(' + '), large])
    for (const path of paths) {
      const [section, key = ''] = path.split('.')
      expect(section === 'timeouts' ? TIMEOUTS : LIMITS).toHaveProperty(key)
    }
  })
})
