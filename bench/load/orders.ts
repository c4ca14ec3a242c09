// What the benchmark asks of its load process, and what that answers; plain data, because it
// crosses from one process to another.

import type { Waits } from './percentiles.ts'

/** The terminals of one shop; `parts` are the printed parts of their master keys. */
export interface FleetOrder {
  readonly name: string
  readonly mid: string
  readonly tids: readonly string[]
  /** Where they log on. */
  readonly port: number
  readonly parts?: readonly (readonly string[])[]
}

export interface HostOrder {
  readonly name: string
  /** Parts of the zone master key; left out: a link without keys. */
  readonly parts?: readonly string[]
}

export interface RunOrder {
  /** Whose frames are sent, whoever serves them. */
  readonly fleet: string
  readonly port: number
  /** Left out: 127.0.0.1. */
  readonly host?: string
  readonly tls?: boolean
  /** The port is not the switch's own: what comes back is no sale of its books. */
  readonly isRelayed?: boolean
  /** Whose processor time is counted. */
  readonly pid?: number
  readonly connections: number
  readonly seconds: number
}

export interface OpenRunOrder extends RunOrder {
  readonly perSecond: number
  /** The generator's: it may ask for the time without a pause, and is never late. */
  readonly hasOwnCore?: boolean
}

export interface RunReport {
  readonly sales: number
  /** All of the run, with those before and after what is counted: so many vouchers it took. */
  readonly approved: number
  /** Answered otherwise than approved, or not at all. */
  readonly failed: number
  readonly perSecond: number
  /** Of all threads of the server, for each sale. */
  readonly cpuMicros: number
  /** Sent towards the disk, for each sale. */
  readonly pagesPerSale: number
  /** Of one core each: whichever is at 1 is what the rate was limited by. */
  readonly serverCpuShare: number
  readonly generatorCpuShare: number
}

export interface VisitReport {
  readonly visits: number
  /** Those before and after what is counted included. */
  readonly approved: number
  readonly failed: number
  /** Of the visits with TLS, how many resumed a session. */
  readonly resumed: number
  readonly perSecond: number
  /** Of all threads of the server, for each visit. */
  readonly cpuMicros: number
  readonly serverCpuShare: number
  readonly generatorCpuShare: number
}

export interface OpenReport extends RunReport {
  readonly waits: Waits
  readonly latenessP99Ms: number
}

export interface DrainReport {
  readonly reversals: number
  readonly seconds: number
  readonly perSecond: number
  /** The last 0420, for the yardstick. */
  readonly sample: Uint8Array
  readonly hostPort: number
}

export type Order =
  | { readonly do: 'host'; readonly host: HostOrder }
  | { readonly do: 'zone'; readonly host: HostOrder }
  | { readonly do: 'fleet'; readonly fleet: FleetOrder }
  | { readonly do: 'ports' }
  | { readonly do: 'closed'; readonly run: RunOrder }
  | { readonly do: 'open'; readonly run: OpenRunOrder }
  /** Sells until the switch is killed, and repeats afterwards what was not answered. */
  | { readonly do: 'cut'; readonly run: RunOrder }
  | { readonly do: 'repeat'; readonly run: RunOrder }
  /** So many sales without an answer of the host, which is silent from then on. */
  | { readonly do: 'lose'; readonly run: RunOrder; readonly sales: number }
  /** The silent host answers again, until so many reversals have reached it. */
  | { readonly do: 'drain'; readonly fleet: string; readonly reversals: number }
  /** Each line connects for one sale; or at a bare server for none. */
  | { readonly do: 'visits'; readonly run: RunOrder; readonly isBare: boolean }
  | { readonly do: 'books'; readonly fleet: string; readonly file: string }

/** Of each order, by its name. */
export interface Answers {
  readonly host: { readonly port: number }
  readonly zone: Record<string, never>
  readonly fleet: Record<string, never>
  /** Of the host for relays. */
  readonly ports: { readonly relay: number }
  readonly closed: RunReport
  readonly open: OpenReport
  readonly cut: { readonly sales: number }
  readonly repeat: { readonly owed: number; readonly sold: number }
  readonly lose: { readonly lost: number }
  readonly drain: DrainReport
  readonly visits: VisitReport
  readonly books: { readonly receipts: number; readonly debits: number }
}
