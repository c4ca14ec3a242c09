// A terminal that mutual TLS binds speaks for itself only, and a message for another is refused
// before the directory or the store is asked. [nothing-lost, N8]

import { describe, expect, it } from 'vitest'
import type { MerchantId, TerminalId } from '../../protocol/values/identifiers.ts'
import { bindingOf, isBoundTo } from '../../terminal-gateway/bound-terminal.ts'
import { Story } from '../switch/core/story-world.ts'
import { FrontDesk } from './front-desk.ts'

const MID = '000000000100001' as MerchantId
const TID = '10000001' as TerminalId

describe('a name of the certificate', () => {
  it.each<[string[], boolean]>([
    [['10000001'], true],
    [[`10000001@${MID}`], true],
    [['shop.example.ir', '10000001'], true],
    [['10000002'], false],
    [['10000001@000000000100002'], false],
    [[`10000002@${MID}`], false],
    [['1000000'], false],
    [['10000001 '], false],
    [['10000001@'], false],
    [[`@${MID}`], false],
    [[MID], false],
    [[], false],
  ])('%j binds the terminal: %s', (names, bound) => {
    expect(isBoundTo({ names }, MID, TID)).toBe(bound)
  })

  it('with an @ is read as TID and MID, also where a TID has one', () => {
    expect(isBoundTo({ names: ['1@2'] }, '2' as MerchantId, '1' as TerminalId)).toBe(true)
    expect(isBoundTo({ names: ['1@2'] }, '9' as MerchantId, '1@2' as TerminalId)).toBe(false)
    expect(isBoundTo({ names: ['1@2@9'] }, '9' as MerchantId, '1@2' as TerminalId)).toBe(true)
  })

  it('binds nobody where there is no certificate, or on the link of an institution', () => {
    const peer = { names: ['x'] }
    expect(bindingOf({ kind: 'terminal' }, {})).toBeUndefined()
    expect(bindingOf({ kind: 'institution' }, { peer })).toBeUndefined()
    expect(bindingOf({ kind: 'terminal' }, { peer })).toEqual(peer)
    expect(isBoundTo(undefined, MID, TID)).toBe(true)
  })
})

describe('a connection with a certificate', () => {
  const asked: string[] = []
  const open = async (names: string[]) => {
    const story = await Story.begin()
    const { directory } = story.running.gateway
    asked.length = 0
    const watched = {
      find: (...given: Parameters<typeof directory.find>) => {
        asked.push(given[2])
        return directory.find(...given)
      },
    }
    const listener = { insecure: false, tls: true }
    return new FrontDesk(story, listener, { directory: watched }, { names })
  }

  it('sells for the terminal of that name, in clear within TLS', async () => {
    const desk = await open(['10000001'])
    expect(await desk.code('0200', desk.story.sale(1))).toBe('00')
    expect(asked).toEqual(['10000001'])
  })

  it.each(['0200', '0201', '0100', '0220', '0400', '0500', '0800'])(
    'refuses %s of another terminal with 58, and asks the directory nothing',
    async (mti) => {
      const desk = await open(['10000002'])
      expect(await desk.code(mti, desk.story.sale(1))).toBe('58')
      expect(asked).toEqual([])
      expect(desk.counted).toContain('security events: terminal is not the one of its certificate')
    },
  )
})
