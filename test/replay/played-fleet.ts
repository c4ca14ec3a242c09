// A fleet of the player before a scripted switch, on virtual time: records are played, and what the
// switch heard, the books and the audit come back.

import { terminalModule } from '../../pos-terminal/key-file.ts'
import type { Fields } from '../../protocol/message/encode.ts'
import type { TrafficRecord } from '../../protocol/traffic/traffic-record.ts'
import { ConnectionSlots } from '../../replay/connection-slots.ts'
import { Ledger } from '../../replay/ledger.ts'
import { play } from '../../replay/player.ts'
import { atRate, atSpeed } from '../../replay/schedule.ts'
import type { Stage } from '../../replay/stage.ts'
import { madeUpCards } from '../../replay/test-cards.ts'
import { type Registered, TestFleet } from '../../replay/test-fleet.ts'
import { Waits } from '../../replay/waits.ts'
import {
  HONEST,
  type Script,
  ScriptedSwitch,
  SETTINGS,
  VirtualTimers,
} from '../pos-terminal/scripted-switch.ts'

export const SALE = { do: 'sale', product: '091905', count: 1, rial: 50_000, card: 'a' } as const
export const sale = (at: number, n = 1, t = 1): TrafficRecord => ({ at, t, n, ...SALE })
export const about = (
  at: number,
  what: 'repeat' | 'confirmation' | 'reversal' | 'inquiry',
  of = 1,
) => ({ at, t: 1, do: what, of }) satisfies TrafficRecord

/** A voucher and an RRN for every sale, the same again for its repeat. */
export function selling(): Script {
  const given = new Map<string, Fields>()
  return (heard, index) => {
    if (!heard.mti.startsWith('020')) return HONEST(heard, index)
    const identity = `${heard.fields[41]}${heard.fields[11]}`
    const number = String(given.size + 1).padStart(5, '0')
    const answer = { 38: '004711', 39: '00', 37: `6326000${number}` }
    const vouchers = `010716SN${number}7100000000000016`
    if (!given.has(identity)) given.set(identity, { ...answer, 62: vouchers })
    return given.get(identity) ?? {}
  }
}

interface Played {
  readonly records: readonly TrafficRecord[]
  readonly script: Script
  readonly perSecond?: number
  readonly terminals?: number
  readonly isFolded?: boolean
  readonly liveMost?: number
  readonly connections?: number
  readonly stopWhen?: (heard: number) => boolean
  readonly toMs?: number
}

export async function played({ records, script, ...given }: Played) {
  const timers = new VirtualTimers()
  const peer = new ScriptedSwitch(timers, script)
  const ledger = new Ledger()
  const stage: Stage = {
    ...{ ledger, waits: new Waits(), cards: madeUpCards() },
    slots: new ConnectionSlots(given.connections ?? 10),
    isStopping: () => given.stopWhen?.(peer.heard.length) ?? false,
    work: { waiting: 0, underWay: 0, dropped: 0 },
    failed: (error) => {
      throw error
    },
  }
  const rows = Array.from({ length: given.terminals ?? 2 }, (_, n) => {
    return { tid: String(10_000_001 + n), mid: '100001', master: undefined } as Registered
  })
  const fleet = new TestFleet({
    ...{ list: { rows, module: terminalModule() }, stage, settings: SETTINGS, timers },
    ...{ connect: peer.connect, tpdu: undefined, isFolded: given.isFolded ?? false },
    liveMost: given.liveMost ?? 100,
  })
  const progress = { records: 0, leftOut: 0, atMs: 0, isReading: true }
  const { perSecond } = given
  const schedule = perSecond === undefined ? atSpeed(1) : atRate(perSecond)
  async function* traffic() {
    yield records
  }
  const options = { traffic: traffic(), fleet, stage, schedule, timers, progress }
  await timers.finish(play({ ...options, toMs: given.toMs ?? Infinity }))
  ledger.close()
  const faults = ledger.findings.map(({ fault }) => fault)
  return {
    peer,
    ledger,
    faults,
    progress,
    sizes: fleet.sizes,
    tallies: Object.fromEntries(ledger.tallies),
    stage,
  }
}
