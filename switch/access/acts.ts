// Writes acts into the audit record that change no row: a session that was opened, a password that
// was wrong, a right that was missing, a request and its approval. Each is an admin record in the
// chain of the journal, like every other act. Never a secret among its words.

import { type StoreJournal, writeChange } from '../../voucher-store/admin/admin-write.ts'
import type { How } from '../../voucher-store/store-record.ts'
import { mustWrite } from '../admin/operation-errors.ts'

export interface Act {
  readonly action: string
  readonly by: string
  readonly how: How | undefined
  readonly detail: Readonly<Record<string, unknown>>
}

export class Acts {
  readonly #journal: StoreJournal
  readonly #wallMs: () => number

  constructor(journal: StoreJournal, wallMs: () => number) {
    this.#journal = journal
    this.#wallMs = wallMs
  }

  /** Durable, or it throws: what follows must not happen unrecorded. */
  async must(act: Act): Promise<void> {
    mustWrite(await this.#write(act), act.action)
  }

  /** Of something that is refused anyway, on a full disk too. */
  async note(act: Act): Promise<void> {
    await this.#write(act)
  }

  #write(act: Act) {
    return writeChange(this.#journal, { ...act, statements: [], atMs: this.#wallMs() })
  }
}
