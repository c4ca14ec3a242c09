// Each fault over a real connection: what the client sees and what the ledger holds. Then the rules
// of the script itself: which rule fits, counters, and the seeded chance.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FaultRuleData, FaultScript } from '../../card-host/faults.ts'
import type { CardHost } from '../../card-host/host.ts'
import {
  CARD,
  HostClient,
  OTHER_CARD,
  pairOf,
  pause,
  purchase,
  startForTest,
} from './host-client.ts'

let cardHost: CardHost
let client: HostClient
const clients: HostClient[] = []
let exits: number[]

beforeEach(async () => {
  exits = []
  cardHost = await startForTest({ exit: (code) => exits.push(code) })
  client = await signedOn()
})

afterEach(async () => {
  for (const each of clients.splice(0)) each.end()
  await cardHost.stop()
})

async function signedOn(): Promise<HostClient> {
  const made = await HostClient.signedOn(cardHost)
  clients.push(made)
  return made
}

function script(...rules: FaultRuleData[]): void {
  cardHost.faults = rules
}

const paidRial = () => cardHost.netDebits().reduce((sum, debit) => sum + debit.amountRial, 0)
const [FIRST, UNDO] = pairOf('000001')

describe('faults of purchases', () => {
  it('decline: the code, and no debit', async () => {
    script({ fault: { kind: 'decline', rc: '75' } })
    expect(await client.codeOf('0200', FIRST)).toBe('75')
    expect(paidRial()).toBe(0)
  })

  it('silent: as if the request had been lost', async () => {
    script({ fault: { kind: 'silent' }, times: 1 })
    expect(await client.codeOf('0200', FIRST)).toBe('silent')
    expect(cardHost.ledger.entries()).toEqual([])
    expect(await client.codeOf('0420', UNDO)).toBe('25')
  })

  it('drop: no debit, no answer, no connection', async () => {
    script({ fault: { kind: 'drop' } })
    expect(await client.codeOf('0200', FIRST)).toBe('closed')
    expect(paidRial()).toBe(0)
  })

  it('late: debited at once, answered after a while', async () => {
    script({ fault: { kind: 'late', ms: 120 } })
    expect(await client.codeOf('0200', FIRST, 40)).toBe('silent')
    expect(paidRial()).toBe(50_000)
    expect(await client.answer()).toMatchObject({ kind: 'message', mti: '0210' })
  })

  it('late: a slow answer does not hold up another', async () => {
    script({ card: CARD, fault: { kind: 'late', ms: { from: 100, to: 120 } } })
    const [, [other]] = [client.send('0200', FIRST), pairOf('000002', { 2: OTHER_CARD })]
    expect((await client.ask('0200', other)).get(11)).toBe('000002')
    expect(await client.answer()).toBeDefined()
  })

  it('act-then-silent: debited, and nobody is told', async () => {
    script({ fault: { kind: 'act-then-silent' }, times: 1 })
    expect(await client.codeOf('0200', FIRST)).toBe('silent')
    expect(paidRial()).toBe(50_000)
    expect(await client.codeOf('0420', UNDO)).toBe('00')
    expect(paidRial()).toBe(0)
  })

  it('act-then-drop: debited, and the connection goes', async () => {
    script({ fault: { kind: 'act-then-drop' } })
    expect(await client.codeOf('0200', FIRST)).toBe('closed')
    expect(paidRial()).toBe(50_000)
  })

  it('act-then-crash: debited, and the process ends with 137 before it answers', async () => {
    script({ fault: { kind: 'act-then-crash' } })
    expect(await client.codeOf('0200', FIRST)).toBe('closed')
    expect(exits).toEqual([137])
    expect(paidRial()).toBe(50_000)
  })

  it('wrong-amount: debited as asked, answered otherwise', async () => {
    script({ fault: { kind: 'wrong-amount', amountRial: 60_000 } })
    const answer = await client.ask('0200', FIRST)
    expect([answer.get(39), answer.get(4)]).toEqual(['00', '000000060000'])
    expect(paidRial()).toBe(50_000)
  })

  it('partial: RC 10, and the smaller amount debited and answered', async () => {
    script({ fault: { kind: 'partial', amountRial: 20_000 } })
    const answer = await client.ask('0200', FIRST)
    expect([answer.get(39), answer.get(4)]).toEqual(['10', '000000020000'])
    expect(paidRial()).toBe(20_000)
    expect(await client.codeOf('0420', UNDO)).toBe('00')
    expect(paidRial()).toBe(0)
  })

  it('answer-code: an unlisted code that hides a debit', async () => {
    script({ fault: { kind: 'answer-code', rc: 'Z9' } })
    const answer = await client.ask('0200', FIRST)
    expect([answer.get(39), answer.has(38)]).toEqual(['Z9', false])
    expect(paidRial()).toBe(50_000)
  })

  it('duplicate: the same answer twice, one debit', async () => {
    script({ fault: { kind: 'duplicate', ms: 20 } })
    client.send('0200', FIRST)
    const first = await client.body()
    expect(await client.body()).toEqual(first)
    expect(paidRial()).toBe(50_000)
  })

  it('duplicate: the second answer comes when it is told to', async () => {
    script({ fault: { kind: 'duplicate', ms: 400 } })
    client.send('0200', FIRST)
    const first = await client.body()
    expect(await client.body(100)).toBeUndefined()
    expect(await client.body()).toEqual(first)
  })

  it('wrong-amount: a decline is answered with the amount that was asked for', async () => {
    script({ fault: { kind: 'wrong-amount', amountRial: 60_000 } })
    const answer = await client.ask('0200', pairOf('000009', { 4: '000000000000' })[0])
    expect([answer.get(39), answer.get(4)]).toEqual(['13', '000000000000'])
  })

  it('answer-code: an approval that answers 00 keeps its approval number', async () => {
    script({ fault: { kind: 'answer-code', rc: '00' } })
    const answer = await client.ask('0200', FIRST)
    expect([answer.get(39), answer.get(38)]).toEqual(['00', '000001'])
  })

  it.each(['trailing-byte', 'cut', 'garbage'] as const)(
    'bad-frame %s: debited, and the answer cannot be read',
    async (how) => {
      script({ fault: { kind: 'bad-frame', how } })
      expect(await client.codeOf('0200', FIRST)).toBe('unreadable')
      expect(paidRial()).toBe(50_000)
    },
  )

  it('bad-frame empty: a frame of nothing', async () => {
    script({ fault: { kind: 'bad-frame', how: 'empty' } })
    client.send('0200', FIRST)
    expect(await client.body()).toHaveLength(0)
  })

  it('other-connection: the answer comes on another link', async () => {
    const other = await signedOn()
    script({ fault: { kind: 'other-connection' } })
    expect(await client.codeOf('0200', FIRST, 50)).toBe('silent')
    expect(await other.answer()).toMatchObject({ kind: 'message', mti: '0210' })
  })

  it('other-connection: not on one that has not signed on', async () => {
    const silent = await HostClient.connect(cardHost.port)
    clients.push(silent)
    const other = await signedOn()
    script({ fault: { kind: 'other-connection' } })
    client.send('0200', FIRST)
    expect(await other.answer()).toMatchObject({ kind: 'message', mti: '0210' })
    expect(await silent.answer(30)).toBeUndefined()
  })

  it('held: the reversal overtakes, and the late original is refused with 94', async () => {
    script({ fault: { kind: 'held', ms: 80 } })
    client.send('0200', FIRST)
    expect(await client.codeOf('0420', UNDO)).toBe('25')
    expect((await client.answer()) as object).toMatchObject({ mti: '0210' })
    expect(paidRial()).toBe(0)
  })

  it('held: a forgetful host debits after the reversal was answered', async () => {
    const forgetful = await startForTest({
      rememberReversals: false,
      faults: [{ fault: { kind: 'held', ms: 80 } }],
    })
    const forgotten = await HostClient.signedOn(forgetful)
    clients.push(forgotten)
    forgotten.send('0200', FIRST)
    expect(await forgotten.codeOf('0420', UNDO)).toBe('25')
    const late = await forgotten.answer()
    expect(late?.kind === 'message' && late.get(39)).toBe('00')
    expect(forgetful.netDebits()).toHaveLength(1)
    expect(await forgotten.codeOf('0421', UNDO)).toBe('00')
    expect(forgetful.netDebits()).toEqual([])
    await forgetful.stop()
  })
})

describe('faults of reversals', () => {
  beforeEach(async () => {
    await client.ask('0200', FIRST)
  })

  it('slow', async () => {
    script({ on: 'reversal', fault: { kind: 'late', ms: 100 } })
    expect(await client.codeOf('0420', UNDO, 40)).toBe('silent')
    expect(await client.answer()).toMatchObject({ kind: 'message', mti: '0430' })
  })

  it('refused with a code', async () => {
    script({ on: 'reversal', fault: { kind: 'decline', rc: '05' } })
    expect(await client.codeOf('0420', UNDO)).toBe('05')
    expect(paidRial()).toBe(50_000)
    script()
    expect(await client.codeOf('0421', UNDO)).toBe('00')
    expect(cardHost.ledger.entries().map((entry) => entry.kind)).toEqual([
      'debit',
      'reversal-refused',
      'reversal',
    ])
  })

  it('silent n times for each original', async () => {
    const [second, undoSecond] = pairOf('000002')
    await client.ask('0200', second)
    script({ on: 'reversal', timesEach: 2, fault: { kind: 'silent' } })
    for (const undo of [UNDO, undoSecond]) {
      expect(await client.codeOf('0420', undo, 30)).toBe('silent')
      expect(await client.codeOf('0421', undo, 30)).toBe('silent')
      expect(await client.codeOf('0421', undo)).toBe('00')
    }
    expect(paidRial()).toBe(0)
  })

  it('held: it takes effect only then', async () => {
    script({ on: 'reversal', fault: { kind: 'held', ms: 300 } })
    client.send('0420', UNDO)
    await pause(30)
    expect(paidRial()).toBe(50_000)
    expect(await client.answer()).toMatchObject({ kind: 'message', mti: '0430' })
    expect(paidRial()).toBe(0)
  })

  it('are counted for the purchase that they undo, whatever number of their own they have', async () => {
    script({ on: 'reversal', timesEach: 1, fault: { kind: 'silent' } })
    expect(await client.codeOf('0420', UNDO, 30)).toBe('silent')
    expect(await client.codeOf('0420', { ...UNDO, 11: '777777' })).toBe('00')
  })

  it('taken, but its answer lost', async () => {
    script({ on: 'reversal', times: 1, fault: { kind: 'act-then-silent' } })
    expect(await client.codeOf('0420', UNDO)).toBe('silent')
    expect(paidRial()).toBe(0)
    expect(await client.codeOf('0421', UNDO)).toBe('00')
  })
})

describe('faults of the link', () => {
  it('refuses connections for a while, then listens on the same port', async () => {
    cardHost.refuseConnections(100)
    await client.untilClosed()
    await expect(HostClient.connect(cardHost.port)).rejects.toThrow('ECONNREFUSED')
    await pause(150)
    expect(await (await signedOn()).codeOf('0200', FIRST)).toBe('00')
  })

  it('refuses connections as soon as the script says so, or when a message meets it', async () => {
    script({ on: 'load', fault: { kind: 'refuse-connections', ms: 30 } })
    await client.untilClosed()
    await pause(80)
    const back = await signedOn()
    script({ fault: { kind: 'refuse-connections', ms: 10_000 } })
    expect(await back.codeOf('0200', FIRST)).toBe('closed')
    expect(paidRial()).toBe(0)
  })

  it('answers a sign-on late, and has signed on before', async () => {
    script({ on: 'network', fault: { kind: 'late', ms: 300 } })
    const fresh = await HostClient.connect(cardHost.port)
    clients.push(fresh)
    expect(await fresh.codeOf('0800', { 7: '1122054400', 11: '004100', 70: '001' }, 40)).toBe(
      'silent',
    )
    expect(await fresh.codeOf('0200', FIRST)).toBe('00')
    expect(await fresh.answer()).toMatchObject({ kind: 'message', mti: '0810' })
  })

  it('closes a new connection, leaves an echo unanswered, refuses a sign-on', async () => {
    script({ on: 'connect', times: 1, fault: { kind: 'drop' } })
    const refused = await HostClient.connect(cardHost.port)
    await refused.untilClosed()
    script(
      { on: 'network', de70: '301', fault: { kind: 'silent' } },
      { on: 'network', de70: '001', fault: { kind: 'decline', rc: '96' } },
    )
    const network = { 7: '1122054400', 11: '004100' }
    expect(await client.codeOf('0800', { ...network, 70: '301' }, 50)).toBe('silent')
    const fresh = await HostClient.connect(cardHost.port)
    clients.push(fresh)
    expect(await fresh.codeOf('0800', { ...network, 70: '001' })).toBe('96')
    expect(await fresh.codeOf('0200', purchase())).toBe('91')
  })
})

describe('the script', () => {
  const pick = (rules: FaultRuleData[], seed = 1) => {
    const made = new FaultScript(seed)
    made.set(rules)
    return (card: string, amountRial: number, tid = '10000001') =>
      made.pick({ on: 'purchase', card, amountRial, tid, key: `${card} ${amountRial}` })?.kind
  }

  it('takes the first rule that fits card, amount and terminal', () => {
    const kind = pick([
      { card: OTHER_CARD, fault: { kind: 'silent' } },
      { amountRial: 13, fault: { kind: 'drop' } },
      { amountRial: { from: 100, to: 199 }, fault: { kind: 'act-then-drop' } },
      { tid: '20000001', fault: { kind: 'act-then-silent' } },
      { card: '621986*', fault: { kind: 'act-then-crash' } },
    ])
    expect(kind(OTHER_CARD, 13)).toBe('silent')
    expect(kind(CARD, 13)).toBe('drop')
    expect([kind(CARD, 99), kind(CARD, 100), kind(CARD, 199), kind(CARD, 200)]).toEqual([
      undefined,
      'act-then-drop',
      'act-then-drop',
      undefined,
    ])
    expect(kind(CARD, 1, '20000001')).toBe('act-then-silent')
    expect(kind('6219860000000043', 1)).toBe('act-then-crash')
  })

  it('counts: skip, times, timesEach', () => {
    const kind = pick([{ skip: 1, times: 2, fault: { kind: 'silent' } }])
    const seen = [1, 2, 3, 4].map((amount) => kind(CARD, amount))
    expect(seen).toEqual([undefined, 'silent', 'silent', undefined])
    const each = pick([{ timesEach: 1, fault: { kind: 'silent' } }])
    expect([each(CARD, 1), each(CARD, 1), each(CARD, 2)]).toEqual(['silent', undefined, 'silent'])
  })

  it('a length of time out of a range may be either end of it, and nothing beyond', () => {
    const made = new FaultScript(1)
    const drawn = Array.from({ length: 100 }, () => made.draw({ from: 3, to: 5 }))
    expect([...new Set(drawn)].sort()).toEqual([3, 4, 5])
  })

  it('chance is as likely as told, and the same for the same seed', () => {
    const rules: FaultRuleData[] = [{ probability: 0.3, fault: { kind: 'silent' } }]
    const run = (seed: number) => {
      const kind = pick(rules, seed)
      return Array.from({ length: 2_000 }, (_, i) => kind(CARD, i) ?? '-').join('')
    }
    expect(run(7)).toBe(run(7))
    expect(run(7)).not.toBe(run(8))
    const hits = run(7).split('silent').length - 1
    expect(hits).toBeGreaterThan(500)
    expect(hits).toBeLessThan(700)
  })

  it('a script that cannot be read is told with its place and leaves the old one', () => {
    script({ fault: { kind: 'silent' } })
    const wrong = [{ on: 'purchase', fault: { kind: 'sulk' } }] as unknown as FaultRuleData[]
    expect(() => script(...wrong)).toThrow(/fault\.kind/)
    expect(cardHost.faults).toHaveLength(1)
  })
})
