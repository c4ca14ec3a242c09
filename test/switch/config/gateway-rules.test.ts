// What the switch's configuration says about gateways: who may bring what, and what must be asked
// of a terminal whose connection they bring.

import { describe, expect, it } from 'vitest'
import { added, changed, config, GOOD, itNames, type Mistake, problems } from './given-yaml.ts'

const TLS = '{ certificate: c.pem, key: c.key, clientCa: ca.pem }'
const door = (clients: string, port = 5600): string =>
  `gateways:\n  - name: inner\n    port: ${port}\n    tls: ${TLS}\n    clients:\n${clients}`
const CLIENT = '      - { certificate: gw, name: gw-1, listeners: [pos] }\n'
const WITH_DOOR = added(door(CLIENT))
const PORTLESS = WITH_DOOR.replace('    port: 5000\n', '')

const MISTAKES: Mistake[] = [
  [
    'a listener that nothing reaches',
    WITH_DOOR.replace(
      'cardHosts',
      '  - { name: kiosk, kind: terminal, insecure: true }\ncardHosts',
    ),
    'listeners.1.port',
    'is missing',
    'evs.yaml:6',
    'a gateway has to bring its connections',
  ],
  [
    'TLS without a port',
    PORTLESS.replace('insecure: true', 'tls: { certificate: c.pem, key: c.key }'),
    'listeners.0.tls',
    'is for a listener with a port',
    'evs.yaml:4',
    'gatewayTls',
  ],
  [
    'a listener that there is not',
    added(door(CLIENT.replace('[pos]', '[poss]'))),
    'gateways.0.clients.0.listeners',
    'there is no listener poss',
    'evs.yaml:15',
    'did you mean pos?',
  ],
  [
    'one certificate for two gateways',
    added(door(CLIENT + CLIENT)),
    'gateways.0.clients.1.certificate',
    'is that of gateways.0.clients.0',
    'evs.yaml:16',
  ],
  [
    'a name that two doors have',
    WITH_DOOR + door(CLIENT, 5601).replace('gateways:\n', ''),
    'gateways.1.name',
    'the name inner is taken by gateways.0',
    'evs.yaml:16',
  ],
  [
    'a port used twice',
    added(door(CLIENT, 5000)),
    'gateways.0.port',
    'port 5000 is taken by listeners.0.port',
    'evs.yaml:12',
  ],
  [
    'a door without TLS',
    WITH_DOOR.replace(`    tls: ${TLS}\n`, ''),
    'gateways.0.tls',
    'is missing',
    'evs.yaml:11',
  ],
  [
    'a door that asks for no certificate',
    WITH_DOOR.replace(', clientCa: ca.pem', ''),
    'gateways.0.tls.clientCa',
    'is missing',
    'evs.yaml:13',
  ],
  [
    'a private key inside the data',
    WITH_DOOR.replace('c.key', 'data/c.key'),
    'gateways.0.tls.key',
    'stands inside data.directory',
    'evs.yaml:13',
  ],
  [
    'PINs in clear although no port is open',
    PORTLESS.replace('insecure: true', 'gatewayTls: none'),
    'listeners.0.keys',
    'voucher PINs would travel in clear',
    'evs.yaml:2',
  ],
]

describe('rules of gateways', () => itNames(MISTAKES))

describe('a listener', () => {
  it('may be without a port when a gateway brings its connections', () => {
    expect(problems(PORTLESS)).toEqual([])
    expect(config(PORTLESS).listeners[0]?.port).toBeUndefined()
  })

  it.each([
    ['nothing, where PINs may go in clear', GOOD, 'none'],
    ['nothing, where terminals have keys', changed('insecure: true', 'keys: aes'), 'none'],
    [
      'TLS, where it speaks TLS itself',
      changed('insecure: true', 'tls: { certificate: c.pem, key: c.key }'),
      'tls',
    ],
    [
      'a certificate, where it asks for one itself',
      changed('insecure: true', `tls: ${TLS}`),
      'certificate',
    ],
    ['TLS, where PINs would go in clear', PORTLESS.replace('    insecure: true\n', ''), 'tls'],
    ['what it says', changed('insecure: true', 'keys: aes\n    gatewayTls: tls'), 'tls'],
  ])('asks a gateway for %s', (_what, yaml, needed) => {
    expect(config(yaml).listeners[0]?.gatewayTls).toBe(needed)
  })

  it('and a door take paths from the folder of the file', () => {
    const [opened] = config(WITH_DOOR).gateways
    expect(opened?.tls.key).toMatch(/^\/.*\/c\.key$/)
    expect(opened?.clients).toEqual([{ certificate: 'gw', name: 'gw-1', listeners: ['pos'] }])
  })
})

it('variables of a gateway are nothing to the switch, and those of its doors are', () => {
  expect(problems(WITH_DOOR, { env: { EVS_GATEWAY_LISTENERS_0_PORT: 'x' } })).toEqual([])
  const given = config(WITH_DOOR, { env: { EVS_GATEWAYS_0_CLIENTS_0_NAME: 'other' } })
  expect(given.gateways[0]?.clients[0]?.name).toBe('other')
})
