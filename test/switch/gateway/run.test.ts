// When a gateway is ready. Whole processes are tried in
// test/integration/gateway.test.ts.

import { expect, it } from 'vitest'
import { reasonsOf } from '../../../switch/gateway/run.ts'

it('a gateway is ready while a switch is linked and it does not stop', () => {
  const link = () => ({}) as never
  expect(reasonsOf({ isStopping: false, link })).toEqual([])
  expect(reasonsOf({ isStopping: true, link })).toEqual(['the gateway is stopping'])
  expect(reasonsOf({ isStopping: false, link: () => undefined })).toEqual(['no switch is linked'])
})
