// The ledger file across restarts: the same balances and answers, torn and damaged lines, and what
// a line holds and must never hold.

import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CardHost } from '../../card-host/host.ts'
import type { CardHostOptions } from '../../card-host/host-options.ts'
import { parseEntry } from '../../card-host/ledger.ts'
import { CARD, HostClient, OTHER_CARD, pairOf, startForTest } from './host-client.ts'

let directory: string
let ledgerFile: string
let cardHost: CardHost | undefined
let client: HostClient | undefined

const ACCOUNTS = {
  unknownCards: { balanceRial: 1_000_000 },
  accounts: [{ card: CARD, balanceRial: 300_000 }],
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'card-host-'))
  ledgerFile = join(directory, 'ledger.ndjson')
})

afterEach(async () => {
  await stop()
  rmSync(directory, { recursive: true })
})

async function start(options: CardHostOptions = {}): Promise<HostClient> {
  cardHost = await startForTest({ ledgerFile, accounts: ACCOUNTS, ...options })
  client = await HostClient.signedOn(cardHost)
  return client
}

async function stop(): Promise<void> {
  client?.end()
  await cardHost?.stop()
}

/** Another process appends to the ledger while it may be so many blocks long; gives its entries. */
function appendedUntilFull(blocks: number): number {
  const source = new URL('../../card-host/ledger.ts', import.meta.url)
  const program = `import { Ledger } from '${source}'
    const ledger = new Ledger(process.argv[1], false)
    try {
      for (;;) ledger.append(ledger.entries()[0])
    } catch (error) {
      console.log(JSON.stringify([error.code, ledger.entries().length]))
    }`
  const node = [process.execPath, '--import', import.meta.resolve('tsx'), '--input-type=module']
  const words = [
    '-c',
    'ulimit -f "$0" && exec "$@"',
    `${blocks}`,
    ...node,
    '-e',
    program,
    ledgerFile,
  ]
  const { stdout, stderr } = spawnSync('sh', words, { encoding: 'utf8' })
  const [code, entries] = JSON.parse(stdout || 'null') ?? [stderr, 0]
  expect(code).toBe('CARD_HOST_LEDGER_WRITE')
  return entries
}

const lines = () => readFileSync(ledgerFile, 'utf8').trimEnd().split('\n')

describe('the ledger file', () => {
  it('survives a restart with the same balances, debits, reversals and answers', async () => {
    const before = await start({ fsync: true })
    const [first, undoFirst] = pairOf('000001')
    const [second] = pairOf('000002', { 2: OTHER_CARD })
    const [tooMuch] = pairOf('000003', { 4: '000000400000' })
    const [late, undoLate] = pairOf('000004')
    const approved = await before.ask('0200', first)
    await before.ask('0200', second)
    expect(await before.codeOf('0200', tooMuch)).toBe('51')
    await before.ask('0420', undoFirst)
    expect(await before.codeOf('0420', undoLate)).toBe('25')
    const [balances, debits] = [cardHost?.balances(), cardHost?.netDebits()]
    expect(debits).toMatchObject([{ stan: '000002', amountRial: 50_000 }])
    await stop()

    const after = await start()
    expect(cardHost?.netDebits()).toEqual(debits)
    expect([cardHost?.balanceOf(CARD), cardHost?.balanceOf(OTHER_CARD)]).toEqual([300_000, 950_000])
    expect(cardHost?.balances()).toEqual(balances)
    expect(approved.get(38)).toBe('000001')
    const repeated = await after.ask('0200', second)
    expect([repeated.get(39), repeated.get(38)]).toEqual(['00', '000002'])
    expect(await after.codeOf('0200', tooMuch)).toBe('51')
    expect(await after.codeOf('0421', undoFirst)).toBe('00')
    expect(await after.codeOf('0200', late)).toBe('94')
    const [next] = pairOf('000005')
    expect((await after.ask('0200', next)).get(38)).toBe('000003')
  })

  it('has a line before the answer, with what a reconciliation needs', async () => {
    const asking = await start()
    const [first, undo] = pairOf('000001')
    asking.send('0200', first)
    await asking.body()
    expect(lines().map((line) => JSON.parse(line))).toMatchObject([
      {
        at: '2026-11-22T05:44:31.000Z',
        kind: 'debit',
        de7: '1122054431',
        stan: '000001',
        tid: '10000001',
        mid: '000000000100001',
        rrn: '632609000001',
        amountRial: 50_000,
        card: '603799******0014',
        rc: '00',
        de38: '000001',
      },
    ])
    await asking.ask('0420', undo)
    expect(JSON.parse(lines()[1] ?? '')).toMatchObject({
      kind: 'reversal',
      originalDe7: '1122054431',
      originalStan: '000001',
      rrn: '632609000001',
      amountRial: 50_000,
      de90: undo[90],
    })
  })

  it('holds the line when the answer is sent', async () => {
    const seen: number[] = []
    const asking = await start({
      observe: (event) => {
        if (event.kind === 'answer' && event.stan === '000001') seen.push(lines().length)
      },
    })
    await asking.ask('0200', pairOf('000001')[0])
    expect(seen).toEqual([1])
  })

  it('that cannot be written ends the host, and nothing is answered', async () => {
    const failures: unknown[] = []
    const asking = await start({ failed: (error) => failures.push(error) })
    cardHost?.ledger.close()
    expect(await asking.codeOf('0200', pairOf('000001')[0])).toBe('closed')
    expect(cardHost?.netDebits()).toEqual([])
    await expect.poll(() => failures).toMatchObject([{ code: 'CARD_HOST_LEDGER_WRITE' }])
  })

  it('that takes no more after a restart keeps every whole line, and no half of one', async () => {
    const before = await start()
    for (const stan of ['000001', '000002', '000003']) await before.ask('0200', pairOf(stan)[0])
    await stop()
    const whole = readFileSync(ledgerFile, 'utf8')
    const blocks = Math.ceil(whole.length / 512) + 2
    const kept = appendedUntilFull(blocks)
    expect(kept).toBeGreaterThanOrEqual(3)
    expect(readFileSync(ledgerFile, 'utf8').startsWith(whole)).toBe(true)
    expect(readFileSync(ledgerFile, 'utf8').endsWith('\n')).toBe(true)
    expect(lines().map((line) => parseEntry(line)?.kind)).toEqual(Array(kept).fill('debit'))
  })

  it('has no line for a repeat', async () => {
    const asking = await start()
    const [first, undo] = pairOf('000001')
    for (const mti of ['0200', '0200', '0420', '0421', '0421']) {
      await asking.ask(mti, mti === '0200' ? first : undo)
    }
    expect(lines()).toHaveLength(2)
  })

  it('names the fault that a debit met', async () => {
    const asking = await start({ faults: [{ fault: { kind: 'act-then-silent' } }] })
    await asking.codeOf('0200', pairOf('000001')[0], 50)
    expect(parseEntry(lines()[0] ?? '')).toMatchObject({ kind: 'debit', fault: 'act-then-silent' })
  })

  it('never holds a card number or a track, and is for its owner only', async () => {
    const asking = await start()
    await asking.ask('0200', pairOf('000001')[0])
    const text = readFileSync(ledgerFile, 'utf8')
    expect(text).not.toContain(CARD)
    expect(text).not.toContain('2912101')
    expect(statSync(ledgerFile).mode & 0o077).toBe(0)
    expect(statSync(`${ledgerFile}.key`).mode & 0o077).toBe(0)
  })

  it('loses a torn last line, which nobody was answered, and goes on', async () => {
    const before = await start()
    await before.ask('0200', pairOf('000001')[0])
    await stop()
    appendFileSync(ledgerFile, '{"at":"2026-11-22T05:44:31.000Z","kind":"deb')
    const after = await start()
    await after.ask('0200', pairOf('000002')[0])
    expect(lines().map((line) => parseEntry(line)?.stan)).toEqual(['000001', '000002'])
  })

  it('that is damaged elsewhere, or has lost its key, is refused', async () => {
    const before = await start()
    await before.ask('0200', pairOf('000001')[0])
    await stop()
    rmSync(`${ledgerFile}.key`)
    await expect(start()).rejects.toMatchObject({ code: 'CARD_HOST_LEDGER_KEY_MISSING' })
    for (const left of ['', '00'.repeat(31), 'no key at all']) {
      writeFileSync(`${ledgerFile}.key`, left)
      await expect(start()).rejects.toMatchObject({ code: 'CARD_HOST_LEDGER_KEY_MISSING' })
    }
    const damagedFile = join(directory, 'damaged.ndjson')
    await startForTest({ ledgerFile: damagedFile }).then((made) => made.stop())
    appendFileSync(damagedFile, '{"kind":"debit"}\n')
    const damaged = startForTest({ ledgerFile: damagedFile })
    await expect(damaged).rejects.toMatchObject({ code: 'CARD_HOST_LEDGER_DAMAGED' })
  })
})
