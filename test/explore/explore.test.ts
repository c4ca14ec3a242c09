// The exploration finds what it is there to find: switches with one part broken break a rule in a
// small world, and the whole one breaks none.

import { describe, expect, it } from 'vitest'
import type { CardHost } from '../../switch/core/card-host.ts'
import { outsidePromises } from './microtasks.ts'
import { type Found, search } from './search.ts'
import type { SmallWorld } from './small-world.ts'
import { shorten } from './trace.ts'
import { compareTwins } from './twins.ts'
import { type Defect, WORLDS, type WorldSpec } from './world-spec.ts'

/** Much is computed; beside other work it takes a multiple of its seconds. */
const LONG_MS = 120_000
const BARE = { declines: false, diskFull: false, answeredNotes: false }
const SALE: WorldSpec = {
  ...{ name: 'one sale', about: '', terminals: [[['nothing']]], vouchers: 1 },
  ...{ faults: 1, crashes: 0, ...BARE },
}
const REVERSED: WorldSpec = { ...SALE, name: 'reversed', terminals: [[['reverse']]] }
/** The terminal reverses what it has no answer for. */
const CANCELLED: WorldSpec = { ...SALE, name: 'cancelled', faults: 3 }
const TWO: WorldSpec = {
  ...{ ...SALE, name: 'two sales', faults: 0, vouchers: 2 },
  terminals: [[['nothing']], [['nothing']]],
}

function explore(spec: WorldSpec, defect?: Defect, states = 3_000): Promise<Found> {
  const world = defect === undefined ? spec : { ...spec, defect }
  return outsidePromises(() => search(world, { states, depth: 500 }, () => 0))
}

/** Says 'written' at once, while the record still waits to be committed. */
function hasty(kind: string): Defect {
  return {
    journal: (journal) => ({
      write: (record) => {
        const truth = journal.write(record)
        return record.kind === kind ? Promise.resolve({ kind: 'written' }) : truth
      },
    }),
  }
}

/** The card host's port with some of it replaced. */
function host(change: (port: CardHost) => Partial<CardHost>): Defect {
  return {
    cardHost: (port) => ({
      prepare: () => port.prepare(),
      debit: (debit) => port.debit(debit),
      reverse: (reversal, repeat) => port.reverse(reversal, repeat),
      reversalTrace: (trace) => port.reversalTrace(trace),
      forget: (trace) => port.forget(trace),
      ready: (link) => port.ready(link),
      ...change(port),
    }),
  }
}

const DEFECTS: readonly (readonly [rule: string, what: string, WorldSpec, Defect])[] = [
  ['I4', 'a journal that answers before C1 is committed', SALE, hasty('intent')],
  ['I4', 'a journal that answers before C2 is committed', SALE, hasty('outcome')],
  ['I4', 'a journal that answers before a cancel is committed', CANCELLED, hasty('cancel')],
  ['bug', 'a journal that answers before a refund is committed', REVERSED, hasty('refund')],
  [
    'I4',
    'a card host port that debits when it is prepared',
    SALE,
    host((port) => ({
      prepare: () => {
        const trace = port.prepare()
        const request = { identity: { stan: '000011' } }
        void port.debit({ request, trace } as Parameters<CardHost['debit']>[0])
        return trace
      },
    })),
  ],
  ['I1', 'a vault that opens the same PIN twice', TWO, { voucherPin: () => 7 }],
  [
    'I5',
    'a vault that opens another voucher for a repeat',
    SALE,
    {
      book: ({ vault }) => {
        const { openVouchers } = vault
        vault.openVouchers = (ids) => openVouchers(ids.map((id) => id + 1))
      },
    },
  ],
  [
    'I3',
    'a store that puts refunded vouchers back to stock',
    REVERSED,
    {
      committed: (store, record) => {
        if (record.kind !== 'refund') return
        for (const voucher of store.voucherRows()) Object.assign(voucher, { state: 'available' })
      },
    },
  ],
  [
    'I7',
    'silence of the card host taken for a decline',
    SALE,
    host((port) => ({
      debit: async (debit) => {
        const result = await port.debit(debit)
        return result.kind === 'unknown' ? { kind: 'declined', responseCode: '51' } : result
      },
    })),
  ],
  [
    'I7',
    'a reversal that is closed without an answer of the host',
    REVERSED,
    host(() => ({ reverse: () => Promise.resolve({ kind: 'answered', responseCode: '00' }) })),
  ],
  [
    'rest',
    'reversals that are never taken up',
    REVERSED,
    {
      book: (book) => {
        book.reversals.open = () => undefined
      },
    },
  ],
  [
    'rest',
    'a start that forgets the intents of the process before it',
    { ...SALE, faults: 0, crashes: 1 },
    { forgetsIntents: true },
  ],
]

describe('the exploration', () => {
  it('finds nothing wrong with the switch, and reaches the end of sales', async () => {
    for (const spec of [SALE, REVERSED, TWO]) {
      const found = await explore(spec)
      expect([spec.name, found.violation]).toEqual([spec.name, undefined])
      expect(found.terminalStates).toBeGreaterThan(0)
      expect(found.states).toBeGreaterThan(100)
    }
  })

  it('visits all of a world that is small enough, and says when it did not', async () => {
    const whole = await explore({ ...SALE, faults: 0 })
    expect(whole.complete).toBe(true)
    const cut = await outsidePromises(() => search(SALE, { states: 50, depth: 500 }, () => 0))
    expect(cut.complete).toBe(false)
    const shallow = await outsidePromises(() => search(SALE, { states: 9_999, depth: 5 }, () => 0))
    expect(shallow.complete).toBe(false)
  })

  it.each(DEFECTS)(
    'finds %s broken by %s',
    async (rule, _, spec, defect) => {
      const found = await explore(spec, defect, 20_000)
      expect(found.violation?.what).toMatch(new RegExp(`^${rule}: `))
      const { choices = [] } = found.violation ?? {}
      const world = { ...spec, defect }
      const words = await outsidePromises(() => shorten(world, choices, { tries: 2_000 }))
      expect(words.length).toBeGreaterThan(1)
      expect(words.length).toBeLessThanOrEqual(choices.length)
      expect(words).toContain('the process learns of the commit')
    },
    LONG_MS,
  )

  it(
    'tells states apart that have different futures',
    async () => {
      for (const spec of WORLDS) {
        const compared = await outsidePromises(() => compareTwins(spec, 15))
        expect([spec.name, compared.different]).toEqual([spec.name, []])
        expect(compared.twins).toBeGreaterThan(20)
      }
      // What is left out of a hash shows: the store alone does not tell what comes next.
      const hashOf = (world: SmallWorld) => world.scene.store.fingerprint()
      const blind = await outsidePromises(() => compareTwins(SALE, 15, { hashOf }))
      expect(blind.different.length).toBeGreaterThan(0)
    },
    LONG_MS,
  )

  it('does not take two worlds of one name', () => {
    expect(new Set(WORLDS.map(({ name }) => name)).size).toBe(WORLDS.length)
  })
})
