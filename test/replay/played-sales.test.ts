// What a played terminal says around a sale: the card as it was read, where it stands, its newest
// sales and no older ones, repeats of what was declined, and the totals of its day.

import { describe, expect, it } from 'vitest'
import type { TrafficRecord } from '../../protocol/traffic/traffic-record.ts'
import { about, played, SALE, sale, selling } from './played-fleet.ts'

const dayEnd: TrafficRecord = { at: 100_000, t: 1, do: 'end-of-day' }

describe('a played sale', () => {
  const how = async (text: string) => {
    const { peer } = await played({
      records: [{ at: 0, t: 1, n: 1, ...SALE, how: text }],
      script: selling(),
    })
    const { 2: pan, 14: expiry, 35: track, 25: place, 52: block } = peer.heard[0]?.fields ?? {}
    return {
      isKeyed: pan !== undefined && expiry === '4912',
      hasTrack: track !== undefined,
      place,
      block,
    }
  }

  it('has its card as it was read, and says where the terminal stands', async () => {
    expect(await how('k')).toMatchObject({ isKeyed: true, hasTrack: false, place: '14' })
    expect(await how('a')).toMatchObject({ isKeyed: false, hasTrack: true, place: '43' })
  })

  it('has no PIN block on a terminal without keys', async () => {
    expect(await how('p')).toMatchObject({ hasTrack: true, block: undefined })
  })
})

describe('a record about a sale', () => {
  it('is played for the four newest sales of a terminal, and for none before them', async () => {
    const sales = [1, 2, 3, 4, 5].map((n) => sale(n * 1_000, n))
    const { peer, tallies, faults } = await played({
      records: [...sales, about(10_000, 'confirmation', 2), about(11_000, 'confirmation', 1)],
      script: selling(),
    })
    const confirmed = peer.heard.filter(({ mti }) => mti === '0220')
    expect(confirmed.map(({ fields }) => fields[37])).toEqual(['632600000002'])
    expect(tallies).toMatchObject({ 'records of a sale that was not played': 1 })
    expect(faults).toEqual([])
  })

  it('is about the sale of its own terminal in the traffic, where two are played by one', async () => {
    const { peer } = await played({
      records: [sale(0, 1, 1), sale(1_000, 1, 2), { ...about(5_000, 'confirmation'), t: 2 }],
      ...{ script: selling(), terminals: 1, isFolded: true },
    })
    expect(peer.heard.at(-1)?.mti).toBe('0220')
    expect(peer.heard.at(-1)?.fields[37]).toBe('632600000002')
  })

  it('reverses it under the number that the switch gave it, and out of the day', async () => {
    const { peer } = await played({
      records: [sale(0), sale(1_000, 2), about(5_000, 'reversal', 1), dayEnd],
      script: selling(),
    })
    expect(peer.mtis).toEqual(['0200', '0200', '0400', '0500'])
    expect(peer.heard[2]?.fields[37]).toBe('632600000001')
    expect(peer.heard[3]?.fields[48]).toBe('000002000000100000000001000000050000')
  })
})

it('a confirmation that comes after the reversal of its sale may be refused', async () => {
  const sells = selling()
  const { peer, faults, tallies } = await played({
    records: [sale(0), about(2_000, 'confirmation'), about(2_010, 'reversal'), sale(300_000, 2)],
    script: (heard, index) => {
      const isAway = heard.atMs > 1_000 && heard.atMs < 250_000
      if (isAway) return 'silence'
      return heard.mti.startsWith('022') ? { 39: '25' } : sells(heard, index)
    },
  })
  expect(peer.mtis.slice(-3)).toEqual(['0401', '0221', '0200'])
  expect(tallies).toMatchObject({ 'reversals accepted': 1 })
  expect(faults).toEqual([])
})

describe('the repeat of a decline', () => {
  const repeated = (first: string, second: string) =>
    played({
      records: [sale(0), about(4_000, 'repeat')],
      script: ({ mti }) => ({ 39: mti === '0200' ? first : second }),
    })

  it('is answered as the sale was', async () => {
    const { tallies, faults, peer } = await repeated('51', '51')
    expect([peer.mtis, tallies, faults]).toEqual([
      ['0200', '0201'],
      { 'repeats answered as their sale': 1 },
      [],
    ])
  })

  it('with another code is found', async () => {
    const { faults } = await repeated('51', '61')
    expect(faults).toEqual(['a repeat was answered otherwise than its sale'])
  })

  it('is not sent when the decline was not stored: it would be a new sale', async () => {
    const { tallies, peer } = await repeated('58', '58')
    expect(peer.mtis).toEqual(['0200'])
    expect(tallies).toEqual({ 'records that had nothing left to do': 1 })
  })
})
