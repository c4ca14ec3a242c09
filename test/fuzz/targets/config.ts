// The configuration file: any text gives a configuration or a list of problems, each with words and
// a line of that file; never an exception. A configuration that was taken obeys its own rules.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../../switch/config/load.ts'
import { renderProblems } from '../../../switch/config/problem.ts'
import { starterYaml } from '../../../switch/config/starter.ts'
import { type FuzzTarget, Mismatch, type OpenTarget } from '../target.ts'

const GOOD = `listeners:
  - name: pos
    kind: terminal
    port: 5000
    insecure: true
  - { name: bank-in, kind: institution, port: 5001, institution: 7, insecure: true }
cardHosts:
  - name: bank
    port: 6000
    acquirerId: 000581
log:
  level: warn
`

export const CONFIG_TARGET: FuzzTarget = {
  name: 'config',
  weight: 0.3,
  sliceRuns: 15_000,
  mostBytes: 1_024,
  slowMs: 50,
  floorBytes: 1_048_576,
  words: [
    ...[
      '&a ',
      '*a',
      '<<: *a',
      '!!binary ',
      '!!set ',
      '? ',
      '|\n',
      '>-\n',
      '---\n',
      '...\n',
      '%YAML 1.1\n',
    ],
    ...[
      '__proto__: 1\n',
      'constructor: {}\n',
      '{a: [',
      '- ',
      '~',
      '"\\x00"',
      '\t',
      '#',
      'port: 99999\n',
    ],
    ...[
      'limits:\n',
      'timeouts:\n',
      'vault:\n',
      'admin:\n',
      'data:\n',
      'profile:\n',
      '[]',
      '{}',
      "''",
    ],
  ],
  open: openConfig,
}

function openConfig(): OpenTarget {
  const folder = mkdtempSync(join(tmpdir(), 'evs-fuzz-'))
  const file = join(folder, 'evs.yaml')
  return {
    seeds: [GOOD, starterYaml()].map((text) => ({ bytes: Buffer.from(text) })),
    run: (input) => {
      writeFileSync(file, input)
      const loaded = loadConfig({ file, env: {} })
      if (loaded.kind === 'config') return `good ${loaded.config.listeners.length}`
      const [first] = loaded.problems
      if (first === undefined) throw new Mismatch('refused without a problem')
      for (const { message, where } of loaded.problems) {
        if (message === '' || where === undefined)
          throw new Mismatch('a problem without words or place')
      }
      renderProblems(loaded.problems)
      return first.message.replaceAll(/\d+|"[^"]*"/g, '').slice(0, 50)
    },
    close: () => rmSync(folder, { recursive: true }),
  }
}
