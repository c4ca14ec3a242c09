// A journal for tests of single parts of the core: keeps the records and answers as it is told, at
// once or when the test says so.

import type { Journal, JournalRecord, WriteResult } from '../../../switch/core/journal.ts'

export const WRITTEN: WriteResult = { kind: 'written' }
export const FULL: WriteResult = { kind: 'rolled-back', reason: 'full', detail: 'test' }

export class FakeJournal implements Journal {
  readonly records: JournalRecord[] = []
  /** While true, nothing is answered until `answerAll`. */
  waits = false
  answer: (record: JournalRecord) => WriteResult = () => WRITTEN
  #waiting: (() => void)[] = []

  write(record: JournalRecord): Promise<WriteResult> {
    this.records.push(record)
    if (!this.waits) return Promise.resolve(this.answer(record))
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(this.answer(record)))
    })
  }

  answerAll(): void {
    for (const answer of this.#waiting.splice(0)) answer()
  }

  /** The newest of them alone. */
  answerLast(): void {
    this.#waiting.pop()?.()
  }

  of<Kind extends JournalRecord['kind']>(kind: Kind): Extract<JournalRecord, { kind: Kind }>[] {
    return this.records.filter((record) => record.kind === kind) as Extract<
      JournalRecord,
      { kind: Kind }
    >[]
  }
}
