// When terminals were last seen, and what they said of themselves. Written without a record of the
// journal: nothing is decided by these rows, and there are many more of them than of anything else.

import type Database from 'better-sqlite3'
import type { SeenTerminal } from '../store-record.ts'

export class SeenWriter {
  readonly #upsert: Database.Statement

  constructor(database: Database.Database) {
    this.#upsert = database.prepare(
      `insert into terminal_seen (terminal, seen_ms, version, printer, serial, response_code,
         failed_macs, failed_mac_ms)
       values (?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (terminal) do update set seen_ms = max(seen_ms, excluded.seen_ms),
         version = coalesce(excluded.version, version),
         printer = coalesce(excluded.printer, printer),
         serial = coalesce(excluded.serial, serial),
         response_code = coalesce(excluded.response_code, response_code),
         failed_macs = failed_macs + excluded.failed_macs,
         failed_mac_ms = coalesce(excluded.failed_mac_ms, failed_mac_ms)`,
    )
  }

  write(terminals: readonly SeenTerminal[]): void {
    for (const seen of terminals) {
      this.#upsert.run(
        ...[seen.terminal, seen.seenMs ?? 0, seen.version ?? null, seen.printer ?? null],
        ...[seen.serial ?? null, seen.responseCode ?? null, seen.failedMacs],
        seen.failedMacMs ?? null,
      )
    }
  }
}
