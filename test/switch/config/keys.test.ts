// The list of settings and the names of their environment variables: complete, unambiguous, and
// readable back into the same path.

import { describe, expect, it } from 'vitest'
import { configKeys, pathOfVariable, upperSnake } from '../../../switch/config/keys.ts'
import { LIMITS, TIMEOUTS } from '../../../switch/limits.ts'

describe('settings', () => {
  const keys = configKeys()

  it('have a description each, and one environment variable each', () => {
    expect(keys.filter((key) => key.description === '')).toEqual([])
    expect(new Set(keys.map((key) => key.env)).size).toBe(keys.length)
  })

  it('include every time and every limit with its default', () => {
    for (const [section, table] of [
      ['timeouts', TIMEOUTS],
      ['limits', LIMITS],
    ] as const) {
      for (const [name, row] of Object.entries(table)) {
        const key = keys.find((candidate) => candidate.path === `${section}.${name}`)
        expect(key?.default, name).toBe(String(row.value))
      }
    }
  })

  it('are found again by the name of their variable', () => {
    for (const key of keys) {
      const variable = key.env.replaceAll('<n>', '3').replace('<code>', '44')
      const path = key.path.replaceAll('<n>', '3').replace('<code>', '44')
      expect(pathOfVariable(variable)).toEqual(path.split('.'))
    }
  })

  it('name a variable as the path in capitals', () => {
    expect(upperSnake('lengthIncludesItself')).toBe('LENGTH_INCLUDES_ITSELF')
    expect(pathOfVariable('EVS_CARD_HOSTS_0_ACQUIRER_ID')).toEqual(['cardHosts', '0', 'acquirerId'])
  })

  it('are not found by a group, a wrong index or a longer name', () => {
    expect(pathOfVariable('EVS_LISTENERS_0')).toBe('group')
    expect(pathOfVariable('EVS_LISTENERS_01_PORT')).toBeUndefined()
    expect(pathOfVariable('EVS_LISTENERS_x_PORT')).toBeUndefined()
    expect(pathOfVariable('EVS_TIMEZONE_X')).toBeUndefined()
  })
})
