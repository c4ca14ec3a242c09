// Files of a recording on a real disk: what is in them, where one ends and the next begins, and
// the ends that a recording can come to, each told once.

import { createHmac } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemTimers } from '../../protocol/link/timers.ts'
import { decode } from '../../protocol/message/decode.ts'
import { DIALECTS } from '../../protocol/message/dialect.ts'
import { encode, type Fields } from '../../protocol/message/encode.ts'
import type { Notice } from '../../switch/core/notice.ts'
import { openRecording } from '../../switch/recording.ts'
import { RecordingFile } from '../../switch/recording-file.ts'
import { saleFields } from '../simulation/wire/framed.ts'
import { wipesOf } from '../wipes.ts'

let folder: string
let told: string[]
let ends: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evs-recording-'))
  told = []
  ends = 0
})
afterEach(() => rmSync(folder, { recursive: true }))

const notice = ({ what, detail }: Notice) => void told.push(`${what}: ${detail}`)
const ENDED = 'the recording of terminal traffic ended'
const LINE = `${'x'.repeat(99)}\n`

function fileWith(limits: Partial<Record<string, number>> = {}, place = folder): RecordingFile {
  const all = { recordingBytes: 1e6, recordingFileBytes: 1e6, recordingFreeBytes: 0, ...limits }
  const options = { folder: place, timers: systemTimers, notice, limits: all }
  return new RecordingFile({ ...options, ended: () => void ends++ })
}

function written(): string[] {
  const names = readdirSync(folder).sort()
  return names.map((name) => readFileSync(join(folder, name), 'utf8'))
}

it('a recording lies in a file for its owner alone, behind a header', async () => {
  const file = fileWith()
  expect(file.write(LINE)).toBe(true)
  await file.stop()
  const [text = ''] = written()
  const [header = '', ...rest] = text.split('\n')
  expect(JSON.parse(header)).toMatchObject({ evs: 'traffic', version: 1, made: 'recorded' })
  expect(rest).toEqual([LINE.trimEnd(), ''])
  expect(statSync(join(folder, readdirSync(folder)[0] ?? '')).mode & 0o777).toBe(0o600)
  expect(told).toContain(`${ENDED}: the switch stops`)
})

it('a full file is followed by the next, whose header has its number', async () => {
  const file = fileWith({ recordingFileBytes: 250 })
  for (let n = 0; n < 4; n++) {
    file.write(LINE)
    file.write(LINE)
    while (written().join('').split(LINE).length <= 2 * (n + 1)) await pause()
  }
  await file.stop()
  const headers = written().map((text) => JSON.parse(text.split('\n')[0] ?? ''))
  expect(headers.map(({ part }) => part)).toEqual([1, 2, 3, 4])
  expect(new Set(headers.map(({ from }) => from)).size).toBe(1)
})

it('a file that is filled a line at a time is followed by the next too', async () => {
  const file = fileWith({ recordingFileBytes: 250 })
  for (let n = 0; n < 5; n++) {
    file.write(LINE)
    while (written().join('').split(LINE).length <= n + 1) await pause()
  }
  await file.stop()
  expect(written().map((text) => text.split(LINE).length - 1)).toEqual([2, 2, 1])
})

it('a recording ends at its limit, and what it took before is there', async () => {
  const file = fileWith({ recordingBytes: 250 })
  expect([1, 2].map(() => file.write(LINE))).toEqual([true, true])
  expect(ends).toBe(0)
  expect([3, 4].map(() => file.write(LINE))).toEqual([false, false])
  expect(ends).toBe(1)
  await file.stop()
  expect(written()[0]?.split(LINE)).toHaveLength(3)
  expect(told.filter((text) => text.startsWith(ENDED))).toEqual([`${ENDED}: its limit is reached`])
})

it('a recording ends before the disk is full', async () => {
  const file = fileWith({ recordingFreeBytes: 2 ** 52 })
  expect(file.write(LINE)).toBe(true)
  while (file.write(LINE)) await pause()
  await file.stop()
  expect(told).toEqual([`${ENDED}: it cannot be written: the disk is full`])
  expect(written()).toEqual([])
})

it('a folder that is none ends the recording with a notice', async () => {
  const place = join(folder, 'file')
  writeFileSync(place, '')
  const file = fileWith({}, join(place, 'below'))
  while (file.write(LINE)) await pause()
  expect(told).toEqual([`${ENDED}: it cannot be written: ENOTDIR`])
})

it('a fault of the recorder ends it, and is told by its kind: its words may be a card', () => {
  const file = fileWith()
  file.failed(new TypeError('6037990000000014 is no sale'))
  file.failed(new RangeError('6037990000000014'))
  expect(told).toEqual([`${ENDED}: a fault of its own: TypeError`])
  expect([file.write(LINE), ends]).toEqual([false, 1])
})

it('a disk that does not keep up ends the recording, and not the memory', () => {
  const file = fileWith({ recordingBytes: 1e9 })
  const long = 'x'.repeat(1 << 20)
  let taken = 0
  while (file.write(long)) taken++
  expect(taken).toBe(8)
  expect(told).toEqual([`${ENDED}: the disk is too slow`])
})

it('a disk that keeps up may take any amount', async () => {
  const file = fileWith({ recordingBytes: 1e9, recordingFileBytes: 1e9 })
  const long = 'x'.repeat(1 << 20)
  // What was just written may still count as waiting: two rounds must fit.
  for (let round = 1; round <= 4; round++) {
    for (let n = 0; n < 3; n++) expect(file.write(long)).toBe(true)
    while (written().join('').length < round * 3 * long.length) await pause()
  }
  await file.stop()
  expect(told).toContain(`${ENDED}: the switch stops`)
})

it('the key under which cards have their names is gone with the recording', async () => {
  const limits = { recordingBytes: 1e6, recordingFileBytes: 1e6, recordingFreeBytes: 0 }
  const config = { recording: { folder }, limits } as Parameters<typeof openRecording>[0]
  const recording = openRecording(config, { timers: systemTimers, notice })
  const sale = saleFields({
    tid: '10000001',
    mid: '100001',
    stan: 1,
    localMs: Date.now(),
  }) as Fields
  const message = decode(DIALECTS.iso87binary, encode(DIALECTS.iso87binary, '0200', sale))
  if (recording === undefined || message.kind === 'rejected') throw new Error('nothing to record')
  recording.recorder.connection(true, '10.0.0.7:1').message(1, message)
  const [, [key = '']] = await wipesOf(() => recording.stop())
  const [digits = ''] = sale[35]?.split('=') ?? []
  const name = createHmac('sha256', Buffer.from(key, 'hex')).update(digits).digest('hex')
  expect(written().join('')).toContain(name.slice(0, 12))
})

it('without the setting there is none', () => {
  const limits = { recordingBytes: 1, recordingFileBytes: 1, recordingFreeBytes: 0 }
  const config = { recording: undefined, limits } as Parameters<typeof openRecording>[0]
  expect(openRecording(config, { timers: systemTimers, notice })).toBeUndefined()
})

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10))
}
