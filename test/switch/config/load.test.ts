// The configuration from its sources: which source wins, what is filled in, and that each mistake
// is found in one run.

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../switch/config/load.ts'
import { added, changed, config, folder, GOOD, problems } from './given-yaml.ts'

describe('sources', () => {
  it('fills in the defaults and resolves paths against the folder of the file', () => {
    const made = config(GOOD)
    expect(made.data.directory).toBe(join(folder, 'data'))
    expect(made.admin).toEqual({
      socket: join(folder, 'data', 'admin.sock'),
      ...{ socketMode: '0600', api: false },
      host: '127.0.0.1',
      port: 0,
    })
    expect(made.vault.kekFile).toBe(join(folder, 'keys', 'kek'))
    expect(made.timeouts.cardHostMs).toBe(25_000)
    expect(made.limits.frameBytes).toBe(4096)
    expect(made.cardHosts[0]?.profile.definiteDeclines).toContain('51')
    expect(made.listeners[0]).toMatchObject({ dialect: 'iso87binary', institution: 0, tpdu: true })
  })

  it('resolves every file of TLS against the folder of the file', () => {
    const tls = 'tls: { certificate: a.pem, key: a.key, clientCa: ca.pem, crl: ca.crl }'
    const yaml = changed('    insecure: true\n', `    ${tls}\n`)
    expect(config(yaml).listeners[0]?.tls).toMatchObject({
      ...{ certificate: join(folder, 'a.pem'), key: join(folder, 'a.key') },
      ...{ clientCa: join(folder, 'ca.pem'), crl: join(folder, 'ca.crl') },
    })
  })

  it('resolves those of a card host likewise, and the socket of the admin interface', () => {
    const tls = 'tls: { ca: ca.pem, crl: ca.crl, certificate: a.pem, key: a.key, serverName: a.b }'
    const made = config(`${GOOD}    ${tls}\nadmin: { socket: run/admin.sock }\n`)
    expect(made.cardHosts[0]?.tls).toEqual({
      ...{ ca: join(folder, 'ca.pem'), crl: join(folder, 'ca.crl'), serverName: 'a.b' },
      ...{ certificate: join(folder, 'a.pem'), key: join(folder, 'a.key'), minVersion: 'TLSv1.2' },
    })
    expect(made.admin.socket).toBe(join(folder, 'run/admin.sock'))
  })

  it('takes the key from a command alone, whose path is resolved and whose arguments are not', () => {
    const asked = (command: string) => config(added(`vault:\n  kekCommand: ${command}\n`)).vault
    expect(asked('[keys/ask, a/b]')).toEqual({ kekCommand: [join(folder, 'keys/ask'), 'a/b'] })
    expect(asked('[pass, show, kek]')).toEqual({ kekCommand: ['pass', 'show', 'kek'] })
  })

  it('takes the key from the token alone where it has a label', () => {
    const token = 'pkcs11: { library: p11.so, tokenLabel: evs, userPinCommand: [bin/pin, a/b] }\n'
    const made = config(added(`${token}vault: { kekLabel: evs-kek }\n`))
    expect(made.vault).toEqual({ kekLabel: 'evs-kek' })
    expect(made.pkcs11?.userPinCommand).toEqual([join(folder, 'bin/pin'), 'a/b'])
    // The system knows where it keeps a library that is named without a folder.
    expect(made.pkcs11?.library).toBe('p11.so')
    const nearby = config(added(`${token.replace('p11.so', './p11.so')}vault: { kekLabel: k }\n`))
    expect(nearby.pkcs11?.library).toBe(join(folder, 'p11.so'))
  })

  it('takes paths of recordings from the folder of the file', () => {
    const { recording } = config(added('recording: { folder: traffic }\n'))
    expect(recording).toEqual({ folder: join(folder, 'traffic') })
  })

  it('asks of terminals behind a gateway what the listener asks at its own door', () => {
    const asked = (text: string) => config(changed('insecure: true', text)).listeners[0]?.gatewayTls
    const tls = 'tls: { certificate: a, key: b }'
    expect(asked(`keys: tdes\n    ${tls}`)).toBe('tls')
    expect(asked(`insecure: true\n    ${tls}`)).toBe('tls')
    expect(asked('keys: tdes\n    tls: { certificate: a, key: b, clientCa: c }')).toBe(
      'certificate',
    )
    expect(asked('keys: tdes')).toBe('none')
    expect(asked('insecure: true')).toBe('none')
  })

  it('expects no TPDU from an institution unless it is told so', () => {
    const institution = '    institution: 1\n    merchants: ["*"]\n'
    const yaml = changed('terminal', 'institution').replace('cardHosts', `${institution}cardHosts`)
    expect(config(yaml).listeners[0]).toMatchObject({ tpdu: false, institution: 1 })
    expect(config(yaml.replace('port: 5000', 'port: 1\n    tpdu: true')).listeners[0]?.tpdu).toBe(
      true,
    )
  })

  it('keeps the leading zeros of an unquoted number that is a text', () => {
    expect(config(GOOD).cardHosts[0]?.acquirerId).toBe('000581')
  })

  it('prefers override to environment, environment to file, file to default', () => {
    const yaml = added('log:\n  level: warn\n')
    const env = { EVS_LOG_LEVEL: 'debug' }
    const overrides = { 'log.level': 'trace' }
    expect(config(GOOD).log.level).toBe('info')
    expect(config(yaml).log.level).toBe('warn')
    expect(config(yaml, { env }).log.level).toBe('debug')
    expect(config(yaml, { env, overrides }).log.level).toBe('trace')
  })

  it('takes numbers, switches, lists, maps and new entries from the environment', () => {
    const made = config(GOOD, {
      env: {
        EVS_CARD_HOSTS_0_ACQUIRER_ID: '007',
        EVS_CARD_HOSTS_0_PROFILE_DEFINITE_DECLINES: '05, 51',
        EVS_CARD_HOSTS_0_PROFILE_SIGN_ON: 'false',
        EVS_LISTENERS_0_RESPONSE_CODES_44: '97',
        EVS_LISTENERS_1_INSECURE: 'true',
        EVS_LISTENERS_1_KIND: 'terminal',
        EVS_LISTENERS_1_NAME: 'kiosk',
        EVS_LISTENERS_1_PORT: '0',
        EVS_TIMEOUTS_CARD_HOST_MS: '20000',
      },
    })
    expect(made.cardHosts[0]?.acquirerId).toBe('007')
    expect(made.cardHosts[0]?.profile).toMatchObject({
      definiteDeclines: ['05', '51'],
      signOn: false,
    })
    expect(made.listeners[0]?.responseCodes).toEqual({ '44': '97' })
    expect(made.listeners[1]).toMatchObject({ name: 'kiosk', port: 0 })
    expect(made.timeouts.cardHostMs).toBe(20_000)
  })

  it('takes the tenth entry of a list after the second, however variables are sorted', () => {
    const entries = Array.from({ length: 12 }, (_, n) => [
      ...[`NAME=pos-${n}`, 'KIND=terminal', 'PORT=0', 'KEYS=tdes'].map((setting) => {
        const [name, value = ''] = setting.split('=')
        return [`EVS_LISTENERS_${n}_${name}`, value] as const
      }),
    ])
    const env = Object.fromEntries(entries.flat())
    const { listeners } = config(GOOD, { env })
    expect(listeners.map(({ name }) => name)).toEqual(entries.map((_, n) => `pos-${n}`))
  })

  it('works from the environment alone', () => {
    const loaded = loadConfig({
      env: {
        EVS_CARD_HOSTS_0_ACQUIRER_ID: '1',
        EVS_CARD_HOSTS_0_NAME: 'bank',
        EVS_CARD_HOSTS_0_PORT: '6000',
        EVS_LISTENERS_0_KEYS: 'tdes',
        EVS_LISTENERS_0_KIND: 'terminal',
        EVS_LISTENERS_0_NAME: 'pos',
        EVS_LISTENERS_0_PORT: '0',
      },
    })
    expect(loaded.kind).toBe('config')
  })

  it('treats an empty variable, and a section with every line commented out, as absent', () => {
    const yaml = added('limits:\n  # frameBytes: 8000\n')
    expect(config(yaml, { env: { EVS_LOG_LEVEL: '' } }).log.level).toBe('info')
  })

  it('leaves alone what the command reads itself and what a platform makes', () => {
    const env = {
      EVS_CONFIG: 'x',
      EVS_SESSION: 's',
      EVS_SESSION_FILE: 'f',
      EVS_SERVICE_HOST: 'y',
      EVS_PORT_5000_TCP: 'z',
      ...{ EVS_PORT: 'p', EVS_NAME: 'n', EVS_ENV_HOME: 'h' },
    }
    expect(problems(GOOD, { env })).toEqual([])
  })

  it('names the file that cannot be read, and the command that makes one', () => {
    const missing = join(folder, 'none.yaml')
    const loaded = loadConfig({ file: missing, env: {} })
    expect(loaded).toMatchObject({
      problems: [{ message: 'cannot be read (ENOENT)', where: missing, hint: /evs init/ }],
    })
  })

  it('reports every mistake of one file at once', () => {
    const yaml = changed('terminal', 'terminl').replace('6000', '99999').replace('000581', 'x')
    expect(problems(yaml).map((problem) => problem.path)).toEqual([
      'listeners.0.kind',
      'cardHosts.0.port',
      'cardHosts.0.acquirerId',
    ])
  })
})
