// Settings from the environment and from overrides: a name that is no setting, and a value that
// does not fit, are refused with the variable's name.

import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../switch/config/problem.ts'
import { type Extra, GOOD, problems } from './given-yaml.ts'

const MISTAKES: [Extra, Problem][] = [
  [
    { env: { EVS_LISTENRS_0_PORT: '1' } },
    {
      path: '',
      message: 'is no setting',
      hint: 'did you mean EVS_LISTENERS_0_PORT?',
      where: 'EVS_LISTENRS_0_PORT',
    },
  ],
  [
    { env: { EVS_LISTENERS_0: '1' } },
    {
      path: '',
      message: 'names a group of settings, not one of them',
      hint: 'one of its settings is EVS_LISTENERS_0_NAME',
      where: 'EVS_LISTENERS_0',
    },
  ],
  [
    { env: { EVS_LISTENERS_3_PORT: '1' } },
    {
      path: 'listeners.3.port',
      message: 'there is no entry 1 of listeners yet',
      hint: 'entries are numbered from 0 without gaps',
      where: 'EVS_LISTENERS_3_PORT',
    },
  ],
  [
    { env: { EVS_LISTENERS_0_PORT: '12abc' } },
    {
      path: 'listeners.0.port',
      message: "'12abc' is not a whole number",
      hint: '',
      where: 'EVS_LISTENERS_0_PORT',
    },
  ],
  [
    { env: { EVS_LISTENERS_2_PORT: '1' } },
    {
      path: 'listeners.2.port',
      message: 'there is no entry 1 of listeners yet',
      hint: 'entries are numbered from 0 without gaps',
      where: 'EVS_LISTENERS_2_PORT',
    },
  ],
  ...['+5000', '5_000', '5e3', ' 5000'].map((text): [Extra, Problem] => [
    { env: { EVS_LISTENERS_0_PORT: text } },
    {
      ...{ path: 'listeners.0.port', message: `'${text}' is not a whole number` },
      ...{ hint: '', where: 'EVS_LISTENERS_0_PORT' },
    },
  ]),
  [
    { env: { EVS_LISTENERS_0_PORT: 'NaN' } },
    {
      path: 'listeners.0.port',
      message: "'NaN' is not a whole number",
      hint: '',
      where: 'EVS_LISTENERS_0_PORT',
    },
  ],
  [
    { overrides: { 'listeners.0.port': '70000' } },
    {
      path: 'listeners.0.port',
      message: "'70000' is out of range: at most 65535",
      hint: '',
      where: 'override',
    },
  ],
  [
    { overrides: { 'log.levl': 'info' } },
    {
      path: 'log.levl',
      message: 'is no setting',
      hint: 'did you mean log.level?',
      where: 'override',
    },
  ],
]

describe('mistakes in the environment and in overrides', () => {
  it.each(MISTAKES)('names the mistake of %j', (extra, problem) => {
    expect(problems(GOOD, extra)).toEqual([problem])
  })

  it('blames the variable for a relation that it broke', () => {
    const found = problems(GOOD, {
      env: { EVS_TIMEOUTS_CARD_HOST_MS: '26999', EVS_TIMEOUTS_SWITCH_TOTAL_MS: '26000' },
    })
    expect(found[0]).toMatchObject({
      path: 'timeouts.cardHostMs',
      where: 'EVS_TIMEOUTS_CARD_HOST_MS',
    })
  })
})
