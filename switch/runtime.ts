// The assembly over the real store, the real clock and real sockets. `serve.ts` opens it to the
// world and closes it again.

import { dial } from '../protocol/link/dialer.ts'
import { systemTimers } from '../protocol/link/timers.ts'
import type { SecurityModule } from '../protocol/security/security-module.ts'
import { tehranTime } from '../protocol/values/moment.ts'
import { fenceReturned, readFence, readGaps } from '../voucher-store/backup/fence.ts'
import { Ballast } from '../voucher-store/ballast.ts'
import { SqliteKeyStore } from '../voucher-store/key-store.ts'
import { SqliteCatalogue } from '../voucher-store/reading/catalogue-reader.ts'
import { ReversalCounts } from '../voucher-store/reading/reversal-counts.ts'
import { SqliteTerminalDirectory } from '../voucher-store/reading/terminal-directory.ts'
import type { Store } from '../voucher-store/store.ts'
import { type Assembly, assembleSwitch } from './assembly.ts'
import { chance } from './chance.ts'
import type { Config } from './config/schema.ts'
import type { Notice } from './core/notice.ts'
import { FullDisk } from './full-disk.ts'
import { type Log, logNotice } from './log.ts'
import type { Metrics } from './metrics.ts'
import { openRecording, type Recording } from './recording.ts'
import { SeenTerminals } from './seen-terminals.ts'
import type { SwitchTls } from './tls.ts'

export interface Runtime extends Assembly {
  readonly store: Store
  readonly catalogue: SqliteCatalogue
  readonly terminals: SqliteTerminalDirectory
  readonly reversalCounts: ReversalCounts
  readonly seen: SeenTerminals
  readonly recording: Recording | undefined
}

const TERMINALS_IN_MEMORY = 100_000

export interface RuntimePorts {
  readonly store: Store
  readonly module: SecurityModule
  /** Why keys cannot be used; undefined while they can. */
  readonly away: () => string | undefined
  readonly clock: { readonly isBehind: boolean }
  readonly log: Log
  readonly metrics: Metrics
  readonly tls: SwitchTls
  readonly onError: (error: unknown) => void
}

export async function assemble(config: Config, ports: RuntimePorts): Promise<Runtime> {
  const { store, module, away, clock, log, metrics, tls, onError } = ports
  const { sales, stock, vault, database } = store
  const notice = noticer(log, metrics)
  const journal = new FullDisk({
    ...{ journal: store.journal, notice, after: systemTimers.after },
    ballast: new Ballast(store.directory, config.limits.ballastBytes),
  })
  store.journal.watchDisk(journal)
  const today = () => tehranTime(systemTimers.wallMs()).day
  const catalogue = new SqliteCatalogue(database, today)
  const terminals = new SqliteTerminalDirectory(database, TERMINALS_IN_MEMORY)
  const seen = new SeenTerminals({
    clock: systemTimers,
    write: (seenTerminals) => store.journal.write({ kind: 'seen', terminals: seenTerminals }),
  })
  const recording = openRecording(config, { timers: systemTimers, notice })
  const assembly = await assembleSwitch(config, {
    store: {
      ...{ journal, sales, stock, vault, catalogue, terminals },
      fenced: readFence(database) !== undefined,
      gaps: readGaps(database),
    },
    keys: {
      module,
      store: new SqliteKeyStore({
        ...{ database, journal: store.journal },
        wallMs: () => systemTimers.wallMs(),
      }),
    },
    timers: systemTimers,
    random: chance,
    dial,
    dialTls: (cardHost) => tls.dialTls(cardHost),
    notice,
    diskFull: () => journal.full,
    keysAway: away,
    clockBehind: () => clock.isBehind,
    count: metrics.count,
    seen,
    recorder: recording?.recorder,
    onError,
  })
  await fenceReturned(store, systemTimers.wallMs())
  const reversalCounts = new ReversalCounts(database, systemTimers)
  return { ...assembly, store, catalogue, terminals, reversalCounts, seen, recording }
}

export function noticer(log: Log, metrics: Metrics): (notice: Notice) => void {
  return (notice) => {
    logNotice(log, notice)
    if (notice.level === 'alarm') metrics.alarm(notice.what)
  }
}
