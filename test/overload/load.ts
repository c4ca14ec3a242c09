// One stretch of open-loop load on the rig, with the lives of its sales and what the switch used
// meanwhile; and beside it, when wanted, a trickle of what must be taken under any load.

import { setTimeout as pause } from 'node:timers/promises'
import type { WireFields } from '../simulation/wire/codec.ts'
import { adviceFields } from '../simulation/wire/framed.ts'
import { type LoopReport, openLoop } from './open-loop.ts'
import { type Rig, TERMINAL_MS } from './rig.ts'
import { emptyTally, liveRepeat, liveSale, type Tally } from './sale-life.ts'

const SAMPLE_MS = 500
const TRICKLE_MS = 60
/** A sale's whole life: its answer, its repeat, and the reversal after that. */
const SETTLE_MS = 60_000

export interface Load {
  readonly tally: Tally
  readonly loop: LoopReport
  readonly inFlight: number
  /** Of one processor. */
  readonly generatorCpu: number
  readonly switchCpu: number
}

export interface LoadOptions {
  readonly perSecond: number
  readonly seconds: number
  /** Repeats, reversals and inquiries beside the load. */
  readonly trickle?: boolean
}

export async function load(rig: Rig, options: LoadOptions): Promise<Load> {
  const tally = emptyTally()
  const lives = new Set<Promise<void>>()
  const live = (life: Promise<void>) => {
    const whole: Promise<void> = life.finally(() => lives.delete(whole))
    lives.add(whole)
  }
  let inFlight = 0
  const see = async () => {
    const sample = await rig.sample()
    inFlight = Math.max(inFlight, sample.salesInFlight)
    return sample.cpuSeconds
  }
  const before = { own: process.cpuUsage(), other: await see(), ms: performance.now() }
  const sampler = setInterval(() => live(see().then(() => undefined)), SAMPLE_MS)
  const trickle = setInterval(() => {
    if (options.trickle === true) live(mustBeTaken(rig, tally))
  }, TRICKLE_MS)
  const loop = await openLoop(options.perSecond, options.seconds, (dueMs) => {
    const terminal = rig.nextTerminal()
    const sale = terminal.next()
    rig.debitAges.written(sale.name)
    live(liveSale(terminal, sale, rig.books, tally, dueMs))
  })
  clearInterval(sampler)
  clearInterval(trickle)
  const { user, system } = process.cpuUsage(before.own)
  const wallSeconds = (performance.now() - before.ms) / 1_000
  const switchCpu = ((await see()) - before.other) / wallSeconds
  await ended(lives)
  await settled(rig)
  const generatorCpu = (user + system) / 1e6 / wallSeconds
  return { tally, loop, inFlight, generatorCpu, switchCpu }
}

async function ended(lives: ReadonlySet<Promise<void>>): Promise<void> {
  while (lives.size > 0) await Promise.all(lives)
}

/** The card host has worked off what it had, and no reversal is open. */
async function settled(rig: Rig): Promise<void> {
  const endMs = performance.now() + SETTLE_MS
  while (rig.line.waiting > 0 || (await rig.openReversals()) > 0) {
    if (performance.now() > endMs) return
    await pause(100)
  }
}

let turn = 0

/** One of what no load may refuse. Sales and their ends are judged in their lives. */
async function mustBeTaken(rig: Rig, tally: Tally): Promise<void> {
  const terminal = rig.nextTerminal()
  const sale = terminal.next()
  const expect = async (mti: string, fields: WireFields, code: string) => {
    const seen = (await terminal.ask(mti, fields, TERMINAL_MS))?.fields[39]
    if (seen !== code) rig.books.violations.push(`a ${mti} was answered ${seen}, not ${code}`)
  }
  turn++
  switch (turn % 4) {
    case 0:
      rig.debitAges.written(sale.name)
      return liveRepeat(terminal, sale, rig.books, tally)
    case 1:
      return expect('0420', adviceFields(sale.fields), '00')
    case 2: {
      const { 11: stan, 12: time, 13: date } = terminal.next().fields
      const original = `${stan}${time}${date}`
      return expect('0100', terminal.serviceFields('330000', original), '25')
    }
    default:
      return expect('0800', terminal.serviceFields('990000'), '00')
  }
}
