// The scenes of the demo, in order. Each says what it shows, does it with the real parts, and fails
// the run when what it saw is not what it promises.

import { setTimeout as pause } from 'node:timers/promises'
import type { CardHost } from '../../card-host/host.ts'
import type { DemoTerminal } from './demo-terminal.ts'
import type { SwitchProcess } from './switch-process.ts'

const PRICE = 50_000
const PRODUCT = '091905'
/** In the catalogue, and of no sample batch. */
const SOLD_OUT = { product: '093250', priceRial: 500_000 }
/** The faults of the demo's card host go by card. */
export const CARDS = {
  good: '6037990000000014',
  poor: '6037991000000012',
  silent: '6037992000000010',
  killed: '6037993000000018',
} as const

export interface Stage {
  readonly host: CardHost
  readonly switchProcess: SwitchProcess
  readonly terminal: (name: 'fa' | 'en') => DemoTerminal
  readonly say: (text: string) => void
}

export interface Scene {
  readonly title: string
  readonly play: (stage: Stage) => Promise<void>
}

export const SCENES: readonly Scene[] = [
  { title: 'a sale, with its receipt', play: approvedSale },
  { title: 'the same in English', play: englishSale },
  { title: 'the card host declines: the voucher stays in stock', play: decline },
  { title: 'out of stock: the card is not touched', play: stockOut },
  { title: 'the answer is lost: the repeat gets the same voucher', play: lostAnswer },
  { title: 'the card host debits and falls silent: reversed', play: silentHost },
  { title: 'kill -9 of the switch between debit and outcome: recovered', play: killedSwitch },
]

async function approvedSale(stage: Stage): Promise<void> {
  const terminal = stage.terminal('fa')
  const outcome = await terminal.sell(PRODUCT, PRICE, CARDS.good)
  expect(outcome.kind, 'sold')
  const printed = terminal.printed.at(-1)
  if (printed === undefined) throw new Error('no receipt came out')
  stage.say(`${printed.customer}\n${'- '.repeat(21)}\n${printed.merchant}`)
}

async function englishSale(stage: Stage): Promise<void> {
  const terminal = stage.terminal('en')
  const outcome = await terminal.sell('093505', PRICE, CARDS.good)
  expect(outcome.kind, 'sold')
  stage.say(terminal.printed.at(-1)?.customer ?? '')
}

async function decline(stage: Stage): Promise<void> {
  const outcome = await stage.terminal('fa').sell(PRODUCT, PRICE, CARDS.poor)
  expect(outcome.kind === 'declined' ? outcome.responseCode : outcome.kind, '51')
  stage.say('answered 51, not sufficient funds')
}

async function stockOut(stage: Stage): Promise<void> {
  const debits = stage.host.netDebits().length
  const { product, priceRial } = SOLD_OUT
  const outcome = await stage.terminal('fa').sell(product, priceRial, CARDS.good)
  expect(outcome.kind === 'declined' ? outcome.responseCode : outcome.kind, '44')
  expect(stage.host.netDebits().length, debits)
  stage.say('answered 44, voucher not available')
}

async function lostAnswer(stage: Stage): Promise<void> {
  const terminal = stage.terminal('fa')
  const debits = stage.host.netDebits().length
  terminal.loseNextReply()
  const outcome = await terminal.sell(PRODUCT, PRICE, CARDS.good)
  expect(outcome.kind, 'sold')
  expect(stage.host.netDebits().length, debits + 1)
  stage.say('the terminal sent 0201 and printed the voucher of its 0200; one debit')
}

async function silentHost(stage: Stage): Promise<void> {
  const outcome = await stage.terminal('fa').sell(PRODUCT, PRICE, CARDS.silent)
  expect(outcome.kind, 'reversed')
  await until('the reversal at the card host', () => !isDebited(stage.host, CARDS.silent))
  stage.say('answered 68; the debit was reversed and the voucher is back in stock')
}

async function killedSwitch(stage: Stage): Promise<void> {
  const { host, switchProcess } = stage
  const selling = stage.terminal('fa').sell(PRODUCT, PRICE, CARDS.killed)
  await until('the debit at the card host', () => isDebited(host, CARDS.killed))
  await switchProcess.kill()
  expect(isDebited(host, CARDS.killed), true)
  stage.say('killed; the card host has a debit that no sale knows of')
  await switchProcess.start()
  const outcome = await selling
  expect(outcome.kind, 'reversed')
  await until('the reversal after recovery', () => !isDebited(host, CARDS.killed))
  stage.say('started again; the intent became a reversal, and the debit is undone')
}

function isDebited(host: CardHost, card: string): boolean {
  const masked = card.slice(-4)
  return host.netDebits().some((debit) => debit.card.endsWith(masked))
}

const PATIENCE_STEPS = 300
const STEP_MS = 100

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let step = 0; step < PATIENCE_STEPS; step++) {
    if (await holds()) return
    await pause(STEP_MS)
  }
  throw new Error(`waited in vain for ${what}`)
}

function expect<Value>(seen: Value, promised: Value): void {
  if (seen !== promised) throw new Error(`saw ${String(seen)}, promised ${String(promised)}`)
}
