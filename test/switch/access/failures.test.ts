// Wrong passwords by name: when they lock, when they are forgotten, and that names which nobody has
// are of no use to somebody who wants a count forgotten.

import { beforeEach, expect, it } from 'vitest'
import { Failures } from '../../../switch/access/failures.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'

const SETTINGS = { most: 3, lockMs: 1_800_000 }

let time: VirtualTime
let failures: Failures
beforeEach(() => {
  time = new VirtualTime()
  failures = new Failures(time, SETTINGS)
})

const tries = (name: string, count: number, known = true) => {
  return Array.from({ length: count }, () => failures.begin(name, known))
}

it('the last try locks a name, and the lock is over after its time', () => {
  expect(tries('sara', 3)).toEqual([false, false, true])
  expect(failures.locked('sara', true)).toBe(true)
  expect(failures.locked('dara', true)).toBe(false)
  time.advance(SETTINGS.lockMs - 1)
  expect(failures.locked('sara', true)).toBe(true)
  time.advance(1)
  expect(failures.locked('sara', true)).toBe(false)
  expect(tries('sara', 2)).toEqual([false, false])
})

it('wrong passwords of long ago do not count', () => {
  tries('sara', 2)
  time.advance(SETTINGS.lockMs)
  expect(tries('sara', 2)).toEqual([false, false])
})

it('the right password has the wrong ones before it forgotten', () => {
  tries('sara', 2)
  failures.right('sara')
  expect(tries('sara', 2)).toEqual([false, false])
})

it('a try whose password nobody looked at does not count, and unlocks what it locked', () => {
  tries('sara', 3)
  failures.takeBack('sara', true)
  expect(failures.locked('sara', true)).toBe(false)
  expect(tries('sara', 1)).toEqual([true])
  failures.takeBack('nobody', true)
  expect(tries('nobody', 3)).toEqual([false, false, true])
})

it('a flood of names that nobody has pushes out its own oldest, and no login', () => {
  tries('sara', 3)
  tries('ghost', 3, false)
  for (let n = 0; n < 10_000; n++) failures.begin(`name ${n}`, false)
  expect(failures.locked('ghost', false)).toBe(false)
  expect(failures.locked('sara', true)).toBe(true)
  for (let n = 0; n < 20_000; n++) failures.begin(`login ${n}`, true)
  expect(failures.locked('sara', true)).toBe(true)
})
