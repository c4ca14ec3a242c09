// The configuration of a gateway: the sample is in order, defaults and paths are filled in, its
// variables are its own, and mistakes are named as those of the switch are.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { configKeys } from '../../../switch/config/keys.ts'
import { GATEWAY_LIMITS, GATEWAY_TIMEOUTS } from '../../../switch/gateway/limits.ts'
import { loadGatewayConfig } from '../../../switch/gateway/load.ts'
import { GATEWAY_SETTINGS } from '../../../switch/gateway/settings.ts'
import { LIMITS, TIMEOUTS } from '../../../switch/limits.ts'

const folder = mkdtempSync(join(tmpdir(), 'evs-gateway-config-'))
const SAMPLE = readFileSync(new URL('../../../samples/gateway.yaml', import.meta.url), 'utf8')

afterAll(() => rmSync(folder, { recursive: true }))

function load(yaml: string, env: Record<string, string> = {}) {
  const file = join(folder, 'gateway.yaml')
  writeFileSync(file, yaml)
  return loadGatewayConfig({ file, env })
}

function config(yaml: string, env?: Record<string, string>) {
  const loaded = load(yaml, env)
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

describe('the sample', () => {
  it('is in order, with defaults and absolute paths', () => {
    const { listeners, switches, timeouts, limits } = config(SAMPLE)
    expect(listeners).toMatchObject([
      { name: 'pos', kind: 'terminal', port: 5010, tpdu: true, length: 'binary2' },
    ])
    expect(switches[0]?.tls.key).toBe(join(folder, 'tls/gateway.key'))
    expect([timeouts.echoAfterMs, limits.connectionsPerListener]).toEqual([5_000, 20_000])
  })

  it('is the same with its commented lines in force', () => {
    const { listeners, limits } = config(SAMPLE.replaceAll(/# (host: 0|tls: |connections)/g, '$1'))
    expect(listeners[0]?.host).toBe('0.0.0.0')
    expect(listeners[0]?.tls?.certificate).toBe(join(folder, 'tls/doors.pem'))
    expect(limits.connectionsPerListener).toBe(20_000)
  })
})

describe('a variable', () => {
  it('of the gateway wins over the file, and those of the switch are nothing to it', () => {
    const env = { EVS_GATEWAY_LISTENERS_0_PORT: '7', EVS_LISTENERS_0_PORT: 'x', EVS_CONFIG: 'y' }
    expect(config(SAMPLE, { ...env, EVS_GATEWAY_CONFIG: 'z' }).listeners[0]?.port).toBe(7)
  })

  it('that is no setting is refused with the nearest one', () => {
    expect(load(SAMPLE, { EVS_GATEWAY_LISTENRS_0_PORT: '7' })).toMatchObject({
      problems: [{ message: 'is no setting', hint: 'did you mean EVS_GATEWAY_LISTENERS_0_PORT?' }],
    })
  })
})

const SECOND_MAIN = `  - name: main
    host: 127.0.0.1
    port: 5601
    tls: { ca: c, certificate: c, key: k }
timeouts:`

describe('a listener', () => {
  it('of terminals has a TPDU and one of an institution none, unless it says so', () => {
    const more = ['', ', tpdu: true', ', tpdu: false'].flatMap((tpdu, n) =>
      (['terminal', 'institution'] as const).map((kind) => {
        return `  - { name: ${kind}-${n}, kind: ${kind}, port: 0${tpdu} }`
      }),
    )
    const { listeners } = config(SAMPLE.replace('switches:', `${more.join('\n')}\nswitches:`))
    const tpdus = listeners.slice(1).map(({ tpdu }) => tpdu)
    expect(tpdus).toEqual([true, false, true, true, false, false])
  })
})

describe('a mistake', () => {
  it.each<[string, string, string, string]>([
    ['port: 5010', 'prot: 5010', 'listeners.0.prot', 'is no setting'],
    ['kind: terminal', 'kind: kiosk', 'listeners.0.kind', "'kiosk' is not one of"],
    ['port: 5600', 'port: 0', 'switches.0.port', 'out of range'],
    ['      key: tls/gateway.key', '      # no key', 'switches.0.tls.key', 'is missing'],
    ['idleMs: 60000', 'idleMs: 9000', 'timeouts.firstFrameMs', 'must be at most timeouts.idleMs'],
    ['port: 0 ', 'port: 5010 ', 'probe.port', 'is taken by listeners.0.port'],
    [
      'port: 5010',
      'port: 5010\n    tls: { certificate: c, key: k, clients: [a] }',
      'listeners.0.tls.clients',
      'is for an institution only',
    ],
    [
      'switches:',
      '  - { name: pos, kind: terminal, port: 0 }\nswitches:',
      'listeners.1.name',
      'is taken by listeners.0',
    ],
    ['timeouts:', SECOND_MAIN, 'switches.1.name', 'is taken by switches.0'],
    [
      'limits:',
      'limits:\n  untakenBytesPerConnection: 131072\n  untakenBytesPerLink: 65536',
      'limits.untakenBytesPerConnection',
      'must be at most limits.untakenBytesPerLink',
    ],
    [
      'idleMs: 60000',
      'tlsHandshakeMs: 10000\n  firstFrameMs: 10000',
      'timeouts.tlsHandshakeMs',
      'must be less than timeouts.firstFrameMs',
    ],
    [
      'idleMs: 60000',
      'frameMs: 10001',
      'timeouts.frameMs',
      'must be at most timeouts.firstFrameMs',
    ],
    [
      'idleMs: 60000',
      'dialBackoffFirstMs: 6000',
      'timeouts.dialBackoffFirstMs',
      'must be at most timeouts.dialBackoffMaxMs',
    ],
    [
      'idleMs: 60000',
      'idleMs: 45000',
      'timeouts.terminalAdvisedMs',
      'must be less than timeouts.idleMs',
    ],
    [
      'idleMs: 60000',
      'institutionIdleMs: 45000',
      'timeouts.terminalAdvisedMs',
      'must be less than timeouts.institutionIdleMs',
    ],
    [
      'idleMs: 60000',
      'switchTotalMs: 45000',
      'timeouts.switchTotalMs',
      'must be less than timeouts.terminalAdvisedMs',
    ],
    [
      'idleMs: 60000',
      'drainMs: 34999',
      'timeouts.switchTotalMs + timeouts.echoAnswerMs',
      '(35000) must be at most timeouts.drainMs',
    ],
    [
      'idleMs: 60000',
      'switchTotalMs: 60000\n  terminalAdvisedMs: 61000\n  idleMs: 70000\n' +
        '  drainMs: 65000\n  restMs: 64999',
      'timeouts.switchTotalMs + timeouts.echoAnswerMs',
      'must be at most timeouts.restMs',
    ],
  ])('%s as %s is named', (from, to, path, message) => {
    expect(SAMPLE).toContain(from)
    const loaded = load(SAMPLE.replace(from, to))
    const problems = loaded.kind === 'problems' ? loaded.problems : []
    expect(problems.map((one) => one.path)).toContain(path)
    expect(problems.find((one) => one.path === path)?.message).toContain(message)
    expect(problems.every(({ where }) => where?.startsWith('gateway.yaml:'))).toBe(true)
  })

  it('is a file that is not there, too', () => {
    const loaded = loadGatewayConfig({ file: join(folder, 'none.yaml'), env: {} })
    expect(loaded).toMatchObject({
      problems: [{ hint: expect.stringContaining('samples/gateway.yaml') }],
    })
  })
})

describe('settings', () => {
  it('have a description and a variable of the gateway each', () => {
    const keys = configKeys(GATEWAY_SETTINGS)
    expect(keys.filter((key) => key.description === '')).toEqual([])
    expect(keys.filter((key) => !key.env.startsWith('EVS_GATEWAY_'))).toEqual([])
    expect(new Set(keys.map((key) => key.env)).size).toBe(keys.length)
  })

  it('fit those of the switch: its patience is longer than the pauses of the gateway', () => {
    const { echoAfterMs, echoAnswerMs } = GATEWAY_TIMEOUTS
    const longestMs = echoAfterMs.value + echoAnswerMs.value
    expect(longestMs).toBeLessThan(TIMEOUTS.gatewaySilentMs.value)
    // A frame may wait so long before the switch reads it, and terminals are that patient.
    const slackMs = TIMEOUTS.terminalAdvisedMs.value - TIMEOUTS.switchTotalMs.value
    expect(longestMs).toBeLessThan(slackMs)
    expect(GATEWAY_LIMITS.frameBytes).toBe(LIMITS.frameBytes)
  })
})
