// Terminal traffic as lines of a file: a header, then one JSON object for each thing that a
// terminal did. Who records, who makes up a day and who plays it all take the format from here;
// docs/replay.md is its page. [docs/replay.md, The format]
//
// There is no field in which a card number, a PIN, a key or the number of a real terminal could
// stand: terminals are counted, cards have a name of their own. Reads and writes no file.

export const TRAFFIC_VERSION = 1

export interface TrafficHeader {
  readonly evs: 'traffic'
  readonly version: typeof TRAFFIC_VERSION
  readonly made: 'recorded' | 'generated'
  /** When `at` is 0, ISO 8601. */
  readonly from: string
  /** Of a recording in several files: 1, 2, ... */
  readonly part: number
  /** Highest number of a terminal, where it is known beforehand. */
  readonly terminals?: number
}

interface Happened {
  /** Milliseconds since `from`; never goes back. */
  readonly at: number
  /** Number of the terminal, from 1. */
  readonly t: number
}

export interface SaleRecord extends Happened {
  readonly do: 'sale'
  /** Number of the sale at its terminal, from 1. */
  readonly n: number
  readonly product: string
  readonly count: number
  /** DE 4. */
  readonly rial: number
  /** The same for the same card, and says nothing else about it. */
  readonly card: string
  /** How it differs from a track 2 at a till without a PIN; a run of letters, or left out. */
  readonly how?: string
}

/** Letters of `how`. */
export const HOW = { keyed: 'k', withPin: 'p', atKiosk: 'a' } as const

/** They tell of a sale of the same terminal; without `of` it is not in the file. */
export const ABOUT_SALES = ['repeat', 'confirmation', 'reversal', 'inquiry'] as const

export interface AboutSaleRecord extends Happened {
  readonly do: (typeof ABOUT_SALES)[number]
  readonly of?: number
}

export interface ReprintRecord extends Happened {
  readonly do: 'reprint'
  readonly card: string
}

/** `open`: its next message comes on a new connection. */
export const PLAIN = ['open', 'close', 'logon', 'initialise', 'echo', 'end-of-day'] as const

export interface PlainRecord extends Happened {
  readonly do: (typeof PLAIN)[number]
}

export type TrafficRecord = SaleRecord | AboutSaleRecord | ReprintRecord | PlainRecord

export function headerLine(header: TrafficHeader): string {
  return `${JSON.stringify(header)}\n`
}

/** Every value was checked, or made, by whoever calls: nothing in it needs escaping. */
export function recordLine(record: TrafficRecord): string {
  const head = `{"at":${record.at},"t":${record.t},"do":"${record.do}"`
  switch (record.do) {
    case 'sale': {
      const { n, product, count, rial, card, how } = record
      const tail = how === undefined || how === '' ? '' : `,"how":"${how}"`
      return (
        `${head},"n":${n},"product":"${product}","count":${count},"rial":${rial},` +
        `"card":"${card}"${tail}}\n`
      )
    }
    case 'reprint':
      return `${head},"card":"${record.card}"}\n`
    case 'repeat':
    case 'confirmation':
    case 'reversal':
    case 'inquiry':
      return record.of === undefined ? `${head}}\n` : `${head},"of":${record.of}}\n`
    default:
      return `${head}}\n`
  }
}
