// What the verbs need from the process and from the other rooms, as one interface: the composition
// root fills it in, a test puts its own in place. The verbs import nothing else of the product than
// the admin API's shapes and the describing of messages.

import type { AdminClient } from '../admin-api/client.ts'

export interface Output {
  write(text: string): void
  readonly isTTY: boolean
}

export interface ConfigProblem {
  readonly path: string
  readonly message: string
  readonly hint: string
  readonly where?: string
}

export interface ConfigKeyRow {
  readonly path: string
  readonly env: string
  readonly type: string
  readonly default: string | undefined
  readonly description: string
}

export interface BatchFormatRow {
  readonly name: string
  readonly title: string
  readonly needsExpiry: boolean
  readonly mixed: boolean
}

export interface Restored {
  readonly epoch: number
  readonly jseq: number
  /** Sales of this time may be missing; null when none are. */
  readonly gap: { readonly from: string; readonly to: string } | null
  readonly vouchersFenced: number
  /** Where the store is that was there before. */
  readonly oldDatabase: string | null
}

type Told = Readonly<Record<string, unknown>>

/** Work of other rooms, loaded when a verb asks for it. Numbers are exit codes. */
export interface InitOrder {
  readonly dir: string
  readonly force: boolean
  /** Keys are made in this token. */
  readonly token:
    | { readonly library: string; readonly tokenLabel: string; readonly userPinFile: string }
    | undefined
}

export interface GenerateOrder {
  readonly file: string
  readonly terminals: number
  readonly hours: number
  readonly fromHour: number
  readonly seed: number
  readonly salesPerTerminal: number
}

export interface FleetListsOrder {
  readonly folder: string
  readonly terminals: number
  readonly scheme: string
  readonly vouchers: number
}

export interface FileCheck {
  readonly files: boolean
}

export interface Rooms {
  init(options: InitOrder): Promise<Told>
  serve(configFile: string): Promise<number>
  demo(options: { once: boolean }): Promise<number>
  restore(configFile: string, backup: string): Promise<Restored>
  cardHost(options: Told): Promise<number>
  pos(options: Told & { action: string }): Promise<number>
  replay(files: readonly string[], options: Told): Promise<number>
  replayGenerate(order: GenerateOrder): Promise<{ records: number; bytes: number }>
  /** The files that it wrote. */
  replayFleet(order: FleetListsOrder): Promise<string[]>
  batchFormats(): Promise<BatchFormatRow[]>
  /** With `files` those of certificates are read too. */
  configProblems(configFile: string, check: FileCheck): Promise<readonly ConfigProblem[]>
  /** The effective configuration, secrets as stars. */
  configPrinted(configFile: string): Promise<{ yaml: string; settings: unknown }>
  configKeys(): Promise<readonly ConfigKeyRow[]>
  gateway(configFile: string): Promise<number>
  /** Of the configuration of a gateway. */
  gatewayProblems(configFile: string, check: FileCheck): Promise<readonly ConfigProblem[]>
  gatewayKeys(): Promise<readonly ConfigKeyRow[]>
}

export type OpenAdmin = AdminClient & { close(): Promise<void> }

export interface World {
  readonly version: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: Output
  readonly stderr: Output
  readonly monotonicMs: () => number
  /** The running switch; with it stopped the same in this process, unless `offline` is false. */
  readonly openAdmin: (configFile: string, need: { offline: boolean }) => Promise<OpenAdmin>
  /** Asks on the terminal without showing what is typed; undefined where nobody can be asked. */
  readonly askSecret: (question: string) => Promise<string | undefined>
  readonly rooms: Rooms
}

/** A world in which a verb can say how it ended. */
export interface VerbWorld extends World {
  readonly ended: (exitCode: number) => void
}
