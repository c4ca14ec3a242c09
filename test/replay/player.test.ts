// The player before a scripted switch, on virtual time: what a terminal of the traffic says when
// it is answered, when it is not, and when the switch contradicts itself; and what the audit says.

import { describe, expect, it } from 'vitest'
import type { Fields } from '../../protocol/message/encode.ts'
import type { TrafficRecord } from '../../protocol/traffic/traffic-record.ts'
import { about, played, sale, selling } from './played-fleet.ts'

describe('a sale of the traffic', () => {
  it('is sold and confirmed at the times of the traffic', async () => {
    const { peer, ledger, faults, tallies } = await played({
      records: [sale(0), about(4_000, 'confirmation')],
      script: selling(),
    })
    expect(peer.mtis).toEqual(['0200', '0220'])
    expect(peer.heard[1]?.atMs).toBeGreaterThanOrEqual(4_000)
    expect(peer.heard[1]?.fields[37]).toBe('632600000001')
    expect([ledger.sold, ledger.vouchers, faults]).toEqual([1, 1, []])
    expect(tallies).toEqual({ 'confirmations accepted': 1 })
  })

  it('without an answer is repeated on a new connection, then reversed', async () => {
    const { peer, ledger, faults } = await played({
      records: [sale(0)],
      script: ({ mti }) => (mti === '0400' ? { 39: '00' } : 'silence'),
    })
    expect(peer.mtis).toEqual(['0200', '0201', '0400'])
    expect(peer.heard[1]?.connection).toBe(2)
    expect([ledger.reversed, faults]).toEqual([1, []])
  })

  it('that is neither answered nor reversed is lost, and was tried again at the end', async () => {
    const { peer, ledger, faults } = await played({ records: [sale(0)], script: () => 'silence' })
    expect(peer.mtis.slice(0, 3)).toEqual(['0200', '0201', '0400'])
    expect(peer.mtis.filter((mti) => mti === '0401').length).toBeGreaterThan(2)
    expect([ledger.unended, faults]).toEqual([1, ['neither answered nor reversed']])
  })

  it('that is declined is not confirmed, whatever the traffic says', async () => {
    const { peer, ledger, faults, tallies } = await played({
      records: [sale(0), about(4_000, 'confirmation'), about(5_000, 'reversal')],
      script: () => ({ 39: '51' }),
    })
    expect(peer.mtis).toEqual(['0200'])
    expect([[...ledger.declined], faults]).toEqual([[['51', 1]], []])
    expect(tallies).toEqual({ 'records that had nothing left to do': 2 })
  })

  it('is reversed where the traffic has it', async () => {
    const { peer, ledger, faults } = await played({
      records: [sale(0), about(4_000, 'reversal')],
      script: selling(),
    })
    expect(peer.mtis).toEqual(['0200', '0400'])
    expect([ledger.sold, ledger.reversed, faults]).toEqual([0, 1, []])
  })

  it('stands when its reversal is refused, and is confirmed then', async () => {
    const sells = selling()
    const { peer, ledger, faults } = await played({
      records: [sale(0), about(4_000, 'reversal')],
      script: (heard, index) => {
        if (heard.mti === '0400') return { 39: '61' }
        if (heard.mti !== '0100') return sells(heard, index)
        return { 4: '000000050000', 37: '632600000001', 39: '00', 62: voucher(1) }
      },
    })
    expect(peer.mtis).toEqual(['0200', '0400', '0100', '0220'])
    expect([ledger.sold, ledger.reversed, faults]).toEqual([1, 0, []])
  })

  it('whose reversal is never answered is lost', async () => {
    const sells = selling()
    const { ledger, faults } = await played({
      records: [sale(0), about(4_000, 'reversal')],
      script: (heard, index) => (heard.mti.startsWith('04') ? 'silence' : sells(heard, index)),
    })
    expect([ledger.unended, faults]).toEqual([1, ['neither answered nor reversed']])
  })

  it('that stands, but whose confirmation finds nothing, is found', async () => {
    const sells = selling()
    const answers: Record<string, Fields> = {
      '0400': { 39: '61' },
      '0100': { 4: '000000050000', 37: '632600000001', 39: '00', 62: voucher(1) },
      '0220': { 39: '25' },
    }
    const { faults } = await played({
      records: [sale(0), about(4_000, 'reversal')],
      script: (heard, index) => answers[heard.mti] ?? sells(heard, index),
    })
    expect(faults).toEqual(['a sold sale is not known any more'])
  })

  it('that cannot be sent is not lost, and is told', async () => {
    const timersAndPeer = played({ records: [sale(0), sale(1, 2)], script: () => 'close' })
    const { ledger } = await timersAndPeer
    // A connection that ends may have carried the sale: that is silence, not nothing.
    expect([ledger.begun, ledger.notSent]).toEqual([1, 1])
  })
})

describe('a switch that contradicts itself', () => {
  it('by another RRN for a repeat is found', async () => {
    let number = 0
    const { faults } = await played({
      records: [sale(0), about(4_000, 'repeat')],
      script: () => ({ ...{ 38: '1', 39: '00' }, 37: `63260000000${++number}`, 62: voucher(1) }),
    })
    expect(faults).toEqual(['a repeat was answered otherwise than its sale'])
  })

  it('by other vouchers for a repeat is found', async () => {
    let number = 0
    const { faults } = await played({
      records: [sale(0), about(4_000, 'repeat')],
      script: () => ({ 38: '1', 39: '00', 37: '632600000001', 62: voucher(++number) }),
    })
    expect(faults).toEqual(['a repeat was answered otherwise than its sale'])
  })

  it('by selling one voucher to two terminals is found', async () => {
    let number = 0
    const { faults } = await played({
      records: [sale(0), sale(100, 1, 2)],
      script: () => ({ 38: '1', 39: '00', 37: `63260000000${++number}`, 62: voucher(1) }),
    })
    expect(faults).toEqual(['a voucher was given to two sales'])
  })

  it('by selling to the repeat of a reversed sale is found', async () => {
    const { faults } = await played({
      records: [sale(0), about(4_000, 'reversal'), about(8_000, 'repeat')],
      script: selling(),
    })
    expect(faults).toEqual(['sold to a repeat after its reversal or decline'])
  })

  it.each([
    ['confirmation', '25', '0220'],
    ['inquiry', '25', '0100'],
    ['inquiry', '94', '0100'],
  ] as const)('by not knowing a sold sale at its %s (%s) is found', async (what, code, mti) => {
    const sells = selling()
    const { faults } = await played({
      records: [sale(0), about(4_000, what)],
      script: (heard, index) => (heard.mti === mti ? { 39: code } : sells(heard, index)),
    })
    expect(faults).toEqual(['a sold sale is not known any more'])
  })
})

describe('a confirmation that was not answered', () => {
  it.each([
    ['at the end', []],
    ['before the next sale', [sale(200_000, 2)]],
  ])('is sent again %s, and finds that its sale is not known', async (_, more) => {
    const sells = selling()
    let asked = 0
    const { ledger, faults } = await played({
      records: [sale(0), about(4_000, 'confirmation'), ...more],
      script: (heard, index) => {
        if (!heard.mti.startsWith('022')) return sells(heard, index)
        return ++asked > 2 ? { 39: '25' } : 'silence'
      },
    })
    expect(faults).toEqual(['a sold sale is not known any more'])
    expect(ledger.findings).toMatchObject([{ tid: '10000001', stan: '000001' }])
  })
})

describe('the load', () => {
  it('does not wait for answers: what is late has waited since it was due', async () => {
    let first = true
    const sells = selling()
    const { stage } = await played({
      records: [sale(0), sale(1, 2), sale(2, 3)],
      perSecond: 1,
      script: (heard, index) => {
        const isSilent = first
        first = false
        return isSilent ? 'silence' : sells(heard, index)
      },
    })
    // Due at 0, 1 and 2 s; the first one held up its terminal for 45 s.
    const [row] = stage.waits.rows()
    expect(row?.count).toBe(3)
    expect(row?.fromDue.p50Ms).toBeGreaterThan(43_000)
    expect(row?.fromTurn.p50Ms).toBeLessThan(100)
  })

  it('of terminals beyond the list is left out and told, or folded onto the list', async () => {
    const records = [sale(0), sale(1, 1, 2), sale(2, 1, 3)]
    const short = await played({ records, script: selling(), terminals: 2 })
    expect([short.ledger.sold, short.progress.leftOut]).toEqual([2, 1])
    const folded = await played({ records, script: selling(), terminals: 2, isFolded: true })
    expect([folded.ledger.sold, folded.faults]).toEqual([3, []])
    expect(folded.peer.heard.map(({ fields }) => fields[41])).toEqual([
      ...['10000001', '10000002', '10000001'],
    ])
  })

  it('keeps few terminals whole, and a parked one goes on where it was', async () => {
    const fleet = Array.from({ length: 20 }, (_, n) => sale(n * 1_000, 1, n + 1))
    const { peer, faults, sizes } = await played({
      records: [...fleet, sale(30_000, 2), { at: 31_000, t: 1, do: 'end-of-day' }],
      ...{ script: selling(), terminals: 20, liveMost: 5 },
    })
    expect([faults, sizes]).toEqual([[], { live: 5, kept: 16 }])
    const [first, second, closing] = peer.heard.filter(({ fields }) => fields[41] === '10000001')
    expect([first?.fields[11], second?.fields[11]]).toEqual(['000001', '000002'])
    expect(closing?.fields[48]).toMatch(/^000002000000100000/)
  })

  it('does not park a terminal whose end of day is unanswered: it is asked again', async () => {
    const dayEnd = (at: number) => ({ at, t: 1, do: 'end-of-day' }) satisfies TrafficRecord
    const sells = selling()
    const { peer } = await played({
      records: [dayEnd(0), sale(200_000, 1, 2), sale(300_000, 1, 3), dayEnd(400_000)],
      ...{ terminals: 3, liveMost: 1 },
      script: (heard, index) => (heard.mti.startsWith('05') ? 'silence' : sells(heard, index)),
    })
    const asked = peer.heard.filter(({ mti }) => mti.startsWith('05'))
    expect(asked.map(({ mti, fields }) => [mti, fields[11]])).toEqual([
      ['0500', '000001'],
      ['0501', '000001'],
      ['0501', '000001'],
    ])
  })

  it('parks on behind many that cannot be parked', async () => {
    const numbers = Array.from({ length: 120 }, (_, n) => n + 1)
    const sells = selling()
    const { sizes } = await played({
      records: numbers.map((t) =>
        t <= 70 ? { at: t, t, do: 'end-of-day' } : sale(200_000 + t * 100, 1, t),
      ),
      ...{ terminals: 120, liveMost: 5, connections: 120 },
      script: (heard, index) => (heard.mti.startsWith('05') ? 'silence' : sells(heard, index)),
    })
    expect(sizes.live + sizes.kept).toBe(120)
    expect(sizes.live).toBeGreaterThanOrEqual(70)
    expect(sizes.live).toBeLessThanOrEqual(75)
  })

  it('does not park whom it just speaks to, though nobody else could be', async () => {
    const sells = selling()
    const { peer } = await played({
      records: [{ at: 0, t: 1, do: 'end-of-day' }, sale(200_000, 1, 2), sale(300_000, 2, 2)],
      ...{ terminals: 2, liveMost: 1 },
      script: (heard, index) => (heard.mti.startsWith('05') ? 'silence' : sells(heard, index)),
    })
    const sold = peer.heard.filter(({ mti }) => mti === '0200')
    expect(sold.map(({ fields }) => fields[11])).toEqual(['000001', '000002'])
  })

  it('ends where it is told to: what is due then is not played', async () => {
    const { ledger } = await played({
      records: [sale(0), sale(4_999, 1, 2), sale(5_000, 2)],
      ...{ script: selling(), toMs: 5_000 },
    })
    expect(ledger.begun).toBe(2)
  })

  it('that is stopped confirms what it has sold, and drops the sale after it', async () => {
    const { peer, stage } = await played({
      records: [sale(0), about(0, 'confirmation'), sale(0, 2)],
      ...{ script: selling(), stopWhen: (heard: number) => heard >= 1 },
    })
    expect([peer.mtis, stage.work.dropped]).toEqual([['0200', '0220'], 1])
  })

  it('that is stopped does not begin what waited for a connection', async () => {
    const { peer, stage } = await played({
      records: [sale(0), sale(0, 1, 2), sale(0, 1, 3)],
      ...{ script: selling(), terminals: 3, connections: 1 },
      stopWhen: (heard: number) => heard >= 1,
    })
    expect([peer.mtis, stage.work.dropped]).toEqual([['0200'], 2])
  })

  it('that is stopped while it ends an earlier sale does not begin the next', async () => {
    let isStopped = false
    const { peer, stage, ledger } = await played({
      records: [sale(0), sale(300_000, 2)],
      script: ({ atMs }) => {
        isStopped ||= atMs >= 300_000
        return isStopped ? { 39: '00' } : 'silence'
      },
      stopWhen: () => isStopped,
    })
    expect([peer.mtis.at(-1), ledger.reversed, stage.work.dropped]).toEqual(['0401', 1, 1])
  })

  it('that is stopped begins nothing new and ends what is open', async () => {
    const { peer, ledger, faults } = await played({
      records: [sale(0), sale(10_000, 2), about(10_001, 'confirmation', 2)],
      script: ({ mti }) => (mti === '0400' ? { 39: '00' } : 'silence'),
      stopWhen: (heard) => heard >= 1,
    })
    expect(peer.mtis).toEqual(['0200', '0201', '0400'])
    expect([ledger.begun, ledger.reversed, faults]).toEqual([1, 1, []])
  })
})

function voucher(number: number): string {
  return `010716SN${String(number).padStart(5, '0')}7100000000000016`
}
