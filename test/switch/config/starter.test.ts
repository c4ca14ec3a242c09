// What `evs init` writes is a configuration without a problem, and says what was asked for.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../switch/config/load.ts'
import { type StarterOptions, starterYaml } from '../../../switch/config/starter.ts'

function load(options?: StarterOptions) {
  const file = join(mkdtempSync(join(tmpdir(), 'evs-starter-')), 'evs.yaml')
  writeFileSync(file, starterYaml(options))
  const loaded = loadConfig({ file, env: {} })
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

describe('the starter configuration', () => {
  it('has one listener for terminals, one for an institution and one card host', () => {
    const config = load()
    expect(config.listeners.map(({ kind, port, tpdu }) => ({ kind, port, tpdu }))).toEqual([
      { kind: 'terminal', port: 5000, tpdu: true },
      { kind: 'institution', port: 5001, tpdu: false },
    ])
    expect(config.cardHosts).toMatchObject([{ port: 6000, acquirerId: '581000' }])
  })

  it('takes ports and acquirer id from its options', () => {
    const config = load({ terminalPort: 0, institutionPort: 0, adminPort: 0, cardHostPort: 7000 })
    expect(config.listeners.map(({ port }) => port)).toEqual([0, 0])
    expect(config.admin.port).toBe(0)
    expect(config.cardHosts[0]?.port).toBe(7000)
    expect(load({ acquirerId: '0001' }).cardHosts[0]?.acquirerId).toBe('0001')
  })

  it('stays good when every commented setting is switched on', () => {
    const yaml = starterYaml()
      .replace(/^( +)# (\w+:.*)$/gm, '$1$2')
      .replace(/^( +)# {3}(\w+:)/gm, '$1  $2')
    const file = join(mkdtempSync(join(tmpdir(), 'evs-starter-')), 'evs.yaml')
    writeFileSync(file, yaml)
    expect(yaml).toContain('\n    host: 0.0.0.0')
    expect(yaml).toContain('\n      lateApproval: fresh')
    expect(loadConfig({ file, env: {} })).toMatchObject({ kind: 'config' })
  })
})
