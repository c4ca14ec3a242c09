// A switch, its command line, its admin interface, terminals and a card host, all used at length
// with canaries in place of every secret, at the most talkative log level. Then everything that any
// of them wrote is searched. A PIN may stand in the batch it came in and on a customer's receipt; a
// card number, a track, a PIN block or a key nowhere.

import { execFile } from 'node:child_process'
import { cpSync, createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { adminClient } from '../../admin-api/client.ts'
import { socketTransport } from '../../admin-api/transport.ts'
import { startCardHost } from '../../card-host/host.ts'
import { demoTerminal } from '../../switch/demo/demo-terminal.ts'
import { until } from '../../switch/demo/scenes.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { type BuiltSwitch, buildSwitch } from '../crash/built-switch.ts'
import { CARDS, canaries, PINS, SERIALS } from './canaries.ts'
import { sampleBatches } from './sample-batches.ts'
import { type ScanResult, scanFolder } from './scan.ts'
import { sendWildFrames } from './wild-frames.ts'

export interface SecretsResult {
  readonly scan: ScanResult
  readonly canaries: number
  readonly forms: number
  /** Where PINs belong: they must be found there, or the search finds nothing. */
  readonly customerReceiptHits: number
  readonly violations: readonly string[]
}

const MID = '000000000100001'
const TID = '10000001'
const PRICE = 50_000

export async function secretsRun(): Promise<SecretsResult> {
  const root = mkdtempSync(join(tmpdir(), 'evs-secrets-'))
  const built = buildSwitch()
  const folders = ['out', 'tmp', 'sources', 'receipts'].map((name) => join(root, name))
  for (const folder of folders) mkdirSync(folder)
  try {
    const { kek, unexpected } = await use(root, built)
    const all = canaries(kek, join(root, 'live', 'evs.db'))
    const scan = scanFolder(root, all, (file) => file.startsWith('sources/'))
    return judge(scan, all, unexpected)
  } finally {
    built.remove()
    rmSync(root, { recursive: true, force: true })
  }
}

/** Resolves with the key file, which is a secret as well, and what a verb did unexpectedly. */
async function use(
  root: string,
  built: BuiltSwitch,
): Promise<{ kek: string; unexpected: readonly string[] }> {
  const ledger = join(root, 'card-host.ndjson')
  const host = await startCardHost({
    ...{ port: 0, ledgerFile: ledger, seed: 1 },
    faults: [{ probability: 0.2, fault: { kind: 'act-then-silent' } }],
  })
  const dir = join(root, 'shop')
  const { config, data, kek } = await init({
    ...{ dir, terminalPort: 0, institutionPort: 0, cardHostPort: host.port },
  })
  const environment = {
    ...{ TMPDIR: join(root, 'tmp'), EVS_LOG_LEVEL: 'trace' },
    EVS_LIMITS_BALLAST_BYTES: '65536',
  }
  const quick = { EVS_TIMEOUTS_CARD_HOST_MS: '500', EVS_TIMEOUTS_REVERSAL_BACKOFF_FIRST_MS: '50' }
  const log = join(root, 'out', 'switch.log')
  const running = new SwitchProcess(config, log, { ...environment, ...quick }, built.program)
  const program = new Program(root, built, { ...environment, EVS_CONFIG: config }, dir)
  await running.start()
  try {
    await stock(root, program)
    await until('a card host', async () => (await admin(running).health()).status === 'selling')
    await sell(root, running)
    await sendWildFrames(running.port('pos') ?? 0, { tid: TID, mid: MID })
    await ask(root, running, ledger)
    await program.runAll(ledger)
    // Database and log as they are while it sells: an orderly stop empties the log.
    const filter = (path: string) => !path.endsWith('.sock')
    cpSync(data, join(root, 'live'), { recursive: true, filter })
  } finally {
    await running.stop()
    await host.stop()
  }
  await program.run('restore', ['restore', join(root, 'store.backup'), '--dir', dir])
  return { kek, unexpected: program.unexpected }
}

function admin(running: SwitchProcess) {
  return adminClient(socketTransport(running.ready?.admin.socket ?? ''), 'secrets run')
}

async function stock(root: string, program: Program): Promise<void> {
  const batch = join(root, 'sources', 'batch.csv')
  const rows = PINS.map((digits, n) => `${SERIALS[n]},${digits},093205,2099-12-31`)
  writeFileSync(batch, `serial,pin,product,expiry\n${rows.join('\n')}\n`)
  const bad = join(root, 'sources', 'bad.csv')
  const wrong = PINS.map((digits, n) => `${digits},${digits}x,0932,${n}`)
  writeFileSync(bad, `serial,pin,product,expiry\n${wrong.join('\n')}\n`)
  await program.run('merchant', ['merchant', 'add', '--mid', MID, '--name', 'CANARY'])
  const terminal = ['terminal', 'add', '--tid', TID, '--mid', MID, '--scheme', 'none']
  await program.run('terminal', terminal)
  await program.run('import-bad', ['batch', 'import', bad], 1)
  await program.run('import-dry', ['batch', 'import', batch, '--dry-run'])
  await program.run('import', ['batch', 'import', batch, '--release'])
  await program.run('import-again', ['batch', 'import', batch, '--release'], 1)
  for (const { file, datesItself } of sampleBatches()) {
    const expires = datesItself ? [] : ['--expires', '2099-12-31']
    const verb = ['batch', 'import', file, '--release', ...expires]
    await program.run(`import-${basename(file)}`, verb)
  }
}

async function sell(root: string, running: SwitchProcess): Promise<void> {
  const terminal = demoTerminal({
    ...{ tid: TID, mid: MID, merchantName: 'CANARY', language: 'en' as const },
    ...{ port: () => running.port('pos'), replyMs: 2_000 },
  })
  for (let n = 0; n < 8; n++) {
    if (n === 3) terminal.loseNextReply()
    await terminal.sell('093205', PRICE, CARDS[n % CARDS.length] ?? '')
  }
  for (const [n, { customer, merchant }] of terminal.printed.entries()) {
    writeFileSync(join(root, 'receipts', `customer-${n}.txt`), customer)
    writeFileSync(join(root, 'out', `merchant-copy-${n}.txt`), merchant)
  }
}

/** Every answer that the admin interface gives to somebody who only asks, and some refusals. */
async function ask(root: string, running: SwitchProcess, ledger: string): Promise<void> {
  const client = admin(running)
  const { sales } = await client.sales({ limit: 1_000 })
  const asked: Record<string, () => Promise<unknown>> = {
    health: () => client.health(),
    merchants: () => client.merchants({ limit: 100 }),
    terminals: () => client.terminals({ limit: 100 }),
    products: () => client.products(),
    batches: () => client.batches({}),
    batch: () => client.batch(1 as never),
    stock: () => client.stock(),
    sales: () => Promise.resolve(sales),
    suspense: () => client.suspense(),
    claims: () => client.claims(),
    differences: () => client.dayEndDifferences(),
    journal: () => client.verifyJournal(),
    audit: () => client.audit(),
    fences: () => client.fences(),
    reconcile: () => client.reconcile({ settle: false }, createReadStream(ledger)),
    badLedger: () =>
      client.reconcile({ settle: false }, createReadStream(join(root, 'sources/bad.csv'))),
    badSale: () => client.sale(CARDS[0] as never),
    badBody: () => client.addMerchant({ mid: CARDS[0] } as never),
  }
  for (const [n, { id }] of sales.entries()) asked[`sale-${n}`] = () => client.sale(id as never)
  for (const [name, answer] of Object.entries(asked)) {
    const text = await answer().then(
      (value) => JSON.stringify(value),
      (error: unknown) => `${String(error)} ${JSON.stringify(error)}`,
    )
    writeFileSync(join(root, 'out', `admin-${name}.json`), text)
  }
  const port = running.ready?.admin.port
  for (const page of ['metrics', 'livez', 'readyz', `nothing?${CARDS[0]}`]) {
    const answer = await fetch(`http://127.0.0.1:${port}/${page}`)
    writeFileSync(join(root, 'out', `http-${page.slice(0, 7)}.txt`), await answer.text())
  }
}

/** Where it is not 0: a frame that is none, a sale that is none. */
const EXITS: Readonly<Record<string, number>> = { message: 1, usage: 1 }

/** The command line; whatever it says is kept. */
class Program {
  readonly unexpected: string[] = []
  readonly #root: string
  readonly #built: BuiltSwitch
  readonly #environment: Readonly<Record<string, string>>
  readonly #dir: string

  constructor(
    root: string,
    built: BuiltSwitch,
    environment: Readonly<Record<string, string>>,
    dir: string,
  ) {
    this.#root = root
    this.#built = built
    this.#environment = environment
    this.#dir = dir
  }

  async runAll(ledger: string): Promise<void> {
    const frame = Buffer.from(`0200 ${CARDS[0]}=2912 ${PINS[0]}`).toString('hex')
    const verbs: Record<string, string[]> = {
      stock: ['stock'],
      sales: ['sale', 'list', '--json'],
      sale: ['sale', 'show', '1'],
      batches: ['batch', 'list', '--json'],
      audit: ['audit'],
      reconcile: ['reconcile', '--ledger', ledger, '--settle'],
      journal: ['journal', 'verify'],
      config: ['config', 'print'],
      message: ['message', 'describe', frame],
      backup: ['backup', join(this.#root, 'store.backup')],
      usage: ['sale', 'show', CARDS[0] ?? ''],
    }
    for (const [name, parameters] of Object.entries(verbs)) {
      await this.run(name, parameters, EXITS[name])
    }
  }

  /** What ends in another way than it should has not said what it was asked for. */
  run(name: string, parameters: readonly string[], exit = 0): Promise<void> {
    const options = { env: { ...process.env, ...this.#environment }, cwd: this.#dir }
    const all = [...this.#built.program, ...parameters]
    return new Promise((resolve) => {
      execFile(process.execPath, all, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code
        if (code !== exit) this.unexpected.push(`evs ${name} ended with ${code}, not ${exit}`)
        const text = `exit ${String(code)}\n${stdout}\n${stderr}`
        writeFileSync(join(this.#root, 'out', `evs-${name}.txt`), text)
        resolve()
      })
    })
  }
}

function judge(
  scan: ScanResult,
  all: ReturnType<typeof canaries>,
  unexpected: readonly string[],
): SecretsResult {
  const isReceipt = (file: string) => file.startsWith('receipts/customer-')
  const allowed = scan.hits.filter(
    ({ file, canary }) =>
      (isReceipt(file) && canary.startsWith('voucher PIN')) || isKey(file, canary),
  )
  const hits = scan.hits
    .filter((hit) => !allowed.includes(hit))
    .map(({ file, canary, form }) => `${canary} as ${form} in ${file}`)
  const violations = [...hits, ...unexpected]
  const customerReceiptHits = allowed.filter(({ file }) => isReceipt(file)).length
  if (customerReceiptHits === 0) violations.push('no receipt was printed: nothing was proven')
  const forms = all.reduce((sum, { forms: each }) => sum + each.length, 0)
  return { scan, canaries: all.length, forms, customerReceiptHits, violations }
}

/** The key-encryption key has a file of its own, and no other place. */
function isKey(file: string, canary: string): boolean {
  return file === 'shop/keys/kek' && canary === 'key-encryption key'
}
