// Notes of answers that went out: written in arrears, many in one record.

import { describe, expect, it } from 'vitest'
import { AnsweredNotes } from '../../../switch/core/answered-notes.ts'
import { VirtualTime } from '../../simulation/virtual-time.ts'
import { FakeJournal, FULL, WRITTEN } from './fake-journal.ts'

function notesOf(): { notes: AnsweredNotes; journal: FakeJournal; time: VirtualTime } {
  const time = new VirtualTime()
  const journal = new FakeJournal()
  return { notes: new AnsweredNotes(journal, time), journal, time }
}

describe('answered notes', () => {
  it('are written together, a second after the first of them', async () => {
    const { notes, journal, time } = notesOf()
    notes.note(1, true)
    await time.run(500)
    notes.note(2, true)
    notes.note(1, true)
    await time.run(499)
    expect(journal.records).toEqual([])
    await time.run(1)
    expect(journal.of('answered').map(({ ids }) => ids)).toEqual([[1, 2]])
    expect(time.pending).toBe(0)
  })

  it('of an answer that did not go out completely are not made', async () => {
    const { notes, journal, time } = notesOf()
    notes.note(1, false)
    expect(notes.has(1)).toBe(false)
    await time.run(10_000)
    expect(journal.records).toEqual([])
  })

  it('count while their answer is on its way, until all that were begun are lost', async () => {
    const { notes, journal, time } = notesOf()
    notes.begin(1)
    notes.begin(1)
    expect([notes.has(1), notes.has(2), notes.onTheirWay]).toEqual([true, false, 1])
    notes.note(1, false)
    expect(notes.has(1)).toBe(true)
    notes.note(1, false)
    expect([notes.has(1), notes.onTheirWay]).toEqual([false, 0])
    await time.run(10_000)
    expect(journal.records).toEqual([])
  })

  it('of an answer that went out are written, also when another of its sale is lost', async () => {
    const { notes, journal, time } = notesOf()
    notes.begin(1)
    notes.begin(1)
    notes.note(1, true)
    notes.note(1, false)
    await time.run(1_000)
    expect([notes.has(1), notes.onTheirWay]).toEqual([false, 0])
    expect(journal.of('answered').map(({ ids }) => ids)).toEqual([[1]])
  })

  it('count from the moment they are made, also while they are being written', async () => {
    const { notes, journal, time } = notesOf()
    journal.waits = true
    notes.note(1, true)
    expect([notes.has(1), notes.has(2)]).toEqual([true, false])
    await time.run(1_000)
    expect(journal.records).toHaveLength(1)
    expect(notes.has(1)).toBe(true)
    notes.note(2, true)
    expect(notes.has(2)).toBe(true)
    journal.answerAll()
    await time.settle()
    expect([notes.has(1), notes.has(2)]).toEqual([false, true])
  })

  it('made while the journal refuses others are not lost with those', async () => {
    const { notes, journal, time } = notesOf()
    journal.waits = true
    notes.note(1, true)
    await time.run(1_000)
    notes.note(2, true)
    journal.answer = () => FULL
    journal.answerAll()
    await time.settle()
    expect([notes.has(1), notes.has(2)]).toEqual([true, true])
    journal.answer = () => WRITTEN
    journal.waits = false
    await time.run(1_000)
    expect([...(journal.of('answered').at(-1)?.ids ?? [])].sort()).toEqual([1, 2])
  })

  it('that the journal refuses count on, and are written when it takes them', async () => {
    const { notes, journal, time } = notesOf()
    journal.answer = () => FULL
    notes.note(1, true)
    await time.run(3_500)
    expect(notes.has(1)).toBe(true)
    journal.answer = () => WRITTEN
    await time.run(1_000)
    expect(notes.has(1)).toBe(false)
    expect(journal.of('answered').at(-1)?.ids).toEqual([1])
    expect(time.pending).toBe(0)
  })

  it('made while others are written follow in the next record', async () => {
    const { notes, journal, time } = notesOf()
    journal.waits = true
    notes.note(1, true)
    await time.run(1_000)
    notes.note(2, true)
    await time.run(5_000)
    expect(journal.records).toHaveLength(1)
    journal.answerAll()
    await time.run(1_000)
    expect(journal.of('answered').map(({ ids }) => ids)).toEqual([[1], [2]])
  })

  it('are written at once when a thousand have come together', async () => {
    const { notes, journal } = notesOf()
    for (let id = 1; id < 1_000; id++) notes.note(id, true)
    expect(journal.records).toEqual([])
    notes.note(1_000, true)
    expect(journal.of('answered')[0]?.ids).toHaveLength(1_000)
  })

  it('made while others are written are in the journal too when a flush has ended', async () => {
    const { notes, journal, time } = notesOf()
    journal.waits = true
    notes.note(1, true)
    await time.run(1_000)
    notes.note(2, true)
    let ended = false
    const flushed = notes.flush().then(() => {
      ended = true
    })
    await time.settle()
    expect([ended, journal.records.length]).toEqual([false, 1])
    journal.answerAll()
    await time.settle()
    journal.answerAll()
    await flushed
    expect(journal.of('answered').map(({ ids }) => ids)).toEqual([[1], [2]])
  })

  it('are written by a flush without waiting, and nothing is written twice', async () => {
    const { notes, journal, time } = notesOf()
    notes.note(1, true)
    await notes.flush()
    await notes.flush()
    await time.run(5_000)
    expect(journal.of('answered').map(({ ids }) => ids)).toEqual([[1]])
  })
})
