// The assembly over a real store, as a start makes it and before a port opens: what the store and
// its surroundings say reaches whoever decides whether there is selling, and what is told.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemTimers } from '../../protocol/link/timers.ts'
import type { Stan } from '../../protocol/values/identifiers.ts'
import { addDays, tehranMidnight } from '../../protocol/values/moment.ts'
import type { Config } from '../../switch/config/schema.ts'
import type { Log, LogFields } from '../../switch/log.ts'
import { openMetrics } from '../../switch/metrics.ts'
import { openData } from '../../switch/open-data.ts'
import { assemble, noticer, type Runtime } from '../../switch/runtime.ts'
import { SwitchTls } from '../../switch/tls.ts'
import { loadProducts } from '../../voucher-store/admin/products.ts'
import { fenceStatements } from '../../voucher-store/backup/fence.ts'
import { parseCatalogue } from '../../voucher-store/catalogue-file.ts'
import { newModule } from '../protocol/security/test-module.ts'
import { leftIn } from '../voucher-store/left-store.ts'
import {
  addSale,
  must,
  NOW,
  stockedStore,
  type TemporaryStore,
  TODAY,
} from '../voucher-store/temporary-store.ts'
import { GOOD, config as given } from './config/given-yaml.ts'

const DEARER = `product,operator,nameEn,nameFa,priceRial,vatRate,redeem,validFrom
093205,Taliya,"Taliya 50,000",x,60000,0.10,*140*{pin}#,2026-07-02
`
const NO_HOST = 'no card host is signed on'

let left: TemporaryStore
let directory: string
let runtime: Runtime | undefined
let lines: [string, LogFields, string][]
let metrics: ReturnType<typeof openMetrics>
/** Why keys cannot be used. */
let why: string | undefined
let clock: { isBehind: boolean }

beforeEach(async () => {
  left = await stockedStore(0, 20)
  directory = mkdtempSync(join(tmpdir(), 'evs-runtime-'))
  lines = []
  metrics = openMetrics()
  why = undefined
  clock = { isBehind: false }
})
afterEach(async () => {
  runtime?.book.reversals.stop()
  await runtime?.cardGateway.stop()
  await runtime?.store.close()
  runtime = undefined
  vi.useRealTimers()
  left.close()
  rmSync(directory, { recursive: true })
})

const line = (level: string) => (fields: LogFields, text: string) => {
  lines.push([level, fields, text])
}
const log: Log = {
  ...{ info: line('info'), warn: line('warn'), error: line('error'), fatal: line('fatal') },
}

/** The store that was left, started; `limits` are other ones than the defaults. */
async function started(limits: Partial<Config['limits']> = {}): Promise<Runtime> {
  const read = given(GOOD, { env: leftIn(directory, left) })
  const config = { ...read, limits: { ...read.limits, ballastBytes: 65_536, ...limits } }
  const onError = (error: unknown) => {
    throw error
  }
  const store = await openData(config, { onFatal: onError, token: undefined })
  const tls = new SwitchTls(config, { timers: systemTimers, notice: () => undefined })
  const found = { store, module: newModule(), away: () => why, clock }
  runtime = await assemble(config, { ...found, log, metrics, tls, onError })
  return runtime
}

async function fence(): Promise<void> {
  const statements = fenceStatements(left.database, { fromMs: NOW - 1_000, toMs: NOW - 1_000 })
  const about = { action: 'restore', by: 'test', detail: {}, atMs: NOW }
  await must(left.journal.write({ kind: 'admin', ...about, statements }))
}

it('a sound store sells as soon as a card host is there', async () => {
  expect((await started()).reasons()).toEqual([NO_HOST])
})

it('a store whose clock is behind does not sell until that is right', async () => {
  clock.isBehind = true
  const { reasons, book } = await started()
  expect([reasons(), book.refusing()]).toEqual([['the clock is behind', NO_HOST], '96'])
  clock.isBehind = false
  expect([reasons(), book.refusing()]).toEqual([[NO_HOST], undefined])
})

it('a store that was restored does not sell, and knows the gap of every restore', async () => {
  await fence()
  const { reasons, book, fenceAccepted } = await started()
  expect(reasons()).toEqual(['a restored copy is not accepted yet', NO_HOST])
  expect(book.gaps).toMatchObject([{ fromMs: NOW - 1_000, toMs: NOW - 1_000 }])
  fenceAccepted()
  expect(reasons()).toEqual([NO_HOST])
})

it('a voucher that a sale of the restored copy had in hand is quarantined, and all others fenced', async () => {
  await addSale(left, { id: 1, voucherIds: [3] }, 'intent')
  await fence()
  const { store, book } = await started()
  expect(store.database.prepare('select sale from voucher where id = 3').pluck().get()).toBe(1)
  const counts = 'select available, reserved, quarantined, fenced from lot'
  expect(store.database.prepare(counts).all()).toEqual([
    { available: 0, reserved: 0, quarantined: 1, fenced: 19 },
  ])
  expect(book.inventory.reserve('093205', 1, TODAY)).toBeUndefined()
})

it('a trace number of what is still open at a card host is given to nothing else', async () => {
  await addSale(left, { id: 1, voucherIds: [3] }, 'intent')
  await addSale(left, { id: 2, voucherIds: [4] }, 'intent')
  const reversal = { stan: '000003' as Stan, transmission: '0701080001' }
  const reversing = { kind: 'reversing', responseCode: '68', reversal } as const
  const outcome = { ...reversing, approval: undefined }
  await must(left.journal.write({ kind: 'outcome', id: 2, outcome, atMs: NOW }))
  const { store } = await started()
  // The first sale is reversed by the start, with a number that none of the three has.
  const [own] = store.sales.openReversals(0, 9)
  expect(own).toMatchObject({ id: 1, host: { stan: '000001' }, trace: { stan: '000004' } })
})

it('without room for the ballast nothing is sold, and an alarm says why', async () => {
  // It would look for room every second for as long as the process lives, and this one goes on.
  const { after } = systemTimers
  const spy = vi.spyOn(systemTimers, 'after').mockImplementation((ms, run) => {
    return ms === 1_000 ? () => undefined : after(ms, run)
  })
  const { reasons } = await started({ ballastBytes: 2 ** 52 })
  spy.mockRestore()
  expect(reasons()).toEqual(['the disk is full', NO_HOST])
  expect(await metrics.registry.metrics()).toContain('evs_alarms_total{what="disk full"} 1\n')
})

it('a log that cannot be moved for want of room stops the selling until there is room', async () => {
  let thread: Worker | undefined
  process.once('worker', (started) => {
    thread = started
  })
  const { reasons } = await started()
  thread?.emit('message', { kind: 'no-room', detail: 'SQLITE_FULL' })
  expect(reasons()).toEqual(['the disk is full', NO_HOST])
  expect(await metrics.registry.metrics()).toContain('evs_alarms_total{what="disk full"} 1\n')
  await expect.poll(reasons, { timeout: 3_000 }).toEqual([NO_HOST])
})

it('keys that cannot be used are a reason for as long as they cannot', async () => {
  const { reasons } = await started()
  why = 'the line is cut'
  expect(reasons()).toEqual(['the hardware security module is away: the line is cut', NO_HOST])
  why = undefined
  expect(reasons()).toEqual([NO_HOST])
})

it('the list of products has the prices of the day in Tehran, also after midnight', async () => {
  const tomorrow = addDays(TODAY, 1)
  const file = parseCatalogue(Buffer.from(DEARER))
  if (file.kind !== 'catalogue') throw new Error('the catalogue is wrong')
  await loadProducts(left.journal, left.database, file.products, { by: 'test', atMs: NOW })
  vi.useFakeTimers({ toFake: ['Date'], now: tehranMidnight(tomorrow) - 1 })
  const { catalogue } = await started()
  const price = () => catalogue.products().find(({ product }) => product === '093205')?.priceRial
  expect(price()).toBe(50_000)
  vi.setSystemTime(tehranMidnight(tomorrow))
  expect(price()).toBe(60_000)
})

it('what a terminal says of itself and what is counted are kept where they are asked for', async () => {
  const { gateway, seen, store } = await started()
  gateway.seen?.noted(1, { version: '2.0' })
  gateway.count('answers', '00')
  await seen.flush()
  const rows = store.database.prepare('select terminal, version from terminal_seen')
  expect(rows.all()).toEqual([{ terminal: 1, version: '2.0' }])
  const page = await metrics.registry.metrics()
  expect(page).toContain('evs_events_total{event="answers",label="00"} 1\n')
})

it('bad frames and wrong MACs are borne as often as each of them is allowed', async () => {
  const limits = { badFramesPerConnection: 3, macFailuresPerConnection: 7 }
  const { gateway } = await started(limits)
  expect(gateway.badFramesMost).toBe(3)
  // Of the card host's dialect, which writes binary fields as hex.
  expect(gateway.chipBytesMost).toBe(499)
  const verdicts = [5, 6].map((earlier) => gateway.macFailures.judge('10.0.0.1', earlier))
  expect(verdicts).toEqual(['answer', 'answer and close'])
})

it('notices are logged, and alarms alone are counted, by what they say', async () => {
  const notice = noticer(log, metrics)
  notice({ level: 'info', what: 'a gateway is linked', detail: 'gw-1' })
  notice({ level: 'warn', what: 'a certificate expires soon', detail: 'listener/pos: in 3 days' })
  notice({ level: 'alarm', what: 'zone keys do not open', detail: 'host/bank' })
  expect(lines.map(([level, , text]) => [level, text])).toEqual([
    ['info', 'a gateway is linked'],
    ['warn', 'a certificate expires soon'],
    ['error', 'zone keys do not open'],
  ])
  const page = await metrics.registry.getSingleMetricAsString('evs_alarms_total')
  expect(page.match(/^evs_.*/gm)).toEqual(['evs_alarms_total{what="zone keys do not open"} 1'])
})
