// The terminals of the test switch, as they are registered there, for the numbers that traffic
// knows terminals by. The list is the one that `evs terminal import` reads, and its column keyFile,
// which the import lets pass; a terminal comes to life when it is first spoken of.

import { createReadStream } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { CsvError, parse } from 'csv-parse'
import { latinDigits } from '../pos-terminal/command-options.ts'
import { readMasterKey, terminalModule } from '../pos-terminal/key-file.ts'
import { KeyedTerminal } from '../pos-terminal/keyed-terminal.ts'
import type { Connect } from '../pos-terminal/line.ts'
import { Line } from '../pos-terminal/line.ts'
import type { TerminalSettings } from '../pos-terminal/settings.ts'
import type { ReceiptPrinter } from '../pos-terminal/terminal.ts'
import { NO_KEYS } from '../pos-terminal/terminal-keys.ts'
import type { Timers } from '../protocol/link/timers.ts'
import type { Key } from '../protocol/security/security-module.ts'
import {
  type MerchantId,
  parseMerchantId,
  parseTerminalId,
  type TerminalId,
} from '../protocol/values/identifiers.ts'
import { readTitle, TERMINAL_COLUMNS } from '../protocol/values/list-title.ts'
import { isReason, type Reason, reason } from '../protocol/values/reason.ts'
import { type KeptState, LightStore } from './light-store.ts'
import { PlayedTerminal } from './played-terminal.ts'
import type { Stage } from './stage.ts'

/** A row of the list. */
export interface Registered {
  readonly tid: TerminalId
  readonly mid: MerchantId
  /** Undefined: without keys. */
  readonly master: Key | undefined
}

export interface TerminalList {
  readonly rows: readonly Registered[]
  readonly module: ReturnType<typeof terminalModule>
}

interface Columns {
  readonly tid?: string
  readonly mid?: string
  readonly scheme?: string
  readonly keyFile?: string
}

/** `keyFile`: of terminals whose row names none. Paths in the list start at its folder. */
export async function readTerminals(
  file: string,
  keyFile?: string,
): Promise<TerminalList | Reason> {
  const module = terminalModule()
  const masters = new Map<string, Key | Reason>()
  const masterOf = (path: string): Key | Reason => {
    const master = masters.get(path) ?? readMasterKey(module, path)
    masters.set(path, master)
    return master
  }
  const rows: Registered[] = []
  const numbers = new Set<string>()
  const options = { bom: true, trim: true, skip_empty_lines: true } as const
  const source = createReadStream(file)
  const table = source.pipe(parse({ ...options, columns: titleOf }))
  source.on('error', (error) => table.destroy(error))
  try {
    for await (const row of table as AsyncIterable<Columns>) {
      const own = row.keyFile === undefined || row.keyFile === '' ? undefined : row.keyFile
      const path = own === undefined ? keyFile : resolve(dirname(file), own)
      const read = registered(row, path, masterOf)
      if (isReason(read)) return reason(`${file}, terminal ${rows.length + 1}: ${read.reason}`)
      // Two terminals of one number would have two sales of one identity.
      if (numbers.size === numbers.add(`${read.mid} ${read.tid}`).size) {
        return reason(`${file}: terminal ${read.tid} of merchant ${read.mid} is there twice`)
      }
      rows.push(read)
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const isOfList = error instanceof CsvError || error instanceof TitleError
    return reason(`${file}: ${isOfList ? message : `cannot be read (${code})`}`)
  }
  return rows.length === 0 ? reason(`${file}: no terminal in it`) : { rows, module }
}

/** The way out of a parser that knows no other. */
class TitleError extends Error {}

/** As the import reads it: a list that one of both refuses is no list for the other. */
function titleOf(cells: readonly string[]): string[] {
  const title = readTitle(cells, TERMINAL_COLUMNS)
  if (!('kind' in title)) return title
  throw new TitleError(`${title.column}: ${title.message}; ${title.hint}`)
}

function registered(
  { tid = '', mid = '', scheme }: Columns,
  keyFile: string | undefined,
  masterOf: (path: string) => Key | Reason,
): Registered | Reason {
  const terminalId = parseTerminalId(latinDigits(tid))
  const merchantId = parseMerchantId(latinDigits(mid))
  if (isReason(terminalId)) return reason(`tid: ${terminalId.reason}`)
  if (isReason(merchantId)) return reason(`mid: ${merchantId.reason}`)
  if (scheme === 'none') return { tid: terminalId, mid: merchantId, master: undefined }
  if (scheme !== 'tdes' && scheme !== 'aes') return reason('scheme: none, tdes or aes expected')
  if (keyFile === undefined) return reason('a terminal with keys needs a keyFile')
  const master = masterOf(keyFile)
  if (isReason(master)) return master
  if (master.scheme === scheme) return { tid: terminalId, mid: merchantId, master }
  return reason(`its scheme is ${scheme}, and ${keyFile} has a key of ${master.scheme}`)
}

export interface FleetOptions {
  readonly list: TerminalList
  readonly stage: Stage
  readonly settings: Omit<TerminalSettings, 'terminalId' | 'merchantId' | 'serialNumber'>
  readonly timers: Timers
  readonly connect: Connect
  readonly tpdu: Buffer | undefined
  /** Terminals beyond the list are played by those of the list; else they are left out. */
  readonly isFolded: boolean
  /** Of terminals in memory as a whole; those that are quiet longest are parked. */
  readonly liveMost: number
}

const PARKING_TRIES = 64

export class TestFleet {
  readonly #options: FleetOptions
  /** In the order in which they were last spoken of, or found busy when one was to be parked. */
  readonly #live = new Map<number, PlayedTerminal>()
  readonly #kept = new Map<number, KeptState>()

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** By its number in the traffic. */
  terminal(t: number): PlayedTerminal | undefined {
    const { list, isFolded } = this.#options
    const place = isFolded ? (t - 1) % list.rows.length : t - 1
    const row = list.rows[place]
    if (row === undefined) return undefined
    const terminal = this.#live.get(place) ?? this.#come(row, this.#kept.get(place))
    this.#live.delete(place)
    this.#parkSome()
    this.#live.set(place, terminal)
    return terminal
  }

  /** Those that are not parked: among them all that owe something. */
  live(): Iterable<PlayedTerminal> {
    return this.#live.values()
  }

  get sizes(): { live: number; kept: number } {
    return { live: this.#live.size, kept: this.#kept.size }
  }

  /**
   * Makes room for one more: those that were quiet longest go, and who is not quiet makes way for
   * those that may be. What finds none is made up for later.
   */
  #parkSome(): void {
    let tries = Math.min(PARKING_TRIES, this.#live.size)
    for (const [place, terminal] of this.#live) {
      if (tries === 0 || this.#live.size < this.#options.liveMost) return
      tries -= 1
      this.#live.delete(place)
      if (terminal.isQuiet) this.#kept.set(place, terminal.park())
      else this.#live.set(place, terminal)
    }
  }

  #come({ tid, mid, master }: Registered, kept: KeptState | undefined): PlayedTerminal {
    const { list, stage, settings, timers, connect, tpdu } = this.#options
    const store = new LightStore(tid, mid, kept)
    const keys = master === undefined ? NO_KEYS : new KeyedTerminal(list.module, master, store)
    // The switch binds a terminal to the serial number of its first logon: the same in every run.
    const serialNumber = master === undefined ? undefined : `REPLAY-${tid}`
    const terminal = {
      settings: { ...settings, terminalId: tid, merchantId: mid, serialNumber },
      ...{ timers, store, keys },
      line: new Line({ connect, timers, tpdu }),
      printer: PAPER,
      warn: () => undefined,
    }
    return new PlayedTerminal(terminal, stage, master !== undefined)
  }
}

/** Nothing is printed, and it always comes out. */
const PAPER: ReceiptPrinter = { status: () => 'ready', print: async () => 'out' }
