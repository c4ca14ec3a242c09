// `evs pos`: a terminal at the command line. Receipts and results go to stdout, what went wrong
// to stderr; with `--json` one object goes to stdout and the paper to stderr, because a receipt
// must be out before its sale is confirmed. JSON shows a voucher PIN only when it was asked for.
// Exit codes: 0 done or sold, 1 declined or failed, 2 usage, 3 outcome unknown (the sale is open).

import { systemTimers, type Timers } from '../protocol/link/timers.ts'
import type { CardPin } from '../protocol/values/card.ts'
import { jsonText } from '../protocol/values/json-text.ts'
import { isReason } from '../protocol/values/reason.ts'
import { toRial } from '../protocol/values/rial.ts'
import {
  type PosJob,
  type PosOptions,
  type ReadOrder,
  readCard,
  readJob,
  readOrder,
  readOriginal,
} from './command-options.ts'
import type { PosOut } from './command-out.ts'
import { describeResult, type PosResult, showVouchers } from './command-result.ts'
import { TerminalEngine } from './engine.ts'
import type { OriginalSale } from './inquire.ts'
import { openKeys, readCardPin } from './key-file.ts'
import type { Connect } from './line.ts'
import type { CardEntry } from './settings.ts'
import { socketConnect } from './socket-connect.ts'
import { FileStore, StoreError } from './store.ts'
import type { Printed } from './terminal.ts'
import { NO_KEYS, type TerminalKeys } from './terminal-keys.ts'
import { type PrintedText, textPrinter } from './text-printer.ts'

export interface PosWorld {
  readonly timers: Timers
  /** Instead of TCP. */
  readonly connect?: Connect
}

const EXIT = { done: 0, failed: 1, usage: 2, unknown: 3 } as const

const USAGE_HINT = '`evs pos --help` shows the options with examples'

/** Source and destination of a terminal without an address of its own. */
const TPDU = Buffer.from('6000010000', 'hex')

export async function runPos(
  options: PosOptions,
  out: PosOut,
  world: PosWorld = { timers: systemTimers },
): Promise<number> {
  const usage = async (message: string): Promise<number> => {
    await tell({ code: 'USAGE', message, hint: USAGE_HINT }, options, out)
    return EXIT.usage
  }
  const job = readJob(options, world.timers)
  if (isReason(job)) return usage(job.reason)
  const order = job.action === 'sell' ? readOrder(options) : undefined
  if (isReason(order)) return usage(order.reason)
  const card = job.action === 'reprint' ? readCard(options) : undefined
  if (isReason(card)) return usage(card.reason)
  const original = job.action === 'inquire' ? readOriginal(options) : undefined
  if (isReason(original)) return usage(original.reason)

  const { cardPinFile } = options
  const wantsPin = job.action === 'sell' && cardPinFile !== undefined
  const cardPin = wantsPin ? readCardPin(cardPinFile) : undefined
  if (isReason(cardPin)) return usage(`--card-pin-file: ${cardPin.reason}`)

  let store: FileStore
  try {
    store = FileStore.open(job.storePath, job.settings.terminalId, job.settings.merchantId)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    await tell(error, options, out)
    return EXIT.failed
  }
  let engine: TerminalEngine | undefined
  try {
    const keys = job.keyFile === undefined ? NO_KEYS : openKeys(job.keyFile, store)
    if (isReason(keys)) return await usage(`--key-file: ${keys.reason}`)
    engine = engineOf(job, store, { options, out, world, keys })
    const result = await run(engine, job, options, { order, card, original, cardPin, out })
    await report(result, options, out)
    return EXIT[result.exit]
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return await notKept(error, store, options, out)
  } finally {
    engine?.close()
    store.close()
  }
}

function engineOf(
  job: PosJob,
  store: FileStore,
  around: { options: PosOptions; out: PosOut; world: PosWorld; keys: TerminalKeys },
): TerminalEngine {
  const { options, out, world, keys } = around
  const write = (printed: PrintedText): Promise<Printed> => {
    const paper = `${printed.customer}\n${printed.merchant}`
    return options.json === true ? out.stderr(paper) : out.stdout(paper)
  }
  const onError = (error: unknown): void => {
    void out.stderr(`${error instanceof Error ? error.message : 'connection failed'}\n`)
  }
  return new TerminalEngine({
    settings: job.settings,
    timers: world.timers,
    connect: world.connect ?? socketConnect(job.address, world.timers, onError),
    store,
    printer: textPrinter(job.paper, write, () => job.printer),
    tpdu: TPDU,
    keys,
    warn: (text) => void out.stderr(`${text}\n`),
  })
}

interface Asked {
  readonly order: ReadOrder | undefined
  readonly card: CardEntry | undefined
  readonly original: OriginalSale | undefined
  readonly cardPin: CardPin | undefined
  readonly out: PosOut
}

async function run(
  engine: TerminalEngine,
  job: PosJob,
  options: PosOptions,
  asked: Asked,
): Promise<PosResult> {
  switch (job.action) {
    case 'sell':
      return sellOrder(engine, asked)
    case 'reprint':
      return asked.card === undefined
        ? nothingAsked()
        : describeResult('reprint', await engine.reprint(asked.card))
    case 'inquire':
      return inquire(engine, asked.original)
    case 'reverse':
      return describeResult('reverse', await engine.clearQueue())
    case 'end-of-day':
      return closeDay(engine, options.newPeriod === true)
    case 'logon':
      return describeResult('logon', await engine.logOn())
    case 'echo':
      return describeResult('echo', await engine.echo())
    case 'initialise':
      return describeResult('initialise', await engine.initialise())
    case 'pending':
      return describeResult('pending', { kind: 'pending', state: engine.state })
  }
}

async function sellOrder(engine: TerminalEngine, asked: Asked): Promise<PosResult> {
  const { order, cardPin, out } = asked
  if (order === undefined) return nothingAsked()
  // An earlier sale first: its end is told apart from this one's.
  const earlier = await engine.clearQueue()
  if (earlier.kind === 'open') {
    return describeResult('sell', { kind: 'blocked', reason: earlier.reason })
  }
  if (earlier.kind !== 'nothing') await out.stderr(`an earlier sale ended: ${earlier.kind}\n`)
  let known = find(engine, order)
  if (known === undefined && order.amountRial === undefined) {
    const fetched = await engine.initialise()
    if (fetched.kind !== 'initialised') return describeResult('initialise', fetched)
    known = find(engine, order)
    if (known === undefined) {
      return failure('not-in-catalogue', `product ${order.product} is not in the catalogue`)
    }
  }
  const amountRial = order.amountRial ?? toRial((known?.priceRial ?? 0) * order.count)
  const { product, count, card } = order
  const productName = known?.name ?? null
  const outcome = await engine.sell({ product, productName, count, amountRial, card, cardPin })
  return describeResult('sell', outcome)
}

function find(engine: TerminalEngine, order: ReadOrder) {
  const { catalogue } = engine.state
  return catalogue?.products.find((row) => row.product === order.product)
}

/** Tells which sale it is about: which one is open or the last is not known to who asks. */
async function inquire(
  engine: TerminalEngine,
  given: OriginalSale | undefined,
): Promise<PosResult> {
  const original = given ?? engine.state.open ?? engine.state.lastSale
  if (original === null) return failure('nothing', 'there is no sale to inquire about')
  const { stan, time, date } = original
  const result = describeResult('inquire', await engine.inquire(original))
  const [month, day] = [date.slice(0, 2), date.slice(2)]
  const clock = time.replace(/^(..)(..)/, '$1:$2:')
  const text = `trace ${stan} of ${month}/${day} ${clock}: ${result.text}`
  return { ...result, text, json: { ...result.json, sale: { stan, time, date } } }
}

async function closeDay(engine: TerminalEngine, newPeriod: boolean): Promise<PosResult> {
  if (newPeriod) {
    const period = await engine.startNewPeriod()
    if (period.kind === 'nothing-differed') {
      return failure(period.kind, 'no end of day differed: there is no closed period to leave')
    }
    if (period.kind !== 'begun') return describeResult('end-of-day', period)
  }
  return describeResult('end-of-day', await engine.endOfDay())
}

function nothingAsked(): PosResult {
  return failure('usage', 'nothing was asked', 'usage')
}

function failure(kind: string, text: string, exit: PosResult['exit'] = 'failed'): PosResult {
  return { exit, text, json: { kind, reason: text }, vouchers: [] }
}

async function report(result: PosResult, options: PosOptions, out: PosOut): Promise<void> {
  if (options.json === true) {
    const vouchers = showVouchers(result.vouchers, options.showPin === true)
    const shown = vouchers.length === 0 ? result.json : { ...result.json, vouchers }
    await out.stdout(`${jsonText(shown)}\n`)
    return
  }
  if (result.text === '') return
  if (result.exit === 'done') await out.stdout(`${result.text}\n`)
  else await out.stderr(`${result.text}\n`)
}

/** The state could not be written: whoever asked must know whether a sale is open. */
async function notKept(
  error: StoreError,
  store: FileStore,
  options: PosOptions,
  out: PosOut,
): Promise<number> {
  if (store.state.open === null) {
    await tell(error, options, out)
    return EXIT.failed
  }
  const { message } = error
  const json = { action: options.action, kind: 'unknown', reason: message }
  const text = `outcome unknown, the sale is still open: ${message}\n${error.hint}`
  await report({ exit: 'unknown', text, json, vouchers: [] }, options, out)
  return EXIT.unknown
}

interface Fault {
  readonly code: string
  readonly message: string
  readonly hint: string
}

/** In words, and with `--json` as the object that every verb of `evs` fails with. */
async function tell(
  { code, message, hint }: Fault,
  options: PosOptions,
  out: PosOut,
): Promise<void> {
  if (options.json === true) {
    await out.stdout(`${jsonText({ error: { code, message, hint } })}\n`)
  }
  await out.stderr(`${message}\n${hint === USAGE_HINT ? '' : `${hint}\n`}`)
}
