// The log as a process writes it: JSON lines on standard error with named fields and nothing else,
// alarms as errors. The log is written by its own descriptor, so a process of its own is asked.

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'

const LOG = fileURLToPath(new URL('../../switch/log.ts', import.meta.url))
const PROGRAM = `
  const { openLog, logNotice } = await import(${JSON.stringify(LOG)})
  const log = openLog('info')
  log.info({ count: 2, listener: 'pos', track: '6037990000000014', pan: '1' }, 'one')
  logNotice(log, { level: 'alarm', what: 'two', saleId: 7, detail: 'why', card: '6037' })
  logNotice(log, { level: 'warn', what: 'three' })
  openLog('error').warn({}, 'four')
  const where = { listener: 'pos', cardHost: 'bank', port: 5000, code: 'X' }
  log.fatal({ saleId: 7, detail: 'why', ...where, count: 1, seconds: 2.5, pin: '1' }, 'five')
`

let lines: Record<string, unknown>[]

beforeAll(() => {
  const program = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', PROGRAM]
  const shell = ['-c', 'exec "$0" "$@" 2>&1 >/dev/null', process.execPath, ...program]
  const text = execFileSync('/bin/sh', shell, { encoding: 'utf8', timeout: 60_000 })
  lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}, 60_000)

it('the log has the fields that are named, and drops what slipped in beside them', () => {
  const [one] = lines
  expect(Object.keys(one ?? {})).toEqual(['level', 'time', 'count', 'listener', 'msg'])
  expect(JSON.stringify(lines)).not.toContain('6037990000000014')
})

it('every named field that is given is there', () => {
  const { time, ...five } = lines.at(-1) ?? {}
  expect(five).toEqual({
    ...{ level: 60, msg: 'five', saleId: 7, detail: 'why', listener: 'pos', cardHost: 'bank' },
    ...{ port: 5_000, count: 1, code: 'X', seconds: 2.5 },
  })
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
})

it('an alarm is an error with its code, and what is below the level is not written', () => {
  const shown = lines.map(({ level, msg, code, saleId, detail }) => [
    ...[level, msg, code, saleId, detail],
  ])
  expect(shown).toEqual([
    [30, 'one', undefined, undefined, undefined],
    [50, 'two', 'ALARM', 7, 'why'],
    [40, 'three', undefined, undefined, undefined],
    [60, 'five', 'X', 7, 'why'],
  ])
})
