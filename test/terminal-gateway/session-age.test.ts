// Which messages were sent before their terminal logged on, above all where the year that DE 7
// does not say turns between the two.

import { describe, expect, it } from 'vitest'
import type { FieldReader } from '../../protocol/message/message.ts'
import { isFromBeforeLogon } from '../../terminal-gateway/session-age.ts'
import type { SessionKeys } from '../../terminal-gateway/session-keys.ts'

interface Sent {
  readonly sent: string | undefined
  readonly logon: string | undefined
  readonly now: string
}

function isBefore({ sent, logon, now }: Sent): boolean {
  const message: FieldReader = {
    has: (de) => de === 7 && sent !== undefined,
    get: (de) => (de === 7 ? sent : undefined),
  }
  const keys = logon === undefined ? undefined : ({ transmission: logon } as SessionKeys)
  return isFromBeforeLogon(message, keys, Date.parse(now))
}

describe('the age of a message', () => {
  it('is told by the terminal’s own times, to the second', () => {
    const now = '2026-06-15T12:00:10Z'
    expect(isBefore({ sent: '0615115959', logon: '0615120000', now })).toBe(true)
    expect(isBefore({ sent: '0615120000', logon: '0615120000', now })).toBe(false)
    expect(isBefore({ sent: '0615120001', logon: '0615120000', now })).toBe(false)
  })

  it('goes over a year’s end: December is before a logon of January', () => {
    const now = '2027-01-01T00:00:20Z'
    expect(isBefore({ sent: '1231235950', logon: '0101000010', now })).toBe(true)
    expect(isBefore({ sent: '0101000015', logon: '1231235950', now })).toBe(false)
  })

  it('goes over a year’s end when the terminal’s clock is ahead of this one', () => {
    const now = '2026-12-31T23:59:50Z'
    expect(isBefore({ sent: '1231235955', logon: '0101000010', now })).toBe(true)
    expect(isBefore({ sent: '0101000015', logon: '1231235955', now })).toBe(false)
  })

  it('goes over 29 February', () => {
    const now = '2028-03-01T00:00:20Z'
    expect(isBefore({ sent: '0229235959', logon: '0301000000', now })).toBe(true)
    expect(isBefore({ sent: '0301000000', logon: '0229235959', now })).toBe(false)
  })

  it('is not told without a logon, or without DE 7', () => {
    const now = '2026-06-15T12:00:00Z'
    expect(isBefore({ sent: '0615110000', logon: undefined, now })).toBe(false)
    expect(isBefore({ sent: undefined, logon: '0615120000', now })).toBe(false)
  })
})
