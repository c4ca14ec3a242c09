// TR-31 blocks by published examples, and every way in which a block is not one.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { headerOf, unwrapKey, wrapKey } from '../../../protocol/security/key-block.ts'
import { isReason } from '../../../protocol/values/reason.ts'
import { wipesOf } from '../../wipes.ts'
import { fromHex, good } from './test-module.ts'

const EXPORTABLE_PIN = { usage: 'P0', modeOfUse: 'E', exportability: 'E' }
const ANY_USE = { modeOfUse: 'N', exportability: 'N' }

/** Where a block comes from, its master key, what it says and what it holds. */
const PUBLISHED = [
  {
    source: 'TR-31:2018, A.7.2.2',
    scheme: 'tdes',
    master: 'DD7515F2BFC17F85CE48F3CA25CB21F6',
    header: EXPORTABLE_PIN,
    key: '3F419E1CB7079442AA37474C2EFBF8B8',
    block: 'B0080P0TE00E000094B420079CC80BA3461F86FE26EFC4A3B8E4FA4C5F5341176EED7B727B8A248E',
  },
  {
    source: 'TR-31:2018, A.7.4, under a key of 256 bits',
    scheme: 'aes',
    master: '88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6',
    header: EXPORTABLE_PIN,
    key: '3F419E1CB7079442AA37474C2EFBF8B8',
    block:
      'D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A2' +
      '7E8E31DA05F7425509593D03A457DC34',
  },
  {
    source: 'openemv/tr31, of a Thales payShield 10k',
    scheme: 'tdes',
    master: 'EFE0853B256B583D868F251CE99EA1D9',
    header: { usage: 'K0', ...ANY_USE },
    key: '5DB50B454F8389ADCE573BE50861F2BF',
    block: 'B0080K0TN00N00001C414014375212C24995E405B5EE052CB92B67F455EA2680F6751088F9F1C228',
  },
  {
    source: 'psec (Python), which hides the length of the key',
    scheme: 'tdes',
    master: 'AB'.repeat(16),
    header: { usage: 'P0', modeOfUse: 'E', exportability: 'N' },
    key: 'CD'.repeat(16),
    block:
      'B0096P0TE00N0000471D4FBE35E5865BDE20DBF4C15503161F55D681170BF8DD14D01B6822EF8550' +
      'CB67C569DE8AC048',
  },
] as const

describe('a published key block', () => {
  it.each(PUBLISHED)('of $source holds its key', ({ scheme, master, block, header, key }) => {
    const opened = good(unwrapKey(scheme, fromHex(master), block, header))
    expect(opened.toString('hex').toUpperCase()).toBe(key)
  })

  it('of TR-31:2018, A.7.4 is made from its key and its padding', () => {
    const [, { scheme, master, header, key, block }] = PUBLISHED
    const padding = fromHex('1C2965473CE206BB855B01533782')
    const made = wrapKey(scheme, fromHex(master), fromHex(key), header, () => padding)
    expect(made).toBe(block)
  })
})

describe.each(['tdes', 'aes'] as const)('a key block (%s)', (scheme) => {
  const master = randomBytes(16)
  const header = headerOf('pin', scheme)
  if (header === undefined) throw new Error('a PIN key has a header')
  const length = scheme === 'tdes' ? '0080' : '0112'
  const made = () => wrapKey(scheme, master, randomBytes(16), header, randomBytes)

  it('opens to the key that was wrapped, and is another one each time', () => {
    fc.assert(
      fc.property(bytesOf(16), bytesOf(16), (under, key) => {
        const block = wrapKey(scheme, under, key, header, randomBytes)
        expect(block).toMatch(new RegExp(`^[BD]${length}P0[TA]E00N0000[0-9A-F]+$`))
        expect(good(unwrapKey(scheme, under, block, header)).equals(key)).toBe(true)
        expect(wrapKey(scheme, under, key, header, randomBytes)).not.toBe(block)
      }),
    )
  })

  it('that is changed in one character does not open', () => {
    const block = made()
    for (let at = 0; at < block.length; at++) {
      for (const other of ['0', 'A', 'F', 'x']) {
        if (block[at] === other) continue
        const changed = block.slice(0, at) + other + block.slice(at + 1)
        expect(isReason(unwrapKey(scheme, master, changed, header))).toBe(true)
      }
    }
  })

  it('does not open under another master key, and its reason says so little', () => {
    expect(unwrapKey(scheme, randomBytes(16), made(), header)).toEqual({
      reason: 'key block: MAC is wrong',
    })
  })

  it.each([
    [0, 'A', `version ${scheme === 'tdes' ? 'B' : 'D'} expected`],
    [1, '9', 'length is wrong'],
    [6, '1', 'usage P0 expected'],
    [7, 'R', `algorithm ${scheme === 'tdes' ? 'T' : 'A'} expected`],
    [8, 'B', 'mode of use E expected'],
    [10, '1', 'key version 00 expected'],
    [11, 'E', 'exportability N expected'],
    [13, '1', 'no optional blocks expected'],
    [15, '1', 'no optional blocks expected'],
    [20, 'a', 'hex expected'],
  ])('with character %i as %s is refused: %s', (at, character, fault) => {
    const block = made()
    const changed = block.slice(0, at) + character + block.slice(at + 1)
    expect(unwrapKey(scheme, master, changed, header)).toEqual({ reason: `key block: ${fault}` })
  })

  it('of another length is refused', () => {
    const block = made()
    const [short, long] = scheme === 'tdes' ? [80, 96] : [112, 144]
    for (const other of [block.slice(1), block.slice(0, -16), `${block}00`, '', block[0] ?? '']) {
      const opened = unwrapKey(scheme, master, other, header)
      expect(isReason(opened)).toBe(true)
      if (isReason(opened) && other.startsWith(block[0] ?? '-') && other !== '')
        expect(opened.reason).toBe(`key block: ${short} or ${long} characters expected`)
    }
  })

  it('of a key of another size is refused, genuine as it is', () => {
    const block = wrapKey(scheme, master, randomBytes(8), header, randomBytes)
    expect(unwrapKey(scheme, master, block, header)).toEqual({
      reason: 'key block: a key of 128 bits expected',
    })
  })

  it('is for session keys only', () => {
    expect(headerOf('master', scheme)).toBeUndefined()
    expect(headerOf('dukpt-base', scheme)).toBeUndefined()
    expect(headerOf('mac', scheme)?.usage).toBe(scheme === 'tdes' ? 'M3' : 'M6')
    expect(headerOf('mac', scheme)?.modeOfUse).toBe('C')
    expect(headerOf('data', scheme)).toEqual({ usage: 'D0', modeOfUse: 'D', exportability: 'N' })
  })
})

function bytesOf(count: number) {
  return fc.uint8Array({ minLength: count, maxLength: count })
}

describe('the bytes of a key', () => {
  it.each([PUBLISHED[0], PUBLISHED[1]])('are left nowhere, $scheme', async (published) => {
    const { scheme, master, header, key, block } = published
    const under = fromHex(master)
    const clear = expect.stringMatching(new RegExp(`^0080${key.toLowerCase()}`))
    const [opened, wiped] = await wipesOf(() => unwrapKey(scheme, under, block, header))
    expect(good(opened).toString('hex').toUpperCase()).toBe(key)
    expect(wiped).toContainEqual(clear)
    const made = await wipesOf(() => wrapKey(scheme, under, fromHex(key), header, randomBytes))
    expect(made[1]).toContainEqual(clear)
  })

  it.each([PUBLISHED[0], PUBLISHED[1]])(
    'are wiped where the MAC is wrong, $scheme',
    async (one) => {
      const { scheme, master, header, key, block } = one
      // The MAC is what the first block is chained to: its last byte is that of the first block.
      const changed = fromHex(block.slice(-2))
      changed[0] = (changed[0] ?? 0) ^ 1
      const wrong = block.slice(0, -2) + changed.toString('hex').toUpperCase()
      const spoilt = fromHex(key)
      const at = (scheme === 'tdes' ? 8 : 16) - 1 - 2
      spoilt[at] = (spoilt[at] ?? 0) ^ 1
      const [opened, wiped] = await wipesOf(() => unwrapKey(scheme, fromHex(master), wrong, header))
      expect(isReason(opened)).toBe(true)
      expect(wiped).toContain(spoilt.toString('hex'))
    },
  )
})
