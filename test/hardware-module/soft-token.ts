// A token of SoftHSM for tests, made in a temporary folder. Where SoftHSM is not installed, tests
// that need it are skipped with a loud word, and fail under CI=true: there they must have run.

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Driver, openDriver } from '../../hardware-module/driver.ts'
import { Token, type TokenPlace, type TokenPorts } from '../../hardware-module/token.ts'

const PLACES = [
  process.env.SOFTHSM2_LIBRARY ?? '',
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
]
const SO_PIN = '98765432'
/** A token has a label of fixed length. [PKCS #11, CK_TOKEN_INFO] */
const LABEL_CHARS = 32
export const USER_PIN = '24681357'

/** Undefined where tests without SoftHSM are to be skipped. */
export const SOFTHSM = PLACES.find((place) => place !== '' && existsSync(place))

if (SOFTHSM === undefined) {
  const word = 'SoftHSM is not installed (Debian: softhsm2): tests of the PKCS#11 adapter'
  if (process.env.CI === 'true') throw new Error(`${word} cannot run`)
  process.stderr.write(`\n*** ${word} ARE SKIPPED ***\n\n`)
}

export interface SoftHsm {
  readonly library: string
  readonly folder: string
  /** What a process needs in its environment to find the tokens. */
  readonly conf: string
  close(): void
}

/** A folder of tokens. In one process the library looks at the first one only. */
export function softHsm(): SoftHsm {
  if (SOFTHSM === undefined) throw new Error('SoftHSM is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'evs-softhsm-'))
  const tokens = join(folder, 'tokens')
  mkdirSync(tokens, { mode: 0o700 })
  const conf = join(folder, 'softhsm2.conf')
  writeFileSync(
    conf,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  )
  return { library: SOFTHSM, folder, conf, close: () => rmSync(folder, { recursive: true }) }
}

/** The tokens of this process: the library reads its settings when it is started, once. */
async function ownDriver(): Promise<Driver> {
  if (process.env.EVS_TEST_SOFTHSM === undefined) {
    const { conf, folder } = softHsm()
    process.env.SOFTHSM2_CONF = conf
    process.env.EVS_TEST_SOFTHSM = folder
  }
  return openDriver(SOFTHSM ?? '')
}

/** Ends what a file of tests began; the next one in this process begins anew. */
export async function closeTokens(): Promise<void> {
  const folder = process.env.EVS_TEST_SOFTHSM
  if (folder === undefined) return
  const { calls } = await ownDriver()
  calls.C_Finalize()
  rmSync(folder, { recursive: true, force: true })
  delete process.env.EVS_TEST_SOFTHSM
  delete process.env.SOFTHSM2_CONF
}

/** A new token of that label, by the library itself. */
function initToken({ calls, numbers }: Driver, label: string): void {
  const free = calls.C_GetSlotList(false).at(-1)
  if (free === undefined) throw new Error('SoftHSM has no free slot')
  calls.C_InitToken(free, SO_PIN, label.padEnd(LABEL_CHARS))
  const slot = calls
    .C_GetSlotList(true)
    .find((one) => calls.C_GetTokenInfo(one).label.trim() === label)
  if (slot === undefined) throw new Error('the new token is not there')
  const session = calls.C_OpenSession(slot, numbers.CKF_RW_SESSION | numbers.CKF_SERIAL_SESSION)
  calls.C_Login(session, numbers.CKU_SO, SO_PIN)
  calls.C_InitPIN(session, USER_PIN)
  calls.C_Logout(session)
  calls.C_CloseSession(session)
}

let made = 0

/** Where a new token of this process is. */
export async function newTokenPlace(): Promise<TokenPlace & { readonly driver: Driver }> {
  const driver = await ownDriver()
  const tokenLabel = `test-${++made}`
  initToken(driver, tokenLabel)
  const folder = process.env.EVS_TEST_SOFTHSM ?? ''
  const file = join(folder, 'user-pin')
  writeFileSync(file, `${USER_PIN}\n`, { mode: 0o600 })
  return { library: SOFTHSM ?? '', tokenLabel, userPin: { file }, driver }
}

export async function newToken(ports: Partial<TokenPorts> = {}): Promise<Token> {
  const place = await newTokenPlace()
  return Token.open(place, { monotonicMs: () => performance.now(), driver: place.driver, ...ports })
}
