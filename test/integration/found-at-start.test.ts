// A switch that is started over a store with things to be told of: vouchers whose day has passed, a
// login that is being recovered, a price that a hand changed, a restored copy that nobody accepted,
// and a journal of which nothing was signed. It says all of it by itself.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { starterYaml } from '../../switch/config/starter.ts'
import { until } from '../../switch/demo/scenes.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { startRecovery } from '../../voucher-store/admin/login-recovery.ts'
import { putMeta } from '../../voucher-store/backup/fence.ts'
import { adminOf } from '../trial-shop.ts'
import { cutOffImport } from '../voucher-store/cut-off-import.ts'
import { leftIn } from '../voucher-store/left-store.ts'
import {
  genericFile,
  importFile,
  must,
  stockedStore,
  vouchersFrom,
} from '../voucher-store/temporary-store.ts'

const EVS = fileURLToPath(new URL('../../evs.ts', import.meta.url))
const NODE = ['--import', import.meta.resolve('tsx'), EVS]
const DAMAGED = 'the store is damaged'

const folder = mkdtempSync(join(tmpdir(), 'evs-found-'))
const logFile = join(folder, 'switch.log')
let running: SwitchProcess

beforeAll(async () => {
  const left = await stockedStore(0, 5)
  for (const first of [1_000, 9_000]) await cutOffImport(left, first)
  const old = vouchersFrom(50, 3).map((voucher) => ({ ...voucher, expires: '2020-06-30' }))
  await importFile(left, genericFile(old), { today: 20200101 })
  // Its newest record is of now: a clock that is days ahead of it would not be believed.
  const nowMs = Date.now()
  const password = { verifier: 'x', validMs: nowMs }
  await startRecovery(left, { id: 1, name: 'sara' }, password, { by: 'root', atMs: nowMs })
  const gap = { from: nowMs - 2_000, to: nowMs - 1_000, acceptedBy: null }
  const metas = { fence: JSON.stringify(gap), gaps: JSON.stringify([gap]) }
  const statements = Object.entries(metas).map(([name, value]) => putMeta(name, value))
  const restore = { kind: 'admin', action: 'restore', by: 'test', detail: {}, statements } as const
  await must(left.journal.write({ ...restore, atMs: nowMs }))
  left.writer.prepare('update product set price_rial = 1 where product = 93205').run()
  left.writer.pragma('foreign_keys = OFF')
  left.writer.prepare('update batch set vault_key = 99 where id = 3').run()
  const places = leftIn(folder, left)
  left.close()
  const config = join(folder, 'evs.yaml')
  writeFileSync(config, starterYaml({ terminalPort: 0, institutionPort: 0 }))
  const settings = { ...places, EVS_LOG_LEVEL: 'info', EVS_LIMITS_BALLAST_BYTES: '65536' }
  running = new SwitchProcess(config, logFile, settings, NODE)
  await running.start()
})
afterAll(async () => {
  await running.stop()
  rmSync(folder, { recursive: true, force: true })
})

const page = async (path: string) => {
  return (await fetch(`http://127.0.0.1:${running.ready?.admin.port}${path}`)).text()
}
const told = () => {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as { msg: string; detail?: string; count?: number })
}

it('takes vouchers out of stock whose day has passed', async () => {
  const stock = () => adminOf(running, 'ali').stock()
  await until('what has expired', async () => (await stock()).some((line) => line.expired === 3))
  expect(told()).toContainEqual(expect.objectContaining({ msg: 'vouchers expired', count: 3 }))
})

it('removes what imports left that were cut off, with an alarm where it cannot', async () => {
  const what = 'an import that was cut off is not removed'
  const loading = () => adminOf(running, 'ali').batches({ state: 'loading' })
  await until('the alarm', async () => (await page('/metrics')).includes(what))
  expect(await loading()).toMatchObject([{ id: 3 }])
  const detail = expect.stringContaining('batch 3: ')
  expect(told()).toContainEqual(expect.objectContaining({ msg: what, detail }))
})

it('warns of a login that is being recovered, in the log, by the probe and by an alarm', async () => {
  const words = expect.stringContaining('login sara is being recovered')
  expect(JSON.parse(await page('/readyz')).warnings).toEqual([words])
  const what = 'a login is being recovered'
  expect(told()).toContainEqual(expect.objectContaining({ msg: what, detail: words }))
  expect(await page('/metrics')).toContain(`evs_alarms_total{what="${what}"} 1\n`)
})

const reasons = async () => JSON.parse(await page('/readyz')).reasons as string[]

it('says that nothing of its journal was ever signed', () => {
  const detail = expect.stringContaining('there is no checkpoint.json')
  expect(told()).toContainEqual(expect.objectContaining({ msg: 'found at the start', detail }))
})

it('has a restored copy for a reason not to sell until somebody accepts it', async () => {
  const fenced = 'a restored copy is not accepted yet'
  expect(await reasons()).toContain(fenced)
  await adminOf(running, 'ali').acceptFence()
  expect(await reasons()).not.toContain(fenced)
})

it('finds by itself that the store is damaged, and sells from it no more', async () => {
  const doubt = `${DAMAGED}: run evs journal verify`
  await until('the check', async () => (await reasons()).includes(doubt))
  expect(await page('/metrics')).toContain(`evs_alarms_total{what="${DAMAGED}"} 1\n`)
  const damage = told().filter(({ msg }) => msg === DAMAGED)
  expect(damage.map(({ detail }) => detail).join()).toMatch(/product \S+ is not what the journal/)
})
