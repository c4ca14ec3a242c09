// A gateway with several doors, at the switch: a connection belongs to the listener that its hello
// named at that place, in whatever order the switch lists them, and a hello of another version is
// not taken.

import { describe, expect, it } from 'vitest'
import { type Envelope, envelope, readEnvelope } from '../../../terminal-gateway/relay/envelope.ts'
import { RelayRig, TPDU } from './relay-rig.ts'

const DOORS = [
  { listener: 'pos', tpdu: true },
  { listener: 'kiosk', tpdu: false },
  { listener: 'bank', tpdu: true },
]

describe('a gateway with several doors', () => {
  it('brings each connection to the listener of its door, whatever the order of the switch', async () => {
    const rig = await RelayRig.open({
      others: { bank: { needs: 'certificate' }, kiosk: { tpdu: false, needs: 'tls' } },
      relay: { doors: DOORS },
    })
    const connect = (index: number, tls: boolean, names?: string[]) => {
      const door = { index, tls, tpdu: DOORS[index]?.tpdu ?? true }
      return rig.terminal(names && { names }, door)
    }
    const terminals = [
      connect(0, false),
      connect(1, true),
      connect(1, false),
      connect(2, true, ['10000001']),
      connect(2, true),
    ]
    for (const [n, terminal] of terminals.entries()) terminal.ask('0200', rig.story.sale(n + 1))
    await rig.pass(3_000)
    expect(terminals.map(({ closings }) => closings)).toEqual([
      [],
      [],
      ['not admitted'],
      [],
      ['not admitted'],
    ])
    expect(rig.told).toEqual(['switch: up', 'main up as gw-1'])
    expect(terminals.map((terminal) => terminal.codes())).toEqual([['00'], ['00'], [], ['00'], []])
    expect(terminals.map(({ sent }) => sent[0]?.tpdu !== undefined)).toEqual([
      ...[true, false, false, true, false],
    ])
  })

  it('is refused when one of them is not as the switch has it, the last one too', async () => {
    const doors = DOORS.map((door, index) => (index === 2 ? { ...door, tpdu: false } : door))
    const rig = await RelayRig.open({
      others: { bank: {}, kiosk: { tpdu: false } },
      relay: { doors },
    })
    expect(rig.told[0]).toContain('listener bank: TPDU false there')
    expect(rig.relay.link()).toBeUndefined()
  })
})

describe('a hello', () => {
  const hello: Envelope = {
    kind: 'hello',
    ...{ version: 1, frameBytes: 4096, doors: [{ listener: 'pos', tpdu: true }] },
  }

  it.each([
    [1, 'welcome'],
    [0, 'refused'],
    [2, 'refused'],
  ])('of version %i is answered with %s', async (version, answer) => {
    const rig = await RelayRig.open()
    const link = await rig.bare()
    const heard: Envelope['kind'][] = []
    link.start({
      frame: (body) => {
        const read = readEnvelope(Buffer.from(body))
        if (read.kind !== 'broken') heard.push(read.kind)
      },
      closed: () => undefined,
    })
    link.send(envelope({ ...hello, version }))
    await rig.pass(100)
    expect([heard, link.open]).toEqual([[answer], answer === 'welcome'])
  })

  it('has to come before anything else', async () => {
    const rig = await RelayRig.open()
    const link = await rig.bare()
    link.send(envelope({ kind: 'frame', id: 1, bytes: TPDU }))
    await rig.pass(100)
    expect(rig.told.at(-1)).toContain('frame in place of a hello')
    expect(link.open).toBe(false)
  })
})
