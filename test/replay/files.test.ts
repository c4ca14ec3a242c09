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

  it.each([
    ['a terminal without a number', 'tid,mid\n,1\n', 'terminal 1: tid: '],
    ['keys and no file of them', 'tid,mid,scheme\n1,1,aes\n', 'needs a keyFile'],
    ['one terminal twice', 'tid,mid\n1,1\n2,1\n1,1\n', 'terminal 1 of merchant 1 is there twice'],
    ['no terminal', 'tid,mid\n', 'no terminal in it'],
    ['a key file for everybody to read', 'tid,mid,scheme,keyFile\n1,1,aes,open.key\n', 'chmod 600'],
  ])('with %s are refused', async (_, text, why) => {
    const [file, key] = ['list.csv', 'open.key'].map((name) => join(folder, name))
    writeFileSync(file ?? '', text)
    writeFileSync(key ?? '', 'scheme aes\n')
    chmodSync(key ?? '', 0o644)
    expect(await readTerminals(file ?? '')).toMatchObject({ reason: expect.stringContaining(why) })
  })

  it('that are not there are told', async () => {
    const list = await readTerminals(join(folder, 'none.csv'))
    expect(list).toMatchObject({ reason: expect.stringContaining('ENOENT') })
  })
})
