// What a terminal says at the command line, where its commands as a whole do not show it.

import { expect, it } from 'vitest'
import { describeResult } from '../../pos-terminal/command-result.ts'

it.each([
  [false, 'the reprint did not come out'],
  [true, 'the reprint did not come out whole, a part may be out'],
])('says of a reprint whether a part of it may be out: %s', (partly, text) => {
  const told = describeResult('reprint', { kind: 'not-printed', partly })
  expect(told).toMatchObject({ exit: 'failed', text })
})
