// What the generator writes to the disk, and the lists of terminals that the player reads.

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { isReason } from '../../protocol/values/reason.ts'
import { writeFleetLists } from '../../replay/fleet-lists.ts'
import { generateFile } from '../../replay/generate-file.ts'
import { readTerminals } from '../../replay/test-fleet.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-generated-'))
afterAll(() => rmSync(folder, { recursive: true }))

const AES_KEY = 'scheme aes\nkey 3b1f6d0c52a94e87906fd2147ac8e5b3\n'
const ORDER = { terminals: 50, hours: 24, fromHour: 0, seed: 3, salesPerTerminal: 8 }

describe('a generated file', () => {
  it('is the same compressed and not, and counted right', async () => {
    const [plain, compressed] = ['day.ndjson', 'day.ndjson.gz'].map((name) => join(folder, name))
    const made = await generateFile({ ...ORDER, file: plain ?? '' })
    await generateFile({ ...ORDER, file: compressed ?? '' })
    const text = readFileSync(plain ?? '', 'utf8')
    expect(gunzipSync(readFileSync(compressed ?? '')).toString()).toBe(text)
    expect(made).toEqual({ records: text.split('\n').length - 2, bytes: text.length })
  })
})

it('a place that nothing can be written to is told as such, and is no fault', async () => {
  const file = '/dev/null/day.ndjson'
  const hint = expect.stringContaining('evs replay')
  await expect(generateFile({ ...ORDER, file })).rejects.toMatchObject({
    ...{ message: `${file} cannot be opened (ENOTDIR)`, hint },
  })
  const order = { terminals: 1, scheme: 'none', vouchers: 0 }
  await expect(writeFleetLists({ ...order, folder: '/dev/null/lists' })).rejects.toMatchObject({
    ...{ message: '/dev/null/lists cannot be made (ENOTDIR)', hint },
  })
})

describe('the lists of a fleet', () => {
  it('are read by the player as they are written', async () => {
    const order = { folder, terminals: 25, scheme: 'none', vouchers: 1_000 }
    const files = await writeFleetLists(order)
    const list = await readTerminals(join(folder, 'terminals.csv'))
    if (isReason(list)) throw new Error(list.reason)
    expect(list.rows.map(({ tid }) => tid)).toEqual(
      Array.from({ length: 25 }, (_, n) => String(10_000_001 + n)),
    )
    const merchants = readFileSync(join(folder, 'merchants.csv'), 'utf8')
    const mids = new Set(list.rows.map(({ mid }) => mid))
    expect([...mids].every((mid) => merchants.includes(`${mid},`))).toBe(true)
    const vouchers = readFileSync(files[2] ?? '', 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
    expect(vouchers.length).toBeGreaterThanOrEqual(1_000)
    expect(new Set(vouchers.map((row) => row.split(',')[1])).size).toBe(vouchers.length)
  })

  it('have titles in any case, and cells that the import reads too, keys and all', async () => {
    const [file, key] = ['list.csv', 'one.key'].map((name) => join(folder, name))
    writeFileSync(key ?? '', AES_KEY, { mode: 0o600 })
    const rows = ['1,۲۱,aes,"till, 2",one.key', '1,22,none,,']
    writeFileSync(file ?? '', ['MID,Tid,Scheme,name,Key_File', ...rows].join('\n'))
    const list = await readTerminals(file ?? '')
    if (isReason(list)) throw new Error(list.reason)
    expect(list.rows.map(({ tid, master }) => [tid, master?.scheme])).toEqual([
      ['21', 'aes'],
      ['22', undefined],
    ])
  })

  it.each([
    ['a terminal without a number', 'tid,mid,scheme\n,1,none\n', 'terminal 1: tid: '],
    ['keys and no file of them', 'tid,mid,Scheme\n1,1,aes\n', 'needs a keyFile'],
    ['a scheme that is none', 'tid,mid,scheme\n1,1,des\n', 'none, tdes or aes expected'],
    ['keys of another scheme', 'tid,mid,scheme,keyFile\n1,1,tdes,aes.key\n', 'has a key of aes'],
    ['no scheme', 'tid,mid\n1,1\n', 'scheme: the column is missing'],
    ['a title that nobody knows', 'tid,mid,scheme,keyfiel\n1,1,none,\n', 'no such column'],
    ['a row that is short', 'tid,mid,scheme\n1,1\n', 'columns length is 3, got 2'],
    [
      'one terminal twice',
      'tid,mid,scheme\n1,1,none\n2,1,none\n1,1,none\n',
      'terminal 1 of merchant 1 is there twice',
    ],
    ['no terminal', 'tid,mid,scheme\n', 'no terminal in it'],
    ['a key file for everybody to read', 'tid,mid,scheme,keyFile\n1,1,aes,open.key\n', 'chmod 600'],
  ])('with %s are refused', async (_, text, why) => {
    const [file, key, aes] = ['list.csv', 'open.key', 'aes.key'].map((name) => join(folder, name))
    writeFileSync(file ?? '', text)
    writeFileSync(key ?? '', 'scheme aes\n')
    chmodSync(key ?? '', 0o644)
    writeFileSync(aes ?? '', AES_KEY, { mode: 0o600 })
    expect(await readTerminals(file ?? '')).toMatchObject({ reason: expect.stringContaining(why) })
  })

  it('that are not there are told', async () => {
    const list = await readTerminals(join(folder, 'none.csv'))
    expect(list).toMatchObject({ reason: expect.stringContaining('ENOENT') })
  })
})
