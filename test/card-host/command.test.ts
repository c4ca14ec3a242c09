// `evs card-host` as its caller sees it: the printed lines, the files it reads, the watched fault
// file, and the crash of a real process.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type RunningCardHost, runCardHost } from '../../card-host/command.ts'
import { VirtualTime } from '../simulation/virtual-time.ts'
import {
  CARD,
  HostClient,
  pairOf,
  purchase,
  reversal,
  startForTest,
  TIMERS,
} from './host-client.ts'
import { ZMK, ZoneClient } from './zone-client.ts'

let directory: string
let running: RunningCardHost | undefined
let printed: Record<string, unknown>[]

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'card-host-'))
  printed = []
})

afterEach(async () => {
  await running?.stop()
  running = undefined
  rmSync(directory, { recursive: true })
})

const out = (line: string) => printed.push(JSON.parse(line) as Record<string, unknown>)

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

it('prints one ready line and serves with the accounts and faults of the files', async () => {
  const accounts = file(
    'accounts.yaml',
    `unknownCards: refuse\naccounts:\n  - { card: '${CARD}', balanceRial: 70000 }\n`,
  )
  const faults = file('faults.json', '[{"amountRial": 13, "fault": {"kind": "silent"}}]')
  const ledger = join(directory, 'ledger.ndjson')
  running = await runCardHost({ accounts, faults, ledger, seed: '7' }, out, { timers: TIMERS })
  expect(printed).toMatchObject([
    { event: 'card-host-ready', port: running.cardHost.port, accounts: 1, faults: 1 },
  ])
  const client = await HostClient.signedOn(running.cardHost)
  expect(await client.codeOf('0200', pairOf('000001')[0])).toBe('00')
  expect(await client.codeOf('0200', pairOf('000002')[0])).toBe('51')
  client.end()
})

it('has zone keys from a file, and changes them at an interval', async () => {
  const zoneKeyFile = file('zone.key', `scheme aes\nkey ${ZMK.aes}\n`)
  chmodSync(zoneKeyFile, 0o600)
  const options = { zoneKeyFile, keyChangeMinutes: '1', verbose: true }
  let due: (() => void) | undefined
  const after = (ms: number, run: () => void) => {
    if (ms === 60_000) due = run
    return TIMERS.after(ms, run)
  }
  running = await runCardHost(options, out, { timers: { ...TIMERS, after } })
  const link = await ZoneClient.connect(running.cardHost, 'aes')
  const zone = await link.keyed()
  expect((await link.ask('0200', pairOf('000001')[0], zone)).get(39)).toBe('00')
  if (due === undefined) throw new Error('no interval of a minute')
  due()
  expect((await link.next()).get(70)).toBe('101')
  link.client.end()
  expect(printed.map((line) => line.event)).toContain('key-change')
  expect(JSON.stringify(printed)).not.toContain(ZMK.aes)
})

it.each([
  [{ keyChangeMinutes: '5' }, 'key-change-minutes: only with zone-key-file'],
  [{ zoneKeyFile: 'none', keyChangeMinutes: 'x' }, 'key-change-minutes: a number'],
  [{ zoneKeyFile: '/none.key' }, '/none.key is missing'],
])('refuses %j', async (options, why) => {
  await expect(runCardHost(options, out)).rejects.toThrow(why)
})

it('tells every message, fault and connection when it is wanted', async () => {
  const faults = file('faults.yaml', '- fault: { kind: silent }\n')
  running = await runCardHost({ faults, verbose: true }, out, { timers: TIMERS })
  const client = await HostClient.signedOn(running.cardHost)
  await client.codeOf('0200', pairOf('000001')[0], 30)
  client.end()
  expect(printed.map((line) => line.event)).toEqual([
    'card-host-ready',
    'opened',
    'request',
    'answer',
    'request',
    'fault',
  ])
  expect(JSON.stringify(printed)).not.toContain(CARD.slice(0, 6))
})

it('takes a changed fault file while it runs, and keeps the old when it is broken', async () => {
  const faults = file('faults.yaml', '')
  running = await runCardHost({ faults }, out, { timers: TIMERS })
  const client = await HostClient.signedOn(running.cardHost)
  expect(await client.codeOf('0200', pairOf('000001')[0])).toBe('00')
  file('faults.yaml', '- fault: { kind: decline, rc: "75" }\n')
  await expect
    .poll(() => printed.at(-1), { timeout: 3_000 })
    .toMatchObject({
      event: 'faults-changed',
      faults: 1,
    })
  expect(await client.codeOf('0200', pairOf('000002')[0])).toBe('75')
  file('faults.yaml', '- fault: { kind: declined }\n')
  await expect
    .poll(() => printed.at(-1), { timeout: 3_000 })
    .toMatchObject({
      event: 'faults-unchanged',
      code: 'CARD_HOST_BAD_FAULTS',
    })
  expect(await client.codeOf('0200', pairOf('000003')[0])).toBe('75')
  client.end()
})

it.each([
  [{ port: '70000' }, 'CARD_HOST_BAD_OPTION'],
  [{ dialect: 'iso93' }, 'CARD_HOST_BAD_OPTION'],
  [{ faults: '/nowhere/faults.json' }, 'CARD_HOST_BAD_FAULTS'],
  [{ accounts: '/nowhere/accounts.json' }, 'CARD_HOST_BAD_ACCOUNTS'],
])('refuses %o', async (options, code) => {
  await expect(runCardHost(options, out)).rejects.toMatchObject({ code, hint: expect.any(String) })
})

it('a scripted crash ends the process with 137 between debit and answer', async () => {
  const ledger = join(directory, 'ledger.ndjson')
  const faults = file('faults.json', '[{"fault": {"kind": "act-then-crash"}}]')
  const program = `
    import { runCardHost } from './card-host/command.ts'
    runCardHost(${JSON.stringify({ ledger, faults })}, (line) => console.log(line))
  `
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program])
  const exited = once(child, 'exit')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { port } = JSON.parse(line.toString()) as { port: number }
  const client = await HostClient.connect(port)
  await client.ask('0800', { 7: '1122054400', 11: '004100', 70: '001' })
  const [first] = pairOf('000001')
  expect(await client.codeOf('0200', first, 5_000)).toBe('closed')
  expect(await exited).toEqual([137, null])

  const after = await startForTest({ ledgerFile: ledger })
  expect(after.netDebits()).toMatchObject([{ stan: '000001', fault: 'act-then-crash' }])
  await after.stop()
})

it('refuses TLS that is not whole', async () => {
  const options = { tlsCert: file('host.pem', 'none'), tlsKey: file('host.key', 'none') }
  await expect(runCardHost(options, out)).rejects.toMatchObject({ code: 'CARD_HOST_BAD_OPTION' })
  const ca = { tlsClientCa: join(directory, 'nowhere') }
  await expect(runCardHost(ca, out)).rejects.toThrow('cannot read')
})

it('changes keys at no interval when it is told 0 minutes, and waits for nothing after its stop', async () => {
  const zoneKeyFile = file('zone.key', `scheme aes\nkey ${ZMK.aes}\n`)
  chmodSync(zoneKeyFile, 0o600)
  const time = new VirtualTime()
  running = await runCardHost({ zoneKeyFile, keyChangeMinutes: '0' }, out, { timers: time })
  expect(time.pending).toBe(0)
  await running.stop()
  running = await runCardHost({ faults: file('faults.yaml', '') }, out, { timers: time })
  expect(time.pending).toBe(1)
  await running.stop()
  expect(time.pending).toBe(0)
})

it('takes a changed fault file once, so that its rules count on', async () => {
  const faults = file('faults.yaml', '')
  const time = new VirtualTime(TIMERS.wallMs())
  running = await runCardHost({ faults }, out, { timers: time })
  const client = await HostClient.signedOn(running.cardHost)
  file('faults.yaml', '- { times: 1, fault: { kind: decline, rc: "75" } }\n')
  const codes: string[] = []
  for (const stan of ['000001', '000002', '000003']) {
    time.advance(500)
    codes.push(await client.codeOf('0200', pairOf(stan)[0]))
  }
  client.end()
  expect(codes).toEqual(['75', '00', '00'])
  expect(printed.filter(({ event }) => event === 'faults-changed')).toHaveLength(1)
})

it.each([
  [{ answerDe15: true }, { 15: true, 90: false }],
  [{ answerDe90: true }, { 15: false, 90: true }],
])('answers with the field that it is told to, and no other: %j', async (options, has) => {
  running = await runCardHost(options, out, { timers: TIMERS })
  const client = await HostClient.signedOn(running.cardHost)
  const [sold, undone] = [
    await client.ask('0200', purchase()),
    await client.ask('0420', reversal()),
  ]
  client.end()
  expect({ 15: sold.has(15), 90: undone.has(90) }).toEqual(has)
})

it.each([
  [{}, '91'],
  [{ notSignedOnRc: '58' }, '58'],
  [{ signOn: 'none' }, '00'],
])('asks for a sign-on as it is told: %j', async (options, code) => {
  running = await runCardHost(options, out, { timers: TIMERS })
  const client = await HostClient.connect(running.cardHost.port)
  expect(await client.codeOf('0200', purchase())).toBe(code)
  client.end()
})

it.each([
  [{}, '94'],
  [{ forgetReversals: true }, '00'],
])('remembers a reversal that came first, unless told not to: %j', async (options, code) => {
  running = await runCardHost(options, out, { timers: TIMERS })
  const client = await HostClient.signedOn(running.cardHost)
  expect(await client.codeOf('0420', reversal())).toBe('25')
  expect(await client.codeOf('0200', purchase())).toBe(code)
  client.end()
})

it('throws its dice by the seed', async () => {
  const faults = file('faults.yaml', '- { probability: 0.5, fault: { kind: decline, rc: "75" } }\n')
  const codesOf = async (seed: string): Promise<string> => {
    const made = await runCardHost({ faults, seed }, out, { timers: TIMERS })
    const client = await HostClient.signedOn(made.cardHost)
    const codes: string[] = []
    for (let stan = 100_000; stan < 100_024; stan++) {
      codes.push(await client.codeOf('0200', pairOf(String(stan))[0]))
    }
    client.end()
    await made.stop()
    return codes.join()
  }
  expect(await codesOf('7')).toBe(await codesOf('7'))
  expect(await codesOf('7')).not.toBe(await codesOf('8'))
})

it('a port or a ledger that is not to be had is an option that is wrong', async () => {
  running = await runCardHost({}, out, { timers: TIMERS })
  const { port } = running.cardHost
  const code = 'CARD_HOST_BAD_OPTION'
  await expect(runCardHost({ port: `${port}` }, out, { timers: TIMERS })).rejects.toMatchObject({
    ...{ code, message: `port ${port} is taken`, hint: expect.any(String) },
  })
  const ledger = join(directory, 'none', 'ledger')
  await expect(runCardHost({ ledger }, out, { timers: TIMERS })).rejects.toMatchObject({
    ...{ code, message: expect.stringMatching(/none\/ledger\S* cannot be opened \(ENOENT\)$/) },
  })
})
