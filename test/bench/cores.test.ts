// Server and load are kept on cores that this process may use, and apart where that can be.

import { expect, it } from 'vitest'
import { chooseCores, listed } from '../../bench/cores.ts'

/** Of a machine whose threads 0 and 1 are one core, 2 and 3 another. */
const inPairs = (core: number) => [core & ~1, core | 1]
const alone = (core: number) => [core]

it('takes two that are not threads of one core', () => {
  expect(chooseCores([0, 1, 2, 3], inPairs)).toEqual({ server: 0, load: 2, areTwins: false })
  expect(chooseCores([0, 1], alone)).toEqual({ server: 0, load: 1, areTwins: false })
})

it('takes only what the process may use', () => {
  expect(chooseCores([5, 7], alone)).toEqual({ server: 5, load: 7, areTwins: false })
})

it('tells that it took twins where nothing else was there, and takes none of one', () => {
  expect(chooseCores([2, 3], inPairs)).toEqual({ server: 2, load: 3, areTwins: true })
  expect(chooseCores([2], alone)).toBeUndefined()
  expect(chooseCores([], alone)).toBeUndefined()
})

it('reads lists as the kernel writes them', () => {
  expect(listed('0-3,8\n')).toEqual([0, 1, 2, 3, 8])
  expect(listed('5')).toEqual([5])
  expect(listed('')).toEqual([])
})
