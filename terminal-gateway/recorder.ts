// Writes down what terminals ask, as lines that can be played against another switch: a sale, its
// repeat, its reversal, never the message itself. Terminals are counted in the order in which they
// appear, cards get a name under a key that ends with the recording, and nothing else of a message
// is looked at than what the format has a field for. [docs/replay.md]
//
// It answers nobody and holds up nothing: lines go to a port that takes them or has ended, and
// whatever goes wrong here ends the recording and no message.

import type { Timers } from '../protocol/link/timers.ts'
import type { Message } from '../protocol/message/message.ts'
import { HOW, recordLine, type TrafficRecord } from '../protocol/traffic/traffic-record.ts'
import { isReason } from '../protocol/values/reason.ts'
import type { CloseReason } from './close-reason.ts'
import { amountOf, cardOf, orderOf } from './request-fields.ts'

/** Where lines go. */
export interface TrafficSink {
  /** False once it has ended. */
  write(line: string): boolean
  /** A bug of the recorder. */
  failed(error: unknown): void
}

/** One connection of a listener, as it is recorded. */
export interface RecordedConnection {
  /** Of a known terminal, with a right MAC where it has keys; a logon has none. */
  message(terminal: number, message: Message): void
  closed(why: CloseReason): void
}

export interface RecorderOptions {
  readonly timers: Timers
  readonly sink: TrafficSink
  /** Under a key of this recording alone; 0-9 and a-z. */
  readonly nameCard: (digits: string) => string
}

/** A terminal repeats and reverses its newest sale, and confirms one that is hardly older. */
const SALES_KEPT = 4

interface Recorded {
  readonly t: number
  sales: number
  /** STAN, time and date of the newest sales, the last one last. */
  newest: string[]
  /** Who speaks on the connection on which it spoke last; what ends before that one is old. */
  speakers: Set<Recorded> | undefined
  /** The other end of its connection, which a gateway may have kept. */
  keptAt: string | undefined
}

type Unplaced<Row> = Row extends TrafficRecord ? Omit<Row, 'at' | 't'> : never
type Doing = Unplaced<TrafficRecord>

const SALE = '150000'

/** Of a connection at a gateway, which may go on with its next frame. */
const KEPT: ReadonlySet<CloseReason> = new Set(['resting', 'the link of its gateway ended'])

export class Recorder {
  readonly #options: RecorderOptions
  readonly #beganMs: number
  #terminals: Map<number, Recorded> | undefined = new Map()

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#beganMs = options.timers.monotonicMs()
  }

  /** `isTerminals`: it is no line of an institution, so its opening and closing are told too. */
  connection(isTerminals: boolean, remote: string): RecordedConnection {
    const speakers = new Set<Recorded>()
    return {
      message: (key, message) => {
        this.#guarded(() => {
          const terminal = this.#terminal(key)
          if (isTerminals) this.#speaks(terminal, speakers, remote)
          const doing = this.#doingOf(terminal, message)
          if (doing !== undefined) this.#put(terminal, doing)
        })
      },
      closed: (why) => {
        this.#guarded(() => {
          for (const speaker of speakers) {
            // It has come back on another connection, before this one was known to be gone.
            if (speaker.speakers !== speakers) continue
            speaker.speakers = undefined
            if (KEPT.has(why)) speaker.keptAt = remote
            else this.#put(speaker, { do: 'close' })
          }
        })
      },
    }
  }

  #speaks(terminal: Recorded, speakers: Set<Recorded>, remote: string): void {
    terminal.speakers = speakers
    const isNew = !speakers.has(terminal) && terminal.keptAt !== remote
    speakers.add(terminal)
    terminal.keptAt = undefined
    if (isNew) this.#put(terminal, { do: 'open' })
  }

  #guarded(run: () => void): void {
    if (this.#terminals === undefined) return
    try {
      run()
    } catch (error) {
      this.#terminals = undefined
      this.#options.sink.failed(error)
    }
  }

  #terminal(key: number): Recorded {
    const known = this.#terminals?.get(key)
    if (known !== undefined) return known
    const t = (this.#terminals?.size ?? 0) + 1
    const none = { sales: 0, newest: [], speakers: undefined, keptAt: undefined }
    const terminal: Recorded = { t, ...none }
    this.#terminals?.set(key, terminal)
    return terminal
  }

  #put({ t }: Recorded, doing: Doing): void {
    const at = Math.max(0, Math.floor(this.#options.timers.monotonicMs() - this.#beganMs))
    const taken = this.#options.sink.write(recordLine({ at, t, ...doing }))
    if (!taken) this.#terminals = undefined
  }

  /** Undefined: nothing that could be played. */
  #doingOf(terminal: Recorded, message: Message): Doing | undefined {
    const code = message.get(3) ?? ''
    switch (message.mti) {
      case '0200':
      case '0201':
        return code === SALE ? this.#saleOf(terminal, message) : undefined
      case '0220':
      case '0221':
        return code === SALE ? aboutSale('confirmation', terminal, identity(message)) : undefined
      case '0400':
      case '0401':
      case '0420':
      case '0421':
        return code === SALE ? aboutSale('reversal', terminal, identity(message)) : undefined
      case '0100':
      case '0101':
        if (code === '330000') return aboutSale('inquiry', terminal, message.get(48) ?? '')
        return code === '390000' ? this.#reprintOf(message) : undefined
      case '0500':
      case '0501':
        return { do: 'end-of-day' }
      case '0800':
      case '0801':
        return networkDoing(code)
      default:
        return undefined
    }
  }

  /** A repeat whose original never came is the sale itself. */
  #saleOf(terminal: Recorded, message: Message): Doing | undefined {
    const own = identity(message)
    if (terminal.newest.includes(own)) return aboutSale('repeat', terminal, own)
    const amount = amountOf(message)
    const order = orderOf(message.get(48) ?? '')
    const card = cardOf(message)
    if (isReason(amount) || isReason(order) || isReason(card)) return undefined
    terminal.sales += 1
    terminal.newest.push(own)
    if (terminal.newest.length > SALES_KEPT) terminal.newest.shift()
    const how = howOf(message)
    return {
      do: 'sale',
      n: terminal.sales,
      product: order.product,
      count: order.count,
      rial: amount,
      card: this.#options.nameCard(card.digits),
      ...(how === '' ? {} : { how }),
    }
  }

  #reprintOf(message: Message): Doing | undefined {
    const card = cardOf(message)
    if (isReason(card)) return undefined
    return { do: 'reprint', card: this.#options.nameCard(card.digits) }
  }
}

function networkDoing(code: string): Doing | undefined {
  if (code === '920000') return { do: 'logon' }
  if (code === '930000') return { do: 'initialise' }
  return code === '990000' ? { do: 'echo' } : undefined
}

/** STAN n6, time n6, date n4: also what DE 48 of an inquiry is. */
function identity(message: Message): string {
  return `${message.get(11)}${message.get(12)}${message.get(13)}`
}

function aboutSale(
  doing: 'repeat' | 'confirmation' | 'reversal' | 'inquiry',
  { sales, newest }: Recorded,
  original: string,
): Doing {
  const place = newest.lastIndexOf(original)
  return place < 0 ? { do: doing } : { do: doing, of: sales - newest.length + 1 + place }
}

function howOf(message: Message): string {
  const keyed = message.get(35) ? '' : HOW.keyed
  const withPin = message.has(52) || message.get(61) ? HOW.withPin : ''
  return keyed + withPin + (message.get(25) === '43' ? HOW.atKiosk : '')
}
