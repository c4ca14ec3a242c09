// What of a process's surroundings would let its memory end in a file is told, and nothing else is.

import { afterEach, describe, expect, it, vi } from 'vitest'
import { exposuresOf, surroundings, withoutReports } from '../../switch/exposure.ts'

const NO_CORE = 'Max core file size        0                    unlimited            bytes     '
const CORE = 'Max core file size        unlimited            unlimited            bytes     '
const HEAD = 'Limit                     Soft Limit           Hard Limit           Units     \n'

describe('the surroundings of a switch', () => {
  it('that write no memory are nothing to tell of', () => {
    const nodeOptions = ['--max-old-space-size=512', '--import', 'tsx', '']
    expect(exposuresOf({ limits: HEAD + NO_CORE, nodeOptions })).toEqual([])
    expect(exposuresOf({ limits: undefined, nodeOptions: [] })).toEqual([])
  })

  it('are told of when a crash would leave a core', () => {
    const [told, ...more] = exposuresOf({ limits: HEAD + CORE, nodeOptions: [] })
    expect(told).toContain('ulimit -c 0')
    expect(more).toEqual([])
  })

  it.each([
    '--heapsnapshot-signal=SIGUSR2',
    '--heapsnapshot-near-heap-limit=1',
    '--report-uncaught-exception',
    '--report-on-fatalerror',
    '--report-on-signal',
    '--inspect=127.0.0.1:9229',
    '--heap-prof',
    '--cpu-prof',
    '--trace-event-categories=v8',
    '--abort-on-uncaught-exception',
  ])('are told of when Node has %s', (option) => {
    const [told, ...more] = exposuresOf({ limits: NO_CORE, nodeOptions: [option] })
    expect(told).toContain(option.split('=')[0])
    expect(more).toEqual([])
  })

  it('are told of one by one', () => {
    const nodeOptions = ['--heap-prof', '--import', 'tsx', '--inspect']
    const told = exposuresOf({ limits: HEAD + CORE, nodeOptions })
    expect(told).toHaveLength(3)
    expect(told.join()).toMatch(/ulimit -c 0.*--heap-prof.*--inspect/)
  })

  it('are what the environment has Node do, too', () => {
    vi.stubEnv('NODE_OPTIONS', '--no-warnings  --heap-prof')
    const { nodeOptions } = surroundings()
    vi.unstubAllEnvs()
    expect(exposuresOf({ limits: undefined, nodeOptions }).join()).toContain('--heap-prof')
  })

  it('are what its own command line has Node do, too', () => {
    process.execArgv.push('--inspect=127.0.0.1:9229')
    const { nodeOptions } = surroundings()
    process.execArgv.pop()
    expect(exposuresOf({ limits: undefined, nodeOptions }).join()).toContain('--inspect')
  })

  it('are those of this process', () => {
    expect(surroundings().limits).toMatch(process.platform === 'linux' ? /Max core file size/ : /^/)
  })
})

describe('reports of Node', () => {
  const kinds = ['reportOnUncaughtException', 'reportOnSignal', 'reportOnFatalError'] as const
  const before = kinds.map((kind) => process.report?.[kind] ?? false)
  afterEach(() => {
    for (const [at, kind] of kinds.entries()) {
      if (process.report !== undefined) process.report[kind] = before[at] ?? false
    }
  })

  it('are off, whatever it was started with', () => {
    const { report } = process
    if (report === undefined) throw new Error('Node has reports')
    for (const kind of kinds) report[kind] = true
    withoutReports()
    expect(kinds.map((kind) => report[kind])).toEqual([false, false, false])
  })
})
