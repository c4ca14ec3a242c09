// What goes in front of a message is written where the message lies, once, and never over what
// somebody else has in that memory.

import { describe, expect, it } from 'vitest'
import { frame } from '../../../protocol/link/framing.ts'
import { DIALECTS } from '../../../protocol/message/dialect.ts'
import { encodeToSend } from '../../../protocol/message/encode.ts'
import { behind, bytesWithRoom } from '../../../protocol/message/head-room.ts'
import { frameEnvelope, LINK_FRAMING } from '../../../terminal-gateway/relay/envelope.ts'

const TPDU = Buffer.from('6000010002', 'hex')
const TERMINAL = { ...LINK_FRAMING, tpdu: true }

describe('the room in front of a message', () => {
  it('takes header and TPDU, and the envelope of a gateway with them', () => {
    const body = encodeToSend(DIALECTS.iso87ascii, '0800', { 3: '990000' }, undefined)
    const framed = frame(TERMINAL, body, TPDU)
    expect(framed.buffer).toBe(body.buffer)
    expect(framed.toString('hex')).toBe(`${hexLength(framed)}6000010002${body.toString('hex')}`)

    const relayed = encodeToSend(DIALECTS.iso87ascii, '0800', { 3: '990000' }, undefined)
    const enveloped = frame(LINK_FRAMING, frameEnvelope(7, TPDU, relayed))
    expect(enveloped.buffer).toBe(relayed.buffer)
    const inside = `11000000000007${TPDU.toString('hex')}${relayed.toString('hex')}`
    expect(enveloped.toString('hex')).toBe(hexLength(enveloped) + inside)
  })

  it('is given once: who sends the same message again sends a copy', () => {
    const body = bytesWithRoom(3)
    body.write('abc')
    const first = behind(2, body)
    first.write('1-')
    const second = behind(2, body)
    second.write('2-')
    expect([first, second, body].map(String)).toEqual(['1-abc', '2-abc', 'abc'])
  })

  it('is not there where it is too small, nor in memory that is not a message of its own', () => {
    const body = bytesWithRoom(3)
    body.write('abc')
    expect(behind(17, body).subarray(17).toString()).toBe('abc')
    const chunk = Buffer.from('a frame that came')
    const came = chunk.subarray(8)
    behind(8, came).write('overhead')
    expect(chunk.toString()).toBe('a frame that came')
  })

  it('has zeros behind it', () => {
    expect(bytesWithRoom(4).toString('hex')).toBe('00000000')
  })
})

function hexLength(frame: Buffer): string {
  return (frame.length - 2).toString(16).padStart(4, '0')
}
