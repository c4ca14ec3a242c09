// Files of traffic as they are read: plain, compressed, in several parts, and damaged.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { checkHeaders, readTraffic } from '../../replay/traffic-reader.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-traffic-'))
afterAll(() => rmSync(folder, { recursive: true }))

const header = (part = 1, from = '2026-11-26T00:00:00.000Z') =>
  `${JSON.stringify({ evs: 'traffic', version: 1, made: 'recorded', from, part })}\n`
const echoAt = (at: number) => `{"at":${at},"t":1,"do":"echo"}\n`

let files = 0
function fileOf(text: string | Buffer, ending = 'ndjson'): string {
  const file = join(folder, `${++files}.${ending}`)
  writeFileSync(file, text)
  return file
}

async function timesOf(...given: string[]): Promise<number[]> {
  const times: number[] = []
  for await (const records of readTraffic(given)) times.push(...records.map(({ at }) => at))
  return times
}

/** What is told to be missing, of parts with a record each at 10, 20 and so on. */
async function missingOf(parts: readonly number[], fromMs = 0): Promise<string[]> {
  const missing: string[] = []
  const given = parts.map((part) => fileOf(header(part) + echoAt(part * 10)))
  for await (const _ of readTraffic(given, { fromMs, missing: (what) => missing.push(what) }));
  return missing.map((what) => what.replace(/^.*: /, ''))
}

describe('traffic', () => {
  it('is read whole, however lines fall into pieces', async () => {
    const many = Array.from({ length: 20_000 }, (_, at) => at)
    const text = header() + many.map(echoAt).join('')
    expect(await timesOf(fileOf(text))).toEqual(many)
    expect(await timesOf(fileOf(gzipSync(text), 'ndjson.gz'))).toEqual(many)
  })

  it('in several files of one recording is one', async () => {
    const [one, two] = [fileOf(header(1) + echoAt(5)), fileOf(header(2) + echoAt(6))]
    expect(await timesOf(one, two)).toEqual([5, 6])
    expect(await timesOf(fileOf(header(1) + echoAt(5) + header(2) + echoAt(6)))).toEqual([5, 6])
  })

  it('before the part that is wanted is passed over', async () => {
    const file = fileOf(header() + [1, 5, 9].map(echoAt).join(''))
    const times: number[] = []
    for await (const records of readTraffic([file], { fromMs: 5 }))
      times.push(...records.map(({ at }) => at))
    expect(times).toEqual([5, 9])
  })

  it('that lacks a part is read on, and what is missing is told', async () => {
    expect(await missingOf([1, 2, 3])).toEqual([])
    expect(await missingOf([2, 3])).toEqual(['part 1 is missing'])
    expect(await missingOf([1, 4, 5, 7])).toEqual(['parts 2 to 3 are missing', 'part 6 is missing'])
  })

  it('lacks nothing when the missing part was before what is wanted', async () => {
    expect(await missingOf([2, 3], 25)).toEqual([])
    expect(await missingOf([1, 3], 25)).toEqual(['part 2 is missing'])
  })

  it('whose last line was cut off lacks more when the recording goes on', async () => {
    const missing: string[] = []
    const whole = fileOf(header(1) + echoAt(1))
    const cut = fileOf(`${header(2)}${echoAt(2)}{"at":3,"t":1,"d`)
    const last = fileOf(`${header(3)}${echoAt(9)}{"at":10,"t":1,"d`)
    const options = { missing: (what: string) => missing.push(what) }
    for await (const _ of readTraffic([whole, cut, last], options));
    expect(missing).toEqual([`${cut}: it ends in half a line`])
  })

  it('whose last line was cut off is read up to it', async () => {
    expect(await timesOf(fileOf(`${header()}${echoAt(1)}{"at":2,"t":1,"d`))).toEqual([1])
    expect(await timesOf(fileOf(`${header()}${echoAt(1)}${echoAt(2).trimEnd()}`))).toEqual([1, 2])
  })

  it.each([
    ['without a header', () => fileOf(echoAt(1)), 'line 1: no traffic file'],
    ['with a wrong line', () => fileOf(`${header()}${echoAt(1)}what\n`), 'line 3: no JSON object'],
    ['that goes back', () => fileOf(header() + echoAt(2) + echoAt(1)), 'line 3: at: it goes back'],
    ['with an endless line', () => fileOf(header() + 'x'.repeat(99_999)), 'a line is too long'],
    ['with a long line', () => fileOf(header() + 'x'.repeat(2_000)), 'a line is too long'],
    [
      'with a wrong line among others',
      () => fileOf(`${header()}what\n${echoAt(1)}${echoAt(2)}`),
      'line 2: no JSON object',
    ],
    ['that is empty', () => fileOf(''), 'it is empty'],
    ['that is not there', () => join(folder, 'none'), 'it cannot be read (ENOENT)'],
    ['that is not compressed', () => fileOf(header(), 'gz'), 'it cannot be read (Z_DATA_ERROR)'],
    ['that was cut off', () => fileOf(gzipSync(header()).subarray(0, -9), 'gz'), 'Z_BUF_ERROR'],
  ])('%s is refused where it is wrong', async (_, file, why) => {
    await expect(timesOf(file())).rejects.toThrow(why)
  })

  it('whose parts do not follow one another is refused, one given twice too', async () => {
    const [one, two] = [fileOf(header(1)), fileOf(header(2) + echoAt(5))]
    await expect(timesOf(two, one)).rejects.toThrow('line 1: part 1 comes after part 2')
    await expect(timesOf(one, two, two)).rejects.toThrow('line 1: part 2 comes after part 2')
  })

  it('is known by its headers before any record is read, and its records are not', async () => {
    const [one, two] = [fileOf(`${header(1)}what\n`), fileOf(gzipSync(header(2)), 'ndjson.gz')]
    await expect(checkHeaders([one, two])).resolves.toBeUndefined()
    await expect(checkHeaders([two, one])).rejects.toThrow('line 1: part 1 comes after part 2')
    await expect(checkHeaders([fileOf(''), two])).rejects.toThrow('it is empty')
    await expect(checkHeaders([fileOf('')])).rejects.toThrow('it is empty')
    await expect(checkHeaders([one, fileOf(echoAt(1))])).rejects.toThrow('no traffic file')
  })

  it.each([
    ['empty', ''],
    ['with half a header', header(2).slice(0, 20)],
  ])(
    '%s, as the last one, is that of a recorder that was killed: the others are played',
    async (_, text) => {
      const [one, last] = [fileOf(header(1) + echoAt(5)), fileOf(text)]
      await expect(checkHeaders([one, last])).resolves.toBeUndefined()
      await expect(timesOf(one, last)).rejects.toThrow('it is empty')
    },
  )

  it('is not asked for its header where it can be read once only', async () => {
    await expect(checkHeaders(['/dev/null'])).resolves.toBeUndefined()
  })

  it('of two recordings is refused', async () => {
    const other = fileOf(header(2, '2026-11-27T00:00:00.000Z'))
    await expect(timesOf(fileOf(header()), other)).rejects.toThrow('another recording')
  })
})
