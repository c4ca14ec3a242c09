// A terminal's connection to a whole small switch (core, store, vault, ledger, in memory and on
// virtual time): any frame is answered as a second reader of the message says, or dropped; the
// fifth bad frame closes; and an honest client is served all the while.

import type { Channel, ChannelHandlers } from '../../../protocol/link/channel.ts'
import { DIALECTS } from '../../../protocol/message/dialect.ts'
import { encode } from '../../../protocol/message/encode.ts'
import { isRequest, replyMti } from '../../../protocol/message/mti.ts'
import { openSession } from '../../../terminal-gateway/session.ts'
import { adviceFields, inquiryFields } from '../../switch/core/story-terminal.ts'
import { code, Story } from '../../switch/core/story-world.ts'
import { goldenBodies, seedOf } from '../golden-seeds.ts'
import { readSecond, type SecondReading } from '../second-decoder.ts'
import { type FuzzTarget, Mismatch, type OpenTarget, type Outcome, type Seed } from '../target.ts'

const DIALECT = DIALECTS.iso87binary
const TPDU = Buffer.from('6000010002', 'hex')
const BAD_FRAMES_MOST = 5
/** A sale lasts as long as its card host takes; so long an answer may be waited for. */
const PATIENCE_MS = 60_000
const FRAMES_MOST = 12
/** Who is unknown, blocked or without keys is told so, and needed nothing to ask. */
const REFUSALS = new Set(['03', '30', '58', '63', '97'])
/** A world grows with its sales: it ends after so many frames. */
const WORLD_FRAMES = 3_000
const HONEST_EVERY = 100

export const SESSION_TARGET: FuzzTarget = {
  name: 'session',
  weight: 2,
  sliceRuns: 30_000,
  mostBytes: 1_024,
  floorBytes: 1_048_576,
  words: [
    '\x02\x00',
    '\x02\x01',
    '\x04\x00',
    '\x02\x20',
    '\x01\x00',
    '\x05\x00',
    '\x08\x00',
    '091905 01',
  ],
  open: openSessions,
}

async function openSessions(): Promise<OpenTarget> {
  let rig = await Rig.begin()
  return {
    seeds: rig.seeds(),
    run: async (input) => {
      if (rig.frames >= WORLD_FRAMES) rig = await Rig.begin()
      return rig.given(Buffer.from(input))
    },
  }
}

class Rig {
  readonly #story: Story
  readonly #sent: Buffer[] = []
  #handlers!: ChannelHandlers
  #dropped = 0
  #badFrames = 0
  #closed = false
  #sessionFrames = 0
  #stan = 500_000
  frames = 0

  private constructor(story: Story) {
    this.#story = story
    this.#connect()
  }

  static async begin(): Promise<Rig> {
    return new Rig(await Story.begin())
  }

  seeds(): Seed[] {
    const { time } = this.#story
    const sale = this.#story.sale(1)
    const messages: [string, Record<number, string>][] = [
      ...['0200', '0201'].map((mti): [string, Record<number, string>] => [mti, sale]),
      ['0200', this.#story.sale(2, { count: 2, amount: 100_000 })],
      ...['0220', '0400', '0401', '0420', '0421'].map((mti): [string, Record<number, string>] => {
        return [mti, adviceFields(time, sale)]
      }),
      ['0100', inquiryFields(time, sale, 900)],
      ['0100', { ...sale, 3: '390000' }],
      ['0500', this.#story.dayEndFields(7, '0'.repeat(36))],
      ['0800', { ...sale, 3: '990000' }],
      ['0800', { ...sale, 3: '930000', 48: '01' }],
    ]
    const own = messages.map(([mti, fields]) => seedOf(DIALECT, encode(DIALECT, mti, fields)))
    return [...own, ...own, ...goldenBodies(DIALECT)]
  }

  async given(input: Buffer): Promise<Outcome> {
    this.frames += 1
    if (this.#closed || this.#sessionFrames >= FRAMES_MOST) this.#connect()
    this.#sessionFrames += 1
    const dropped = this.#dropped
    const second = readSecond(DIALECT, input)
    this.#handlers.frame(input, TPDU)
    const owed = isOwed(second)
    const { time } = this.#story
    if (owed) await time.runUntil(() => this.#sent.length > 0, PATIENCE_MS)
    await time.settle()
    const replies = this.#sent.splice(0)
    const drops = this.#dropped - dropped
    if (!owed) this.#badFrames += 1
    if (this.#closed !== this.#badFrames >= BAD_FRAMES_MOST)
      throw new Mismatch('closed at another frame')
    const responseCode = owed ? this.#checked(second, replies) : 'dropped'
    const isUnreadable = !owed || second.wrongAt !== undefined
    // What anybody can send may be answered, and earns no idle time.
    const isAnybodys = isUnreadable || REFUSALS.has(responseCode)
    if (drops > (isAnybodys ? 1 : 0)) throw new Mismatch('a message that is valid earned nothing')
    if (isUnreadable && drops === 0) throw new Mismatch('nobody can read it, and it earned time')
    if (replies.length > 0 && !owed) throw new Mismatch('an answer that is not owed')
    if (this.frames % HONEST_EVERY === 0) await this.#serveHonest()
    return `${second.mti} ${second.wrongAt} ${responseCode}`
  }

  /** One answer, readable, with its MTI, 30 for what was unreadable, and what it echoes. */
  #checked(second: SecondReading, replies: readonly Buffer[]): string {
    const [body] = replies
    if (body === undefined) throw new Mismatch('no answer')
    if (replies.length > 1) throw new Mismatch('more than one answer')
    const reply = readSecond(DIALECT, body)
    if (reply.wrongAt !== undefined) throw new Mismatch('an answer that is unreadable')
    if (reply.mti !== replyMti(second.mti ?? '')) throw new Mismatch('an answer of another MTI')
    const responseCode = reply.fields.get(39) ?? ''
    if (second.wrongAt !== undefined && responseCode !== '30') throw new Mismatch('RC 30 expected')
    if (responseCode === '96') throw new Mismatch('RC 96: our fault')
    for (const de of [3, 4, 7, 11, 12, 13, 24, 25, 41, 42, 49]) {
      // An inquiry's and a reprint's answers bring the original's amount.
      if (de === 4 && second.mti === '0100') continue
      if (reply.fields.get(de) !== second.fields.get(de)) throw new Mismatch(`DE ${de} not echoed`)
    }
    return responseCode
  }

  async #serveHonest(): Promise<void> {
    this.#stan += 1
    const sale = this.#story.sale(this.#stan, { terminal: 3 })
    const echo = await this.#story.ask('0800', { ...sale, 3: '990000' })
    if (code(echo) !== '00') throw new Mismatch('an honest echo was not answered 00')
    const sold = code(await this.#story.ask('0200', sale))
    if (!['00', '44', '61'].includes(sold ?? '')) throw new Mismatch(`an honest sale got ${sold}`)
  }

  #connect(): void {
    this.#sessionFrames = 0
    this.#dropped = 0
    this.#badFrames = 0
    this.#closed = false
    const channel: Channel = {
      ...{ id: 1, remote: 'memory', open: true },
      send: (body, tpdu, written) => {
        if (tpdu?.toString('hex') !== '6000020001') throw new Mismatch('the TPDU was not swapped')
        this.#sent.push(Buffer.from(body))
        written?.(true)
        return true
      },
      close: () => {
        this.#closed = true
      },
      dropped: () => {
        this.#dropped += 1
      },
    }
    const { gateway, listener } = this.#story.running
    this.#handlers = openSession(gateway, listener, channel)
  }
}

/** [wire-protocol 2] A request of this version whose bitmap is readable gets an answer. */
function isOwed({ mti, wrongAt }: SecondReading): boolean {
  return mti !== undefined && wrongAt !== 'bitmap' && isRequest(mti)
}
