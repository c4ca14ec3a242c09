// Why a connection ended, as a label of metrics: words of a closed list, whatever its other end
// sends, so that nobody makes series of metrics.

import { expect, it } from 'vitest'
import { FrameCutter, type Framing } from '../../protocol/link/framing.ts'
import { CLOSE_REASONS, closeReasonOf } from '../../terminal-gateway/close-reason.ts'
import { FrontDesk } from './front-desk.ts'

const FRAMING: Framing = {
  ...{ length: 'binary2', lengthIncludesItself: false, tpdu: true, maxFrameBytes: 4096 },
}

/** What a channel closes for when those bytes come. */
function brokenBy(hex: string, framing: Partial<Framing> = {}): string {
  const cutter = new FrameCutter({ ...FRAMING, ...framing })
  cutter.push(Buffer.from(hex, 'hex'))
  const cut = cutter.next()
  if (cut?.kind !== 'broken') throw new Error('not broken')
  return cut.reason
}

it('is one label at the switch, whatever lengths a stranger announces', async () => {
  const { story } = await FrontDesk.open()
  const counted = new Set<string>()
  for (const header of ['1001', '1002', '8000', 'ffff', '0004', '00056100000000']) {
    const desk = new FrontDesk(story)
    desk.handlers.closed(brokenBy(header))
    for (const what of desk.counted) counted.add(what)
  }
  expect([...counted]).toEqual(['connections closed: a broken frame'])
})

it.each([
  [brokenBy('30303a30', { length: 'ascii4' }), 'a broken frame'],
  [brokenBy('0001', { lengthIncludesItself: true }), 'a broken frame'],
  ['a frame did not end in time', 'a broken frame'],
  ['socket error: ECONNRESET', 'socket error'],
  ['socket error: read ECONNRESET of 10.0.0.7:4711', 'socket error'],
  ['closed by the peer', 'closed by the terminal'],
  ['the peer does not read', 'the terminal does not read'],
  ['too many frames that are no request', 'frames that are no request'],
  ['the switch is stopping', 'the switch is stopping'],
  ['the link of its gateway ended', 'the link of its gateway ended'],
  ['a handler failed', 'another reason'],
])('"%s" is "%s"', (words, reason) => {
  expect(closeReasonOf(words)).toBe(reason)
})

it.each(CLOSE_REASONS)('"%s" is itself', (reason) => {
  expect(closeReasonOf(reason)).toBe(reason)
})
