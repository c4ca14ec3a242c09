// What a card host may send: a signed-on session over a channel in memory is given any frame. It
// never throws, answers a request once and drops the rest, closes at the fifth bad frame, and no
// answer is taken for an approval unless a second reader finds RC 00 and the amount asked for.

import { judgePurchase, judgeReversal } from '../../../card-gateway/answer.ts'
import { Session } from '../../../card-gateway/session.ts'
import { Traces } from '../../../card-gateway/traces.ts'
import { ZoneKeys } from '../../../card-gateway/zone-keys.ts'
import type { Channel } from '../../../protocol/link/channel.ts'
import { decode } from '../../../protocol/message/decode.ts'
import { DIALECTS } from '../../../protocol/message/dialect.ts'
import { encode } from '../../../protocol/message/encode.ts'
import { isRequest } from '../../../protocol/message/mti.ts'
import type { Stan } from '../../../protocol/values/identifiers.ts'
import { toRial } from '../../../protocol/values/rial.ts'
import type { StanSource } from '../../../switch/core/counters.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { goldenBodies, seedOf } from '../golden-seeds.ts'
import { readSecond } from '../second-decoder.ts'
import { type FuzzTarget, Mismatch, type OpenTarget, type Outcome } from '../target.ts'

const DIALECT = DIALECTS.iso87ascii
const ASKED = toRial(50_000)
const BAD_FRAMES_MOST = 5
const PROFILE = {
  approvedCodes: ['00'],
  definiteDeclines: ['05', '14', '51', '54', '55', '61'],
  signOn: true,
  lateApproval: 'repeat',
} as const

export const HOST_REPLIES_TARGET: FuzzTarget = {
  name: 'host-replies',
  weight: 20,
  sliceRuns: 400_000,
  mostBytes: 2_048,
  floorBytes: 131_072,
  words: ['0210', '0430', '0800', '0810', '00', '10', '000000050000', '301', '001', '002'],
  open: openHostReplies,
}

function openHostReplies(): OpenTarget {
  let rig = new Rig()
  const answers = ['00', '10', '51', '91', '68'].flatMap((code) =>
    ['0210', '0430'].map((mti) => {
      const trace = { 7: '1122060000', 11: '000001', 15: '1122', 41: '10000001' }
      const fields = { 3: '000000', 4: '000000050000', ...trace, 38: '004711', 39: code }
      return seedOf(DIALECT, encode(DIALECT, mti, fields))
    }),
  )
  const network = ['001', '002', '301', '101'].map((code) =>
    seedOf(DIALECT, encode(DIALECT, '0800', { 7: '1122060000', 11: '000001', 70: code })),
  )
  return {
    seeds: [...answers, ...network, ...goldenBodies(DIALECT)],
    run: (input) => {
      if (!rig.fresh) rig = new Rig()
      return rig.given(input)
    },
  }
}

function giveUp(error: unknown): never {
  throw error
}

class Rig {
  readonly #time = new VirtualTime()
  readonly #sent: Buffer[] = []
  readonly #session: Session
  #frames = 0
  #dropped = 0
  #bad = 0
  #closed = ''
  #judged = ''

  constructor() {
    let stan = 0
    const stans = {
      next: () => String(++stan % 1_000_000).padStart(6, '0') as Stan,
      close: () => undefined,
      reopen: () => undefined,
    } as unknown as StanSource
    this.#session = new Session(this.#channel(), {
      ...{ dialect: DIALECT, signOn: true, traces: new Traces(stans, this.#time) },
      timers: this.#time,
      timeouts: TIMEOUTS,
      limits: { ...LIMITS, badFramesPerConnection: BAD_FRAMES_MOST },
      keys: new ZoneKeys('bank', 'none', undefined),
      keysChanged: () => undefined,
      onError: giveUp,
      ...{ ready: () => undefined, signedOff: () => undefined, closed: () => undefined },
      reply: (reply) => {
        const purchase = judgePurchase(PROFILE, ASKED, reply)
        this.#judged = `${purchase.kind} ${judgeReversal(reply).kind}`
        if (purchase.kind === 'approved' && reply.kind !== 'message') {
          throw new Mismatch('an unreadable answer is an approval')
        }
        return reply.kind === 'message'
      },
      count: () => undefined,
    })
    this.#session.start()
    const asked = decode(DIALECT, this.#sent[0] ?? Buffer.alloc(0))
    if (asked.kind === 'rejected') throw new Mismatch('our own sign-on is unreadable')
    const trace = { 7: asked.get(7) ?? '', 11: asked.get(11) ?? '', 70: '001' }
    this.#session.handlers.frame(encode(DIALECT, '0810', { ...trace, 39: '00' }), undefined)
    if (!this.#session.ready) throw new Mismatch('not signed on')
  }

  get fresh(): boolean {
    return this.#closed === '' && this.#frames < 200
  }

  given(input: Buffer): Outcome {
    this.#frames += 1
    this.#judged = ''
    const [sent, dropped] = [this.#sent.length, this.#dropped]
    this.#session.handlers.frame(input, undefined)
    const replies = this.#sent.length - sent
    const drops = this.#dropped - dropped
    const second = readSecond(DIALECT, input)
    this.#check(second, replies, drops)
    if (this.#frames % 50 === 0) this.#time.advance(40_000)
    return `${second.mti} ${second.wrongAt === undefined} ${replies} ${drops} ${this.#judged}`
  }

  #check(second: ReturnType<typeof readSecond>, replies: number, drops: number): void {
    const { mti, wrongAt, fields } = second
    const readable = mti !== undefined && wrongAt !== 'bitmap'
    const answered = readable && isRequest(mti)
    const known = wrongAt === undefined && ['0210', '0430', '0810'].includes(mti ?? '')
    // A sign-on of the host may bring our own, beside the answer.
    if (answered ? replies < 1 || replies > 2 : replies !== 0) throw new Mismatch('answers')
    if (drops !== (answered || known ? 0 : 1)) throw new Mismatch('frames dropped')
    this.#bad += drops
    if (this.#bad >= BAD_FRAMES_MOST !== this.#closed.includes('unreadable')) {
      throw new Mismatch('closed too early or too late')
    }
    const approval =
      known && mti === '0210' && fields.get(39) === '00' && fields.get(4) === '000000050000'
    const taken = mti === '0210' && this.#judged.startsWith('approved')
    if (approval !== taken) throw new Mismatch('an approval that is none, or none that is one')
    for (const body of this.#sent.splice(0)) {
      if (readSecond(DIALECT, body).wrongAt !== undefined) throw new Mismatch('our own bytes')
    }
  }

  #channel(): Channel {
    const isOpen = () => this.#closed === ''
    return {
      ...{ id: 1, remote: 'memory' },
      get open() {
        return isOpen()
      },
      send: (body) => {
        if (!isOpen()) return false
        this.#sent.push(Buffer.from(body))
        return true
      },
      close: (reason) => {
        if (isOpen()) this.#closed = reason
      },
      dropped: () => {
        this.#dropped += 1
      },
    }
  }
}

const TIMEOUTS = {
  ...{ cardHostMs: 25_000, frameMs: 5_000, connectMs: 5_000, echoAfterMs: 30_000 },
  ...{ echoAnswerMs: 5_000, dialBackoffFirstMs: 1_000, dialBackoffMaxMs: 60_000 },
}
const LIMITS = {
  ...{ frameBytes: 4_096, missedEchoes: 2, wrongMacsOfCardHost: 10 },
  ...{ inFlightSales: 100, reversalsInParallel: 20 },
}
