// An error carries its row of the list, and more exact words where there are some.

import { describe, expect, it } from 'vitest'
import { ERRORS, EvsError, isErrorCode } from '../../admin-api/errors.ts'

describe('an admin error', () => {
  it('has message, hint, status and exit code of its code', () => {
    const error = new EvsError('DATA_LOCKED')
    expect(error).toBeInstanceOf(Error)
    expect(error.message).toBe(ERRORS.DATA_LOCKED.message)
    expect(error.hint).toBe(ERRORS.DATA_LOCKED.hint)
    expect([error.status, error.exitCode]).toEqual([409, 5])
  })

  it('may say more exactly what and why', () => {
    const about = { message: 'no batch 7', hint: 'there are 3', details: { batch: 7 } }
    expect(new EvsError('NOT_FOUND', about)).toMatchObject({ code: 'NOT_FOUND', ...about })
  })

  it('has a code of the closed list, without what every object has', () => {
    expect(isErrorCode('DATA_LOCKED')).toBe(true)
    expect(isErrorCode('toString')).toBe(false)
  })

  it('never ends with success, and has whole sentences without a full stop', () => {
    for (const [code, row] of Object.entries(ERRORS)) {
      expect(row.exitCode, code).toBeGreaterThan(0)
      expect(row.status, code).toBeGreaterThanOrEqual(400)
      expect(`${row.message}${row.hint}`, code).not.toMatch(/\.$|\|/)
    }
  })
})
