// `evs batch import`: what is sent, what is shown on the way, and what a refused file looks like.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { AdminOperations } from '../../admin-api/operations.ts'
import { EXAMPLES } from '../admin-api/examples.ts'
import { evs } from './fake-world.ts'

const directory = mkdtempSync(join(tmpdir(), 'evs-import-'))
const file = join(directory, 'batch.txt')
writeFileSync(file, '0123456789')
afterAll(() => rmSync(directory, { recursive: true }))

const slow: AdminOperations['importBatch'] = async function* (_actor, _request, chunks) {
  for await (const _chunk of chunks);
  for (const share of [2, 4, 6, 8, 10]) yield { kind: 'progress', vouchers: share, bytes: share }
  yield { ...EXAMPLES.importDone, products: [] }
}

it('sends name, size, day and switches with the bytes', async () => {
  const words = ['batch', 'import', file, '--expires', '۲۰۲۸-۱۲-۳۱', '--release']
  const { exitCode, asked, stdout } = await evs(words)
  expect(exitCode).toBe(0)
  expect(asked[0]?.given.slice(1)).toEqual([
    { fileName: 'batch.txt', bytes: 10, expires: '2028-12-31', release: true, dryRun: false },
    '0123456789',
  ])
  expect(stdout).toContain('batch 1: 20 vouchers of format mci-new, released')
  expect(stdout).toContain('091905: 20')
})

it('releases nothing that was not asked for', async () => {
  const { asked } = await evs(['batch', 'import', file])
  const request = { fileName: 'batch.txt', bytes: 10, release: false, dryRun: false }
  expect(asked[0]?.given[1]).toEqual(request)
})

it('takes standard input under a name that is given', async () => {
  const words = ['batch', 'import', '-', '--name', 'b.txt', '--dry-run', '--json']
  const { asked, stdout } = await evs(words, { stdin: 'abc' })
  expect(asked[0]?.given.slice(1)).toEqual([
    { fileName: 'b.txt', release: false, dryRun: true },
    'abc',
  ])
  expect(JSON.parse(stdout)).toEqual(EXAMPLES.importDone)
})

it('shows lines now and then off a terminal, a bar on one, and nothing with --json', async () => {
  const operations = { importBatch: slow }
  const piped = await evs(['batch', 'import', file], { operations })
  expect(piped.stderr).toMatch(/^batch.txt: \d+ %, \d+ vouchers, \S+\/s\n/)
  expect(piped.stderr.split('\n').length).toBeLessThan(5)
  const shown = await evs(['batch', 'import', file], { operations, tty: true })
  expect(shown.stderr).toContain('% | ')
  for (const quiet of ['--json', '--quiet']) {
    expect((await evs(['batch', 'import', file, quiet], { operations })).stderr).toBe('')
  }
})

it('a refused file gives line and reason, and the code of the refusal', async () => {
  const problems = Array.from({ length: 25 }, (_, index) => ({
    line: index + 2,
    message: 'serial: 12 digits expected',
    hint: 'ask again',
  }))
  const importBatch: AdminOperations['importBatch'] = async function* () {
    yield {
      kind: 'refused',
      code: 'BATCH_REFUSED',
      message: 'nothing was loaded',
      problems,
      moreProblems: 75,
    }
  }
  const { exitCode, stdout, stderr } = await evs(['batch', 'import', file, '--json'], {
    operations: { importBatch },
  })
  expect(exitCode).toBe(1)
  expect(JSON.parse(stdout).error.details).toEqual({ problems, moreProblems: 75 })
  expect(stderr).toContain('  line 2: serial: 12 digits expected (ask again)\n')
  expect(stderr).toContain('... and 80 more')
})

it('a file that was loaded before keeps the code that says so', async () => {
  const importBatch: AdminOperations['importBatch'] = async function* () {
    const about = { code: 'BATCH_DUPLICATE', message: 'loaded as batch 7', moreProblems: 0 }
    yield { kind: 'refused', ...about, problems: [] }
  }
  const { stdout, stderr } = await evs(['batch', 'import', file, '--json'], {
    operations: { importBatch },
  })
  expect(JSON.parse(stdout).error.code).toBe('BATCH_DUPLICATE')
  expect(stderr).toContain('evs: BATCH_DUPLICATE: loaded as batch 7\n')
})

it('a file that is not there is a matter of usage, and nothing is opened', async () => {
  const { exitCode, opened, stderr } = await evs(['batch', 'import', '/nowhere/b.txt'])
  expect([exitCode, opened]).toEqual([2, []])
  expect(stderr).toContain('/nowhere/b.txt cannot be read (ENOENT)')
})
