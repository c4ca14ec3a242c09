// Parts of a ceremony in memory: they are overwritten at every end of it, the timer's included.

import { expect, it } from 'vitest'
import { type Ceremony, KeyCeremonies } from '../../../switch/access/key-ceremonies.ts'

const OWNER = { kind: 'host', name: 'bank', institution: 0 } as const
const LIFE_MS = 60_000

function desk() {
  let nowMs = 0
  const timers: (() => void)[] = []
  const expired: string[] = []
  const clock = {
    monotonicMs: () => nowMs,
    wallMs: () => nowMs,
    after: (_ms: number, run: () => void) => {
      timers.push(run)
      return () => void timers.splice(timers.indexOf(run), 1)
    },
  }
  const ceremonies = new KeyCeremonies(clock, { lifeMs: LIFE_MS, most: 2 }, ({ id }) => {
    expired.push(id)
  })
  const bytes = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)] as const
  const ceremony = ceremonies.begin(
    { kind: 'issue', actor: { name: 'sara' }, ref: OWNER, owner: 'host/bank', scheme: 'tdes' },
    bytes.map((one) => ({ checkValue: '000000', bytes: one })),
  )
  const pass = (ms: number) => {
    nowMs += ms
    for (const run of [...timers]) run()
  }
  return { ceremonies, ceremony, bytes, expired, timers, pass }
}

type Desk = ReturnType<typeof desk>

it.each([
  ['ended', ({ ceremonies, ceremony }: Desk) => ceremonies.end(ceremony), 0],
  ['ended with all others', ({ ceremonies }: Desk) => ceremonies.endAll(), 0],
  ['too old, though nobody asks for it', ({ pass }: Desk) => pass(LIFE_MS), 1],
] as const)('one that is %s holds no part, and its bytes are overwritten', (_how, end, expired) => {
  const made = desk()
  const { ceremonies, ceremony, bytes } = made
  end(made)
  for (const one of bytes) expect(one.every((byte) => byte === 0)).toBe(true)
  expect(ceremony.parts.map((part) => part.bytes)).toEqual([undefined, undefined])
  expect([ceremonies.list(), ceremonies.find(ceremony.id)]).toEqual([[], undefined])
  expect([made.expired.length, made.timers.length]).toEqual([expired, 0])
})

it('one login gets one part, and nobody gets what is gone', () => {
  const { ceremonies, ceremony } = desk()
  const claim = (name: string, of: Ceremony = ceremony) => ceremonies.claim(of, name).number
  expect(claim('one')).toBe(1)
  expect(() => claim('one')).toThrow('one has had a part')
  expect(claim('two')).toBe(2)
  expect(() => claim('three')).toThrow('nothing is missing')
})

it('no more ceremonies are open than may be, and one that ends makes room', () => {
  const { ceremonies, ceremony } = desk()
  const begin = () =>
    ceremonies.begin(
      { kind: 'load', actor: { name: 'sara' }, ref: OWNER, owner: 'host/bank', scheme: 'tdes' },
      [{ checkValue: '', bytes: undefined }],
    )
  begin()
  expect(begin).toThrow(expect.objectContaining({ code: 'NOT_READY' }))
  ceremonies.end(ceremony)
  expect(begin()).toMatchObject({ kind: 'load', ended: false })
})
