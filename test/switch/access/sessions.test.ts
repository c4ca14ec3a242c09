// Open sessions: how long they last, and how many there may be.

import { expect, it } from 'vitest'
import { Sessions } from '../../../switch/access/sessions.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'

const SETTINGS = { idleMs: 900_000, totalMs: 28_800_000 }

function desk() {
  const time = new VirtualTime()
  return { time, sessions: new Sessions(time, SETTINGS) }
}

it('a session lasts while it is used, and not a moment longer than it may be idle', () => {
  const { time, sessions } = desk()
  const token = sessions.open('sara', 4)
  for (let use = 0; use < 3; use++) {
    time.advance(SETTINGS.idleMs - 1)
    expect(sessions.find(token)).toMatchObject({ name: 'sara', passwordId: 4 })
  }
  time.advance(SETTINGS.idleMs)
  expect(sessions.find(token)).toBeUndefined()
})

it('a session does not keep another one of the same login from being idle', () => {
  const { time, sessions } = desk()
  const [used, idle] = [sessions.open('sara', 4), sessions.open('sara', 4)]
  time.advance(SETTINGS.idleMs - 1)
  sessions.find(used)
  time.advance(1)
  expect(sessions.find(idle)).toBeUndefined()
  expect(sessions.find(used)).toBeDefined()
})

it('a thousand may be open, and those that are over make room', () => {
  const { time, sessions } = desk()
  const tokens = Array.from({ length: 1_000 }, () => sessions.open('sara', 4))
  expect(() => sessions.open('dara', 5)).toThrow(expect.objectContaining({ code: 'NOT_READY' }))
  sessions.end(sessions.find(tokens[0] ?? '')?.id ?? '')
  tokens.push(sessions.open('dara', 5))
  expect(() => sessions.open('dara', 5)).toThrow('too many sessions')
  time.advance(SETTINGS.idleMs)
  // Nobody asked for one of them since.
  expect(sessions.find(sessions.open('dara', 5))).toMatchObject({ name: 'dara' })
})

it('a token is 32 bytes of chance, and what is kept of it opens nothing', () => {
  const { sessions } = desk()
  const tokens = Array.from({ length: 100 }, () => sessions.open('sara', 4))
  for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  expect(new Set(tokens).size).toBe(100)
  const { id } = sessions.find(tokens[0] ?? '') ?? expect.fail('it is open')
  expect(sessions.find(id)).toBeUndefined()
})
