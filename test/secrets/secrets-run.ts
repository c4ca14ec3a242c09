// A switch, its command line, its admin interface, terminals and a card host, all used at length
// with canaries in place of every secret, at the most talkative log level. Then everything that any
// of them wrote is searched, to files that were removed again too, and the memory of the switch at
// rest. A PIN may stand in the batch it came in and on a customer's receipt, a part of a key in its
// file; a card number, a track, a PIN block, a key or a password nowhere.

import {
  cpSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { adminClient } from '../../admin-api/client.ts'
import { socketTransport } from '../../admin-api/transport.ts'
import { type CardHost, startCardHost } from '../../card-host/host.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { demoTerminal } from '../../switch/demo/demo-terminal.ts'
import { until } from '../../switch/demo/scenes.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { type BuiltSwitch, buildSwitch } from '../crash/built-switch.ts'
import { Authority, writeFiles } from '../protocol/certificates/authority.ts'
import { writeMessage } from '../simulation/wire/codec.ts'
import { CARDS, canaries, PINS, SERIALS } from './canaries.ts'
import type { Canary } from './forms.ts'
import { KeyedScene } from './keyed-scene.ts'
import { tapLine } from './line-tap.ts'
import { type MemoryLook, MemorySearch, rest } from './memory-search.ts'
import { Program } from './program.ts'
import { Recordings } from './recorded-writes.ts'
import { sampleBatches } from './sample-batches.ts'
import { scanFolder } from './scan.ts'
import { type Found, judge, type SecretsResult } from './verdict.ts'
import { saleFields, sendFrame, sendWildFrames } from './wild-frames.ts'

const MID = '000000000100001'
const TID = '10000001'
const PRICE = 50_000
const CARD_HOST_MS = 3_000
const FAULTS = [{ probability: 0.2, fault: { kind: 'act-then-silent' } }] as const

export async function secretsRun(): Promise<SecretsResult> {
  const root = mkdtempSync(join(tmpdir(), 'evs-secrets-'))
  const beside = mkdtempSync(join(tmpdir(), 'evs-secrets-beside-'))
  const built = buildSwitch()
  const folders = ['out', 'tmp', 'sources', 'receipts', 'parts'].map((name) => join(root, name))
  for (const folder of folders) mkdirSync(folder)
  try {
    return judge(await use({ root, beside, built }))
  } finally {
    built.remove()
    rmSync(root, { recursive: true, force: true })
    rmSync(beside, { recursive: true, force: true })
  }
}

interface Places {
  /** Searched. */
  readonly root: string
  /** Recordings and snapshots, in which everything that was written stands once more. */
  readonly beside: string
  readonly built: BuiltSwitch
}

async function use({ root, beside, built }: Places): Promise<Found> {
  const recordings = new Recordings(beside)
  const memory = new MemorySearch(join(beside, 'heap'))
  const ledger = join(root, 'card-host.ndjson')
  let host: CardHost | undefined
  const tap = await tapLine({
    ...{ dialect: DIALECTS.iso87ascii, length: 'ascii4', tpduBytes: 0 },
    target: () => host?.port ?? 0,
  })
  const dir = join(root, 'shop')
  const { config, data, kek } = await init({ dir, cardHostPort: tap.port })
  const server = new Authority('Canary Authority').issue({ commonName: 'switch' })
  const tls = writeFiles(join(root, 'sources'), 'switch', server)
  writeFileSync(config, configuration(tap.port, tls))
  const environment = {
    ...{ TMPDIR: join(root, 'tmp'), EVS_LOG_LEVEL: 'trace' },
    ...{ EVS_LIMITS_BALLAST_BYTES: '65536', EVS_TIMEOUTS_CARD_HOST_MS: String(CARD_HOST_MS) },
    ...{ EVS_TIMEOUTS_REVERSAL_BACKOFF_FIRST_MS: '50', EVS_TIMEOUTS_DIAL_BACKOFF_MAX_MS: '500' },
  }
  const log = join(root, 'out', 'switch.log')
  const settings = { ...environment, ...memory.environment, ...recordings.of('switch') }
  const nodeAndProgram = [...memory.preload, ...built.program]
  const running = new SwitchProcess(config, log, settings, nodeAndProgram)
  const program = new Program({
    ...{ root, built, dir, environment: { ...environment, EVS_CONFIG: config } },
    recordingOf: (name) => recordings.of(name),
  })
  const database = join(data, 'evs.db')
  const scene = new KeyedScene({ root, kek, database, running, program, tlsKey: tls.key })
  const looks: Found['looks'] = { atRest: [], inFlight: undefined }
  await running.start()
  try {
    await scene.officers()
    const zoneKeyFile = await scene.cardHostKey('simulator')
    host = await startCardHost({
      ...{ port: 0, ledgerFile: ledger, seed: 1, zoneKeyFile, faults: [...FAULTS] },
      accounts: { unknownCards: { balanceRial: 900_000_000_000 } },
    })
    await stock(root, program)
    await until('a card host', async () => (await admin(running).health()).status === 'selling')
    await sell(root, running)
    await sendWildFrames(running.port('pos') ?? 0, { tid: TID, mid: MID })
    host.faults = []
    await scene.sell()
    await ask(root, running, ledger)
    await program.runAll(ledger)
    const all = () => [...canaries(kek, database), ...scene.canaries(tap.pinBlocks)]
    const look = (withImage: boolean) => memory.look(running.pid, all(), { withImage })
    looks.inFlight = await whileOneIsInFlight(running, host, () => look(false))
    await rest()
    looks.atRest.push(await look(true))
    scene.look()
    // Database and log as they are while it sells: an orderly stop empties the log.
    const filter = (path: string) => !path.endsWith('.sock')
    cpSync(data, join(root, 'live'), { recursive: true, filter })
  } finally {
    await running.stop()
    await host?.stop()
    await tap.stop()
    await scene.stop()
  }
  await program.run('restore', ['restore', join(root, 'store.backup'), '--dir', dir])
  const all = [...canaries(kek, join(root, 'live', 'evs.db')), ...scene.canaries(tap.pinBlocks)]
  const { unexpected } = program
  const missed = missedInCopy(log, join(beside, 'control'), all)
  return { all, unexpected, looks, missed, ...searched(root, recordings, all) }
}

function searched(root: string, recordings: Recordings, all: readonly Canary[]) {
  const scan = scanFolder(root, all, (file) => file.startsWith('sources/'))
  return { scan, writes: recordings.search(root, all) }
}

/** Each form of each secret into a copy of the log: what is not found there then. */
function missedInCopy(log: string, folder: string, all: readonly Canary[]): string[] {
  mkdirSync(folder)
  const lines = all.flatMap(({ forms }) => forms.map(({ bytes }) => bytes))
  const apart = Buffer.from('\n')
  writeFileSync(
    join(folder, 'switch.log'),
    Buffer.concat([readFileSync(log), ...lines.flatMap((line) => [apart, line])]),
  )
  const { hits } = scanFolder(folder, all)
  const found = new Set(hits.map(({ canary, form }) => `${canary} as ${form}`))
  return all.flatMap(({ name, forms }) =>
    forms.map((form) => `${name} as ${form.name}`).filter((one) => !found.has(one)),
  )
}

/** A sale that the card host leaves without an answer: its card must be in memory, and is found. */
async function whileOneIsInFlight(
  running: SwitchProcess,
  host: CardHost,
  look: () => Promise<MemoryLook>,
): Promise<MemoryLook> {
  host.faults = [{ probability: 1, fault: { kind: 'silent' } }]
  const fields = saleFields({ tid: TID, mid: MID }, 900_050)
  const frame = writeMessage('binary', { mti: '0200', fields })
  const answered = sendFrame(running.port('pos') ?? 0, frame, 2 * CARD_HOST_MS)
  await until('a sale in flight', async () => (await admin(running).health()).salesInFlight > 0)
  const seen = await look()
  await answered
  host.faults = []
  await until('its reversal', async () => (await admin(running).health()).reversals.open === 0)
  return seen
}

function configuration(cardHostPort: number, tls: object): string {
  return `listeners:
  - { name: pos, kind: terminal, port: 0, keys: none, insecure: true }
  - { name: tdes, kind: terminal, port: 0, keys: tdes }
  - { name: aes, kind: terminal, port: 0, keys: aes }
  - { name: secure, kind: terminal, port: 0, keys: none, tls: ${JSON.stringify(tls)} }
  - { name: bank, kind: institution, port: 0, keys: tdes, institution: 1 }
cardHosts:
  - { name: simulator, port: ${cardHostPort}, acquirerId: '581000', keys: aes }
recording: { folder: recorded }
limits: { recordingFreeBytes: 0 }
`
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
    ...{ port: () => running.port('pos'), replyMs: 10_000 },
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
