// Opens the store with the settings of the configuration; what does not hold becomes an error that
// `docs/errors.md` explains.

import { EvsError } from '../admin-api/errors.ts'
import { systemTimers, type Timers } from '../protocol/link/timers.ts'
import { ModuleAwayError } from '../protocol/security/security-module.ts'
import { kekProblem, type StoreProblem } from '../voucher-store/checked-data.ts'
import { lacksRoom } from '../voucher-store/file-errors.ts'
import { UNSAFE } from '../voucher-store/open-database.ts'
import { spillInto } from '../voucher-store/sqlite.ts'
import { openStore, type Store } from '../voucher-store/store.ts'
import type { Kek } from '../voucher-store/vault/kek.ts'
import { type KekPlace, readKek } from '../voucher-store/vault/kek-source.ts'
import type { Config } from './config/schema.ts'
import { asError, type OpenToken } from './token.ts'

export interface OpenDataOptions {
  readonly onFatal: (why: string) => void
  readonly onGroup?: (records: number) => void
  readonly token: OpenToken | undefined
  /** By `evs init`: it has neither records nor keys yet. */
  readonly isNew?: boolean
}

export async function openData(
  config: Config,
  { token, ...options }: OpenDataOptions,
): Promise<Store> {
  spillInto(config.data.directory)
  const opening = openStore({
    directory: config.data.directory,
    ...kekPlaceOf(config, token),
    groupMost: config.limits.journalGroupRecords,
    queueMost: config.limits.journalQueueRecords,
    gathering: { ms: config.timeouts.journalGatherMs, clock: systemTimers },
    ...options,
  })
  const opened = await opening.catch((error: unknown) => {
    if (error instanceof ModuleAwayError) throw asError(error)
    if (!(error instanceof Error)) throw error
    if (lacksRoom(error)) throw diskFull(error)
    if (!error.message.includes(UNSAFE)) throw error
    throw new EvsError('SQLITE_VERSION', { message: error.message })
  })
  if ('kind' in opened) throw errorOf(opened)
  return opened
}

/** For so long a command may have the data that is run while the switch is stopped. */
const PATIENCE_MS = 10_000
const PAUSE_MS = 100

/** When nobody else has it: a supervisor does not start again what a lock refused. */
export async function openFreeData(
  config: Config,
  options: OpenDataOptions,
  timers: Timers,
): Promise<Store> {
  const until = timers.monotonicMs() + PATIENCE_MS
  for (;;) {
    try {
      return await openData(config, options)
    } catch (error) {
      const isLocked = error instanceof EvsError && error.code === 'DATA_LOCKED'
      if (!isLocked || timers.monotonicMs() >= until) throw error
    }
    await new Promise<void>((resolve) => {
      timers.after(PAUSE_MS, resolve)
    })
  }
}

function diskFull({ message }: Error): EvsError {
  const hint = 'make room, then try again; docs/operating.md says how much a new schema needs'
  return new EvsError('NOT_READY', { message: `the store cannot be opened: ${message}`, hint })
}

/** The key-encryption key where the configuration says; without it nothing is opened or made. */
export function mustReadKek(config: Config, token: OpenToken | undefined): Kek {
  const kek = readKek(kekPlaceOf(config, token))
  if (kek.kind === 'problem') throw errorOf(kekProblem(kek))
  return kek.kek
}

function kekPlaceOf({ vault, timeouts }: Config, token: OpenToken | undefined): KekPlace {
  const { kekFile, kekCommand: words } = vault
  const kekToken = token?.kekToken
  if (words === undefined) return { kekFile, kekToken }
  return { kekCommand: { words, limitMs: timeouts.kekCommandMs }, kekToken }
}

export function errorOf({ code, message, hint }: StoreProblem): EvsError {
  return new EvsError(code, { message, ...(hint === undefined ? {} : { hint }) })
}
