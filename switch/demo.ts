// `evs demo`: card host, switch and terminals on free ports and a temporary folder, a sale with
// everything that can go wrong with one, and at the end the reconciliation of switch and card host.
// Nothing is scripted but the faults: the figures are read from the run.

import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AdminClient, adminClient } from '../admin-api/client.ts'
import { socketTransport } from '../admin-api/transport.ts'
import { startCardHost } from '../card-host/host.ts'
import { DEMO_BATCHES } from './demo/batches.ts'
import { type DemoTerminal, demoTerminal } from './demo/demo-terminal.ts'
import { CARDS, SCENES, type Stage, until } from './demo/scenes.ts'
import { SwitchProcess } from './demo/switch-process.ts'
import { init } from './init.ts'

export interface DemoOptions {
  readonly once: boolean
  readonly out: (text: string) => void
  /** Resolves when the visitor has seen enough. */
  readonly interrupted: Promise<void>
}

const MID = '000000000100001'
const TERMINALS = { fa: '10000001', en: '10000002' } as const
const MERCHANT = 'NEMOUNE SHOP'

/** A demo does not wait 25 seconds for a card host that it told to be silent. */
const QUICK = {
  EVS_TIMEOUTS_CARD_HOST_MS: '2000',
  EVS_TIMEOUTS_REVERSAL_BACKOFF_FIRST_MS: '200',
  EVS_LOG_LEVEL: 'info',
}
const REPLY_MS = 6_000

export async function demo(options: DemoOptions): Promise<number> {
  const { out } = options
  const folder = mkdtempSync(join(tmpdir(), 'evs-demo-'))
  const ledger = join(folder, 'card-host.ndjson')
  const host = await startCardHost({
    ...{ port: 0, ledgerFile: ledger, seed: 1 },
    faults: [
      { card: CARDS.poor, fault: { kind: 'decline', rc: '51' } },
      { card: CARDS.silent, on: 'purchase', fault: { kind: 'act-then-silent' } },
      { card: CARDS.killed, on: 'purchase', fault: { kind: 'act-then-silent' } },
    ],
  })
  const dir = join(folder, 'shop')
  const { config } = await init({
    ...{ dir, terminalPort: 0, institutionPort: 0, cardHostPort: host.port },
  })
  const switchProcess = new SwitchProcess(config, join(folder, 'switch.log'), QUICK)
  await switchProcess.start()
  try {
    await openShop(adminOf(switchProcess))
    out(`card host on ${host.port}, switch on ${switchProcess.port('pos')}, data in ${dir}\n`)
    const stage: Stage = { host, switchProcess, terminal: terminals(switchProcess), say: told(out) }
    for (const [index, scene] of SCENES.entries()) {
      out(`\n${index + 1}. ${scene.title}\n`)
      await scene.play(stage)
    }
    const admin = adminOf(switchProcess)
    const result = await settle(admin, ledger)
    const shown = stage.terminal('fa').printed.some(({ customer }) => customer.includes('*140*#'))
    out(`\nreconciliation: ${result.hostDebits} debits and ${result.hostReversals} reversals`)
    out(` at the card host, difference ${result.summary.difference} rial\n`)
    if (!options.once) {
      out(nextSteps(config, ledger, switchProcess.port('pos') ?? 0))
      await options.interrupted
    }
    const summary = { ...result.summary, receiptShown: shown }
    out(`${JSON.stringify(summary)}\n`)
    const good = summary.difference === 0 && summary.doubleSold === 0 && shown
    return good ? 0 : 1
  } finally {
    await switchProcess.stop()
    await host.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A merchant, two terminals, and every sample batch. */
async function openShop(admin: AdminClient): Promise<void> {
  await admin.addMerchant({ mid: MID, name: MERCHANT, city: 'Tehran', institution: 0 })
  for (const tid of Object.values(TERMINALS)) {
    await admin.addTerminal({ tid, mid: MID, scheme: 'none', institution: 0 })
  }
  for (const { file, expires } of DEMO_BATCHES) {
    const fileName = file.pathname.split('/').at(-1) ?? ''
    const request = { fileName, release: true, dryRun: false }
    const asked = expires === undefined ? request : { ...request, expires }
    for await (const event of admin.importBatch(asked, createReadStream(file))) {
      if (event.kind === 'refused') throw new Error(`${fileName}: ${event.message}`)
    }
  }
  await until('a card host that is signed on', async () => {
    return (await admin.health()).status === 'selling'
  })
}

function terminals(switchProcess: SwitchProcess): (name: 'fa' | 'en') => DemoTerminal {
  const make = (language: 'fa' | 'en') =>
    demoTerminal({
      ...{ tid: TERMINALS[language], mid: MID, merchantName: MERCHANT, language },
      port: () => switchProcess.port('pos'),
      replyMs: REPLY_MS,
    })
  const made = { fa: make('fa'), en: make('en') }
  return (name) => made[name]
}

/** Waits until nothing is under way, then compares both sides. */
async function settle(admin: AdminClient, ledger: string) {
  await until('the last reversal', async () => (await admin.health()).reversals.open === 0)
  const { sales } = await admin.sales({ limit: 10_000 })
  const count = (...states: string[]) => sales.filter(({ state }) => states.includes(state)).length
  const reconciled = await admin.reconcile({ settle: false }, createReadStream(ledger))
  return {
    hostDebits: reconciled.hostDebits,
    hostReversals: reconciled.hostReversals,
    summary: {
      sales: sales.length,
      approved: count('sold'),
      declined: count('declined', 'refused'),
      reversed: count('reversed', 'refunded', 'tombstone'),
      doubleSold: reconciled.doubleSold,
      difference: reconciled.differenceRial,
    },
  }
}

function adminOf(switchProcess: SwitchProcess): AdminClient {
  const socket = switchProcess.ready?.admin.socket
  if (socket === undefined) throw new Error('the switch is not running')
  return adminClient(socketTransport(socket), 'demo')
}

function told(out: (text: string) => void): (text: string) => void {
  return (text) => {
    for (const line of text.trimEnd().split('\n')) out(`   ${line}\n`)
  }
}

function nextSteps(config: string, ledger: string, port: number): string {
  const sale = `--port ${port} --tid ${TERMINALS.fa} --mid ${MID} --product 091905`
  return `
The switch stays up until Ctrl-C. In another shell:
   npm run -s evs -- pos sell ${sale} --card ${CARDS.good} --expiry 2912
   npm run -s evs -- stock --config ${config}
   npm run -s evs -- sale list --config ${config}
   npm run -s evs -- reconcile --ledger ${ledger} --config ${config}
`
}
