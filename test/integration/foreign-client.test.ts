// A terminal that was not written by us: the npm package iso_8583 builds and reads the messages,
// over a TCP connection to a real listener. Its tables are its own but for the custom formats
// below.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import Iso8583, { type IsoFormat, type IsoMessage } from 'iso_8583'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ACCEPTED_LIMITS } from '../../protocol/link/channel-limits.ts'
import { type Listener, listen } from '../../protocol/link/listener.ts'
import { systemTimers } from '../../protocol/link/timers.ts'
import { DIALECTS, withHexBinary } from '../../protocol/message/dialect.ts'
import { transmissionTime } from '../../protocol/values/moment.ts'
import type { ReceiptSource } from '../../terminal-gateway/receipt-lines.ts'
import { openSession } from '../../terminal-gateway/session.ts'
import { Story } from '../switch/core/story-world.ts'

const HEX: IsoFormat = { ContentType: 'an', Label: 'Hex', LenType: 'fixed', MaxLen: 16 }
const UTF8: IsoFormat = { ContentType: 'ans', Label: 'Lines', LenType: 'lllvar', MaxLen: 999 }
const FORMATS = { '52': HEX, '64': HEX, '128': HEX, '63': UTF8 }

const RECEIPTS: ReceiptSource = {
  product: () => ({
    ...{ nameEn: 'MCI 50,000', nameFa: 'همراه اول', creditRial: 45_455, redeem: '*140*#{pin}#' },
  }),
  ...{ phone: '', footer: '' },
}

let story: Story
let listener: Listener
let socket: Socket
let received: Buffer
let errors: unknown[]
let pumping: boolean

beforeEach(async () => {
  story = await Story.begin()
  errors = []
  const gateway = { ...story.running.gateway, receipts: RECEIPTS }
  const dialect = withHexBinary(DIALECTS['iso87ascii-binary-bitmap'])
  listener = await listen({
    ...{ host: '127.0.0.1', port: 0, limits: ACCEPTED_LIMITS, timers: systemTimers },
    framing: { length: 'binary2', lengthIncludesItself: false, tpdu: false, maxFrameBytes: 4096 },
    maxConnections: 10,
    onChannel: (channel) => openSession(gateway, { ...story.running.listener, dialect }, channel),
    onError: (error) => errors.push(error),
  })
  socket = connect(listener.port, '127.0.0.1')
  received = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
  })
  await once(socket, 'connect')
  pumping = true
  void pump()
})

afterEach(async () => {
  pumping = false
  socket.destroy()
  await listener.stop()
  await listener.closeAll('the test is over')
  expect(errors).toEqual([])
})

/** Virtual time goes on while the sockets, which live in real time, wait. */
async function pump(): Promise<void> {
  while (pumping) await story.time.run(50)
}

async function frame(): Promise<Buffer> {
  for (;;) {
    const length = received.length < 2 ? Number.POSITIVE_INFINITY : received.readUInt16BE(0) + 2
    if (received.length >= length) {
      const whole = received.subarray(0, length)
      received = received.subarray(length)
      return whole
    }
    await once(socket, 'data')
  }
}

async function exchange(message: IsoMessage): Promise<IsoMessage> {
  const iso = new Iso8583(message, FORMATS)
  expect(iso.validateMessage()).toBe(true)
  const request = iso.getBufferMessage()
  if (!Buffer.isBuffer(request)) throw new Error(request.error)
  const reply = frame()
  socket.write(request)
  const read = new Iso8583({}, FORMATS).getIsoJSON(await reply, {})
  expect(read.error).toBeUndefined()
  return read
}

/** A chip sale that asks for the lines of its receipt. */
function sale(stan: number): IsoMessage {
  const fields = story.sale(stan, { status: '0201007011' })
  return { ...fields, 0: '0200', 22: '051', 55: '9F2608A1B2C3D4E5F607' }
}

function advice(mti: string, original: IsoMessage): IsoMessage {
  const fields: IsoMessage = { 0: mti, 7: transmissionTime(story.time.wallMs()) }
  for (const de of [3, 4, 11, 12, 13, 41, 42]) fields[de] = original[de] ?? ''
  return fields
}

describe('a client of the package iso_8583', () => {
  it('buys a voucher, repeats, confirms, and can no longer reverse', async () => {
    const request = sale(1)
    const sold = await exchange(request)
    expect(sold[0]).toBe('0210')
    expect(sold[39]).toBe('00')
    expect(sold[38]).toBe('004711')
    expect(sold[37]).toMatch(/^\d{12}$/)
    expect(sold[62]).toBe(`010316SN1${story.stocked.pins.get(1)}`)
    for (const de of [3, 4, 7, 11, 12, 13, 24, 25, 41, 42, 48, 49]) {
      expect([de, sold[de]]).toEqual([de, request[de]])
    }
    const again = await exchange({ ...request, 0: '0201' })
    expect([again[39], again[37], again[62]]).toEqual(['00', sold[37], sold[62]])
    expect((await exchange(advice('0220', request)))[39]).toBe('00')
    const refused = await exchange(advice('0400', request))
    expect([refused[0], refused[39]]).toEqual(['0410', '21'])
    expect(story.netDebits()).toBe(1)
  })

  it('reads the lines of its receipt in Persian', async () => {
    const lines = ((await exchange(sale(1)))[63] ?? '').split('\n')
    expect(lines).toContain('NCرسید مشتری')
    expect(lines.join()).toContain('{pin:1}')
    expect(lines.join()).not.toContain(story.stocked.pins.get(1))
  })

  it('reverses another sale, whose repeat is then refused', async () => {
    await exchange(sale(1))
    const second = sale(2)
    expect((await exchange(second))[39]).toBe('00')
    const reversed = await exchange(advice('0400', second))
    expect([reversed[0], reversed[39]]).toEqual(['0410', '00'])
    const again = await exchange({ ...second, 0: '0201' })
    expect([again[39], again[62]]).toEqual(['94', undefined])
    await story.time.run(60_000)
    expect(story.netDebits()).toBe(1)
    expect(story.count('voucher', 'state = 3')).toBe(1)
  })

  it('is answered 30 with its identity when it sends a PIN block without keys', async () => {
    const refused = await exchange({ ...sale(1), 52: '8C4421B42970E0AF' })
    expect([refused[0], refused[39], refused[11]]).toEqual(['0210', '30', '000001'])
    expect(story.ledger.debits.size).toBe(0)
  })

  it('echoes', async () => {
    const { 4: _a, 22: _e, 25: _c, 35: _t, 48: _o, 49: _u, 55: _i, 60: _s, ...rest } = sale(1)
    const reply = await exchange({ ...rest, 0: '0800', 3: '990000' })
    expect([reply[0], reply[39]]).toEqual(['0810', '00'])
  })

  it('sends several at once over one connection and gets every answer', async () => {
    const requests = [1, 2, 3].map(sale)
    const frames = requests.map((request) => {
      const bytes = new Iso8583(request, FORMATS).getBufferMessage()
      if (!Buffer.isBuffer(bytes)) throw new Error(bytes.error)
      return bytes
    })
    socket.write(Buffer.concat(frames))
    const replies = []
    while (replies.length < 3) replies.push(new Iso8583({}, FORMATS).getIsoJSON(await frame(), {}))
    expect(replies.map((reply) => reply[39])).toEqual(['00', '00', '00'])
    expect(new Set(replies.map((reply) => reply[62])).size).toBe(3)
  })
})
