// Problems as a person reads them: place, setting, what is wrong, and a way out on a line of its
// own.

import { expect, it } from 'vitest'
import { renderProblems } from '../../../switch/config/problem.ts'

it('renders place, setting, message and hint, and leaves out what is not known', () => {
  const text = renderProblems([
    { path: 'log.level', message: 'is empty', hint: 'one of info, warn', where: 'evs.yaml:3' },
    { path: '', message: 'is no setting', hint: '', where: 'EVS_X' },
    { path: 'a + b', message: 'is too much', hint: '' },
  ])
  expect(text).toBe(
    'evs.yaml:3: log.level: is empty\n  one of info, warn\n' +
      'EVS_X: is no setting\na + b: is too much',
  )
})
