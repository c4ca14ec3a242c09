// Listeners of a real switch as their settings say: the length header of each, and how long the
// connection of a terminal, and that of an institution, may be silent. No card host is there.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Framing, frame } from '../../protocol/link/framing.ts'
import { until } from '../../switch/demo/scenes.ts'
import { SwitchProcess } from '../../switch/demo/switch-process.ts'
import { init } from '../../switch/init.ts'
import { freePort } from '../free-port.ts'
import { readMessage, writeMessage } from '../simulation/wire/codec.ts'
import { saleFields } from '../simulation/wire/framed.ts'
import { addShop, adminOf } from '../trial-shop.ts'
import { EVS } from './small-shop.ts'

const MID = '000000000100001'
const TID = '10000001'
const OF_POS = { length: 'ascii4', lengthIncludesItself: true } as const
const OF_BANK = { length: 'bcd2', lengthIncludesItself: false } as const
/** In clear text, or as digits. */
const HEADER = { pos: 4, bank: 2 }

const folder = mkdtempSync(join(tmpdir(), 'evs-listeners-'))
let running: SwitchProcess
const sockets: Socket[] = []

const listeners = [
  { name: 'pos', kind: 'terminal', port: 0, insecure: true, tpdu: false, ...OF_POS },
  { name: 'bank', kind: 'institution', port: 0, insecure: true, ...OF_BANK },
]
const timeouts = { cardHostMs: 500, switchTotalMs: 600, terminalAdvisedMs: 800, idleMs: 2_000 }

beforeAll(async () => {
  const { config } = await init({ dir: folder })
  const cardHosts = [{ name: 'nobody', port: await freePort(), acquirerId: '581000' }]
  const limits = { ballastBytes: 65_536 }
  const settings = { listeners, cardHosts, limits }
  const frames = { firstFrameMs: 2_000, frameMs: 2_000 }
  writeFileSync(config, JSON.stringify({ ...settings, timeouts: { ...timeouts, ...frames } }))
  running = new SwitchProcess(config, join(folder, 'switch.log'), {}, [...EVS])
  await running.start()
  await addShop(adminOf(running, 'ali'), { mid: MID, name: 'SHOP', tids: [TID] })
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await running.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A connection of the terminal, which asks for an echo and tells how it is answered. */
function terminal(name: 'pos' | 'bank', own: Pick<Framing, 'length' | 'lengthIncludesItself'>) {
  const socket = connect({ host: '127.0.0.1', port: running.port(name) ?? 0, noDelay: true })
  sockets.push(socket)
  let open = true
  let stan = 0
  socket.on('error', () => undefined)
  socket.on('close', () => {
    open = false
  })
  const echo = async () => {
    const sale = saleFields({ tid: TID, mid: MID, stan: ++stan, localMs: Date.now() })
    const fields: Record<number, string> = { 3: '990000', 24: '001' }
    for (const de of [7, 11, 12, 13, 41, 42]) fields[de] = sale[de] ?? ''
    const framing = { ...own, tpdu: false, maxFrameBytes: 4_096 }
    const answer = new Promise<Buffer>((resolve) => {
      socket.once('data', resolve).once('close', () => resolve(Buffer.alloc(0)))
    })
    socket.write(frame(framing, writeMessage('binary', { mti: '0800', fields })))
    const answered = await answer
    const body = answered.subarray(HEADER[name])
    expect(answered).toEqual(frame(framing, body))
    return readMessage('binary', body).fields[39]
  }
  return { echo, isOpen: () => open }
}

it('has the length header of each, and of silent connections ends those of terminals', async () => {
  const [pos, bank] = [terminal('pos', OF_POS), terminal('bank', OF_BANK)]
  expect([await pos.echo(), await bank.echo()]).toEqual(['00', '00'])
  await until('the end of the silent terminal', () => !pos.isOpen())
  expect(await bank.echo()).toBe('00')
})
