// A real switch whose key-encryption key and security module are in a token of SoftHSM: terminals
// with keys of both schemes buy from it, both layers of keys are replaced meanwhile, it is killed
// and started again, and no key is found in what it wrote. Without its token it does not sell, and
// loses nothing.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { AdminClient } from '../../admin-api/client.ts'
import type { DataRotationDone } from '../../admin-api/vault-schemas.ts'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { SOFTHSM, type SoftHsm, softHsm, USER_PIN } from '../hardware-module/soft-token.ts'
import { type LineTerminal, lineTerminal } from '../power/line-terminal.ts'
import { Seeded } from '../simulation/seeded.ts'
import { adminOf, importVouchers, untilReversed, untilSelling } from '../trial-shop.ts'
import { type TwoOfficers, together, twoOfficers } from '../two-officers.ts'

const MID = '000000000100001'
const TERMINALS = [
  { tid: '10000001', scheme: 'aes', listener: 'pos' },
  { tid: '10000002', scheme: 'tdes', listener: 'old' },
] as const
const EVS = fileURLToPath(new URL('../../evs.ts', import.meta.url))
/** While a file is there every call of the library fails, as if its cable were cut. */
const CUTTER = `
  import { existsSync } from 'node:fs'
  import { createRequire } from 'node:module'
  const { PKCS11 } = createRequire(${JSON.stringify(EVS)})('pkcs11js')
  const parent = Object.getPrototypeOf(PKCS11.prototype)
  for (const name of [PKCS11.prototype, parent].flatMap(Object.getOwnPropertyNames)) {
    const call = PKCS11.prototype[name]
    if (!name.startsWith('C_') || typeof call !== 'function') continue
    PKCS11.prototype[name] = function (...given) {
      if (existsSync(process.env.CUT_FILE)) throw new Error('CKR_DEVICE_ERROR:48')
      return call.apply(this, given)
    }
  }
`
const PROGRAM = [
  ...['--import', import.meta.resolve('tsx')],
  ...['--import', `data:text/javascript,${encodeURIComponent(CUTTER)}`, EVS],
]
const SETTINGS = {
  NODE_ENV: 'production',
  EVS_LISTENERS_0_KEYS: 'aes',
  EVS_LISTENERS_0_INSECURE: 'false',
  EVS_LISTENERS_1_NAME: 'old',
  EVS_LISTENERS_1_KIND: 'terminal',
  EVS_LISTENERS_1_KEYS: 'tdes',
  EVS_LISTENERS_1_DIALECT: 'iso87binary',
  EVS_LISTENERS_1_INSECURE: 'false',
}

// Some starts of the switch, on whatever machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

describe.skipIf(SOFTHSM === undefined)('a switch with its keys in a token', () => {
  let hsm: SoftHsm
  let host: CardHost
  let shop: SwitchProcess
  let officers: TwoOfficers
  let data = ''
  let log = ''
  let cutFile = ''
  const terminals: LineTerminal[] = []
  const secrets: string[] = []

  const admin = (): AdminClient => adminOf(shop, 'sara')
  const evs = (...words: string[]) => {
    const loader = ['--import', import.meta.resolve('tsx'), EVS]
    return execFileSync(process.execPath, [...loader, ...words], { encoding: 'utf8' })
  }

  beforeAll(async () => {
    hsm = softHsm()
    const { folder, conf, library } = hsm
    process.env.SOFTHSM2_CONF = conf
    const initToken = ['--init-token', '--free', '--label', 'evs', '--so-pin', '98765432']
    execFileSync('softhsm2-util', [...initToken, '--pin', USER_PIN])
    const userPinFile = join(folder, 'user-pin')
    writeFileSync(userPinFile, `${USER_PIN}\n`, { mode: 0o600 })
    log = join(folder, 'switch.log')
    const ledgerFile = join(folder, 'card-host.ndjson')
    const accounts = { unknownCards: { balanceRial: 900_000_000_000 } }
    host = await startCardHost({ port: 0, ledgerFile, seed: 1, faults: [], accounts })
    const token = { library, tokenLabel: 'evs', userPinFile }
    const ports = { terminalPort: 0, institutionPort: 0, cardHostPort: host.port }
    const made = await init({ dir: join(folder, 'shop'), token, ...ports })
    data = made.data
    cutFile = join(folder, 'cut')
    shop = new SwitchProcess(made.config, log, { ...SETTINGS, CUT_FILE: cutFile }, PROGRAM)
    await shop.start()
    await admin().addMerchant({ mid: MID, name: 'TOKEN', city: 'Tehran', institution: 0 })
    const digitsOf = (number: number) => 5_174_984_596_117 + 7_919 * number
    for (const { tid, scheme } of TERMINALS) {
      await admin().addTerminal({ tid, mid: MID, scheme, institution: 0 })
    }
    await importVouchers(admin(), folder, { first: 1, count: 3_000, digitsOf })
    officers = await twoOfficers(shop.ready?.admin.socket ?? '')
    for (const { tid, scheme, listener } of TERMINALS) {
      const owner = { kind: 'terminal', tid, mid: MID, institution: 0 } as const
      const order = { owner, scheme, parts: 3 }
      const issued = await together(officers, (officer) => officer.issueKey(order))
      const keyFile = join(folder, `${tid}.key`)
      const lines = issued.parts.map(({ part, checkValue }) => `part ${part} ${checkValue}`)
      secrets.push(...issued.parts.map(({ part }) => part))
      writeFileSync(keyFile, [`scheme ${scheme}`, ...lines, ''].join('\n'), { mode: 0o600 })
      const port = () => shop.port(listener)
      const line = { lossRate: 0, jamRate: 0, random: new Seeded(1), replyMs: 3_000 }
      terminals.push(lineTerminal({ tid, mid: MID, port, keyFile, ...line }))
    }
    await untilSelling(admin())
  })
  afterAll(async () => {
    await shop?.kill()
    await host?.stop()
    hsm?.close()
  })

  const sold = async (terminal: LineTerminal) => {
    const outcome = await terminal.sell()
    if (outcome.kind !== 'sold') throw new Error(outcome.kind)
    return outcome.vouchers.map(({ voucherPin }) => voucherPin.reveal()).join()
  }

  it('logs terminals of both schemes on, sells, and prints the same PIN again', async () => {
    for (const terminal of terminals) {
      expect((await terminal.logOn()).kind).toBe('logged-on')
      const voucher = await sold(terminal)
      const again = await terminal.reprint()
      if (again.kind !== 'reprinted') throw new Error(again.kind)
      expect(again.vouchers.map(({ voucherPin }) => voucherPin.reveal()).join() === voucher).toBe(
        true,
      )
    }
  })

  it('replaces both layers of keys while it sells, and no sale fails', async () => {
    const failed: string[] = []
    let count = 0
    let ended = false
    const selling = terminals.map(async (terminal) => {
      while (!ended) {
        const { kind } = await terminal.sell()
        if (kind === 'sold') count++
        else failed.push(kind)
        await pause(50)
      }
    })
    expect(await admin().rotateKek({})).toMatchObject({ source: 'token', file: null })
    let done: DataRotationDone | undefined
    for await (const event of admin().rotateData({})) if (event.kind === 'done') done = event
    await pause(500)
    ended = true
    await Promise.all(selling)
    expect(failed).toEqual([])
    expect(count).toBeGreaterThan(4)
    expect(done).toMatchObject({ left: 0, vouchers: 3_000 })
    expect(done?.keys).toBeGreaterThanOrEqual(8)
  })

  it('goes on after a kill, with the sets and the keys that it had', async () => {
    await shop.kill()
    await shop.start()
    await untilSelling(admin())
    for (const terminal of terminals) {
      expect((await terminal.reprint()).kind).toBe('reprinted')
      await sold(terminal)
    }
  })

  it('does without its token for a while: nothing is sold, and nothing lost', async () => {
    const before = host.netDebits().length
    const { pid } = shop
    writeFileSync(cutFile, '')
    const selling = Promise.all(terminals.map((terminal) => terminal.sell()))
    await pause(2_000)
    expect(host.netDebits().length).toBe(before)
    const health = await admin().health()
    expect(health.status).toBe('not selling')
    expect(health.reasons.join()).toContain('hardware security module is away: token evs')
    await expect(admin().rotateKek({})).rejects.toMatchObject({ code: 'HSM_UNAVAILABLE' })
    rmSync(cutFile)
    await untilSelling(admin())
    const late = (await selling).filter(({ kind }) => kind === 'sold')
    for (const terminal of terminals) {
      await terminal.clear()
      await sold(terminal)
    }
    expect(shop.pid).toBe(pid)
    await untilReversed(admin())
    // What the terminals tried meanwhile was sold in the end, was reversed, or never debited.
    expect(host.netDebits().length).toBe(before + late.length + terminals.length)
  })

  it('wrote no key in clear anywhere', () => {
    const found: string[] = []
    for (const file of filesIn(data).concat(log)) {
      const bytes = readFileSync(file)
      const text = bytes.toString('latin1').toUpperCase()
      for (const [index, secret] of secrets.entries()) {
        if (text.includes(secret) || bytes.includes(Buffer.from(secret, 'hex'))) {
          found.push(`part ${index} in ${file}`)
        }
      }
      if (text.includes(USER_PIN)) found.push(`the user PIN in ${file}`)
    }
    expect(secrets).toHaveLength(6)
    expect(found).toEqual([])
  })

  it('is restored from a backup of before a rotation without another key', async () => {
    const { folder } = hsm
    const backup = join(folder, 'a.evsbak')
    await together(officers, (officer) => officer.backup(backup))
    await admin().rotateKek({})
    await shop.stop()
    const config = join(data, '..', 'evs.yaml')
    expect(evs('restore', backup, '--config', config)).toContain('vouchers')
    await shop.start()
    await shop.stop()
  })

  it('does not start without its token, or with another of the same name', async () => {
    const tokens = join(hsm.folder, 'tokens')
    renameSync(tokens, `${tokens}.aside`)
    execFileSync('mkdir', ['-m', '700', tokens])
    await expect(shop.start()).rejects.toThrow('ended with 5')
    expect(readFileSync(log, 'utf8')).toContain('HSM_UNAVAILABLE')
    const initToken = ['--init-token', '--free', '--label', 'evs', '--so-pin', '98765432']
    execFileSync('softhsm2-util', [...initToken, '--pin', USER_PIN])
    await expect(shop.start()).rejects.toThrow('ended with 5')
    expect(readFileSync(log, 'utf8')).toContain('KEK_MISSING')
    rmSync(tokens, { recursive: true })
    renameSync(`${tokens}.aside`, tokens)
    await shop.start()
  })
})

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
