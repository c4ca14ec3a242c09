// What nobody planned for ends the process, in a process of its own: a promise that nobody waits
// for as well as an error that nobody catches. The debugger's signal does nothing.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const GUARD = fileURLToPath(new URL('../../switch/process-guard.ts', import.meta.url))
const LOG = fileURLToPath(new URL('../../switch/log.ts', import.meta.url))

/** Runs a line of source under the guard; a process that goes on ends with 0. */
function guarded(line: string, options: string[] = []): { code: number | null; told: string } {
  const source = `
    import { guardProcess } from ${JSON.stringify(GUARD)}
    import { openLog } from ${JSON.stringify(LOG)}
    guardProcess(openLog('info'), (code) => process.exit(code))
    setTimeout(() => process.exit(0), 200)
    ${line}`
  const loader = ['--import', import.meta.resolve('tsx'), '--input-type=module']
  const words = [...options, ...loader, '-e', source]
  const { status, stderr } = spawnSync(process.execPath, words)
  return { code: status, told: stderr.toString() }
}

it.each([
  ['error', 'that nobody catches', "setImmediate(() => { throw new Error('lost') })"],
  ['rejection', 'that nobody waits for', "void Promise.reject(new Error('lost'))"],
])('ends with 70 for an %s %s, and its last line says so in few words', (what, _why, line) => {
  const { code, told } = guarded(line)
  expect(code).toBe(70)
  const last = JSON.parse(told.trimEnd().split('\n').at(-1) ?? '')
  const words = { level: 60, msg: `unexpected ${what}`, detail: 'Error: lost' }
  expect(last).toEqual({ ...words, time: expect.any(String) })
})

it('tells what would write memory to a file, and switches off what can be', () => {
  const line = "process.stderr.write('report ' + process.report.reportOnUncaughtException)"
  const { told } = guarded(line, ['--report-uncaught-exception'])
  expect(told).toContain('Node was started with --report-uncaught-exception')
  expect(told).toContain('report false')
})

it('lets no two buffers share memory, however small they are', () => {
  const line = `
    const [one, other] = [Buffer.from('one'), Buffer.from('other')]
    process.stderr.write(one.buffer === other.buffer ? 'shared' : 'apart')`
  expect(guarded(line).told).toContain('apart')
})

it('does not end for the signal that would open the debugger', () => {
  const { code, told } = guarded("process.kill(process.pid, 'SIGUSR1')")
  expect(code).toBe(0)
  expect(told).toContain('SIGUSR1 is ignored')
  expect(told).not.toContain('Debugger listening')
})
