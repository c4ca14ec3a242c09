// `evs replay FILE` before a switch that the test plays over real connections: which exit code says
// what, and what is played of a file that is damaged.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { swapTpdu } from '../../protocol/link/framing.ts'
import { type Listener, listen } from '../../protocol/link/listener.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import { replyMti } from '../../protocol/message/mti.ts'
import { runReplay } from '../../replay/command.ts'
import type { PlayOptions } from '../../replay/play-options.ts'
import type { Report } from '../../replay/report.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-replay-command-'))
const DIALECT = DIALECTS.iso87binary
const HEADER = { evs: 'traffic', version: 1, made: 'recorded', from: '2026-11-26T00:00:00.000Z' }
const echo = (at: number) => `{"at":${at},"t":1,"do":"echo"}\n`
const sale = (at: number, t: number) =>
  `{"at":${at},"t":${t},"do":"sale","n":1,"product":"091905","count":1,"rial":50000,"card":"a"}\n`

let door: Listener | undefined

afterEach(async () => {
  await door?.stop()
  await door?.closeAll('over')
  door = undefined
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A switch that answers with these fields; `undefined` cuts the connection. */
async function openSwitch(answer: (mti: string) => Fields | undefined): Promise<number> {
  door = await listen({
    ...{ host: '127.0.0.1', port: 0, timers: systemTimers, onError: () => undefined },
    framing: { length: 'binary2', lengthIncludesItself: false, tpdu: true, maxFrameBytes: 4_096 },
    limits: { firstFrameMs: 5_000, frameMs: 5_000, idleMs: 5_000, writeCapBytes: 65_536 },
    maxConnections: 10,
    onChannel: (channel) => ({
      frame: (body, tpdu) => {
        const request = decode(DIALECT, body)
        if (request.kind === 'rejected') throw new Error(request.reason)
        const fields = answer(request.mti)
        if (fields === undefined) return channel.close('cut')
        for (const de of [3, 4, 7, 11, 12, 13, 41, 42, 49, 70]) {
          const value = request.get(de)
          if (value !== undefined) fields[de] ??= value
        }
        channel.send(encode(DIALECT, replyMti(request.mti), fields), tpdu && swapTpdu(tpdu))
      },
      closed: () => undefined,
    }),
  })
  return door.port
}

interface Wishes extends PlayOptions {
  /** Behind the file with the lines. */
  readonly files?: readonly string[]
}

async function replay(port: number, lines: string, part = 1, more: Wishes = {}) {
  const [file, terminals] = [join(folder, 'traffic.ndjson'), join(folder, 'terminals.csv')]
  writeFileSync(file, `${JSON.stringify({ ...HEADER, part })}\n${lines}`)
  const rows = ['10000001', '10000002'].map((tid) => `${tid},000000000100001,none\n`)
  writeFileSync(terminals, `tid,mid,scheme\n${rows.join('')}`)
  let [stdout, stderr] = ['', '']
  const out = {
    stdout: (text: string) => {
      stdout += text
    },
    stderr: (text: string) => {
      stderr += text
    },
    isTTY: false,
  }
  const { files = [], ...others } = more
  const options = { port: String(port), terminals, timeout: '2', json: true, ...others }
  const world = { out, interrupted: new Promise<void>(() => undefined) }
  const code = await runReplay([file, ...files], options, world)
  return { code, stderr, report: JSON.parse(stdout || '{}') as Report }
}

it('exits with 0 when nothing was lost, also when there was nothing to sell', async () => {
  const port = await openSwitch(() => ({ 39: '51' }))
  expect(await replay(port, echo(0))).toMatchObject({ code: 0, report: { sales: { sent: 0 } } })
  const declined = await replay(port, sale(0, 1))
  expect([declined.code, declined.report.sales.declined]).toEqual([0, { 51: 1 }])
})

it('exits with 4 when nothing could be sent at all', async () => {
  const port = await openSwitch(() => ({ 39: '51' }))
  await door?.stop()
  const { code, report } = await replay(port, sale(0, 1))
  expect([code, report.sales.sent, report.sales.notSent]).toEqual([4, 0, 1])
})

it('exits with 3 when a part could not be sent', async () => {
  const port = await openSwitch(() => {
    void door?.stop()
    return { 39: '51' }
  })
  const { code, report } = await replay(port, sale(0, 1) + sale(300, 2))
  expect([code, report.sales.sent, report.sales.notSent, report.ok]).toEqual([3, 1, 1, true])
})

it('exits with 3 when records of terminals beyond the list were left out', async () => {
  const port = await openSwitch(() => ({ 39: '51' }))
  const some = await replay(port, sale(0, 1) + sale(1, 3))
  expect([some.code, some.report.records.leftOut, some.report.ok]).toEqual([3, 1, true])
  const all = await replay(port, sale(0, 3) + sale(1, 4))
  expect([all.code, all.report.records, all.report.sales.sent]).toEqual([
    ...[3, { played: 0, leftOut: 2, dropped: 0 }, 0],
  ])
})

it('exits with 3 when a part of the recording is missing, and says so', async () => {
  const port = await openSwitch(() => ({ 39: '51' }))
  const { code, report, stderr } = await replay(port, sale(0, 1), 2)
  expect([code, report.sales.sent, report.ok]).toEqual([3, 1, true])
  expect(stderr).toContain('traffic.ndjson, line 1: part 1 is missing')
})

it('sends nothing when it was told wrongly, and throws what is wrong with a hint', async () => {
  const port = await openSwitch(() => {
    throw new Error('something was sent')
  })
  const wrong = replay(port, sale(0, 1), 1, { speed: '0' })
  const hint = expect.stringContaining('evs replay --help')
  await expect(wrong).rejects.toMatchObject({ message: '--speed: a number above 0 expected', hint })
})

it('sends nothing when a later file is not there, or is none of the recording', async () => {
  const port = await openSwitch(() => {
    throw new Error('something was sent')
  })
  const foreign = join(folder, 'foreign.ndjson')
  writeFileSync(
    foreign,
    `${JSON.stringify({ ...HEADER, part: 2, from: '2026-11-27T00:00:00.000Z' })}\n`,
  )
  const missing = join(folder, 'mispelt.ndjson')
  for (const [file, why] of [
    [missing, `${missing}: it cannot be read (ENOENT)`],
    [foreign, `${foreign}, line 1: it belongs to another recording`],
    [folder, `${folder}: it cannot be read (EISDIR)`],
  ] as const) {
    const refused = replay(port, sale(0, 1), 1, { files: [file] })
    await expect(refused).rejects.toMatchObject({ message: why, hint: expect.any(String) })
  }
})

it('exits with 1 on a damaged file, after it has played what stands before', async () => {
  const port = await openSwitch(() => ({ 39: '51' }))
  const { code, report, stderr } = await replay(port, `${sale(0, 1)}what\n${sale(5, 2)}`)
  expect([code, report.sales.sent, report.interrupted]).toEqual([1, 1, true])
  expect(stderr).toContain('line 3: no JSON object')
})

it('exits with 1 when a sale is neither answered nor reversed', async () => {
  const port = await openSwitch((mti) => (mti === '0800' ? { 39: '00' } : undefined))
  const { code, report } = await replay(port, sale(0, 1))
  expect([code, report.ok, report.lost, report.sales.unanswered]).toEqual([1, false, 1, 1])
  expect(report.findings.map(({ fault }) => fault)).toEqual(['neither answered nor reversed'])
}, 60_000)
