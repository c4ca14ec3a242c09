// `evs gateway`: which configuration it means, and what it does instead of running.

import { describe, expect, it } from 'vitest'
import { evs } from './fake-world.ts'

const PROBLEM = { path: 'listeners.0.port', message: 'is missing', hint: 'TCP port' }

describe('evs gateway', () => {
  it.each<[string, string[], Record<string, string>, string]>([
    ['the file of --config', ['--config', 'a/g.yaml'], {}, '/work/a/g.yaml'],
    ['that of EVS_GATEWAY_CONFIG', [], { EVS_GATEWAY_CONFIG: '/etc/g.yaml' }, '/etc/g.yaml'],
    ['gateway.yaml, and not that of the switch', [], { EVS_CONFIG: '/x' }, '/work/gateway.yaml'],
    ['gateway.yaml for an empty variable', [], { EVS_GATEWAY_CONFIG: '' }, '/work/gateway.yaml'],
  ])('runs with %s', async (_what, words, env, file) => {
    const { exitCode, asked } = await evs(['gateway', ...words], { env })
    expect([exitCode, asked]).toEqual([0, [{ name: 'gateway', given: [file] }]])
  })

  it('--check runs nothing, and tells of every problem', async () => {
    const good = await evs(['gateway', '--check'])
    expect(good.asked).toEqual([
      { name: 'gatewayProblems', given: ['/work/gateway.yaml', { files: true }] },
    ])
    expect(good.stdout).toBe('/work/gateway.yaml is in order\n')
    const json = await evs(['gateway', '--check', '--json'])
    expect(JSON.parse(json.stdout)).toEqual({ ok: true, file: '/work/gateway.yaml' })
    const bad = await evs(['gateway', '--check'], {
      rooms: { gatewayProblems: async () => [PROBLEM] },
    })
    expect(bad.exitCode).toBe(2)
    expect(bad.stderr).toContain('listeners.0.port: is missing')
    expect(bad.stderr).toContain('evs gateway --keys')
  })

  it('--keys lists the settings', async () => {
    const { asked, exitCode } = await evs(['gateway', '--keys'])
    expect([exitCode, asked]).toEqual([0, [{ name: 'gatewayKeys', given: [] }]])
  })

  it('does one of the two, and takes no unknown flag', async () => {
    expect((await evs(['gateway', '--check', '--keys'])).exitCode).toBe(2)
    expect((await evs(['gateway', '--chek'])).exitCode).toBe(2)
  })

  it('explains itself with examples and exit codes', async () => {
    const { stdout } = await evs(['gateway', '--help'])
    expect(stdout).toContain('$ evs gateway --config /etc/evs/gateway.yaml --check')
    expect(stdout).toContain('EVS_GATEWAY_CONFIG')
  })
})
