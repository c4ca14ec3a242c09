// Rules between settings: each broken one is named with the setting to change and its reason.

import { describe, expect, it } from 'vitest'
import { added, changed, host, itNames, listener, type Mistake, problems } from './given-yaml.ts'

const MISTAKES: Mistake[] = [
  [
    'voucher PINs in clear',
    changed('    insecure: true\n', ''),
    'listeners.0.keys',
    'voucher PINs would travel in clear',
    'evs.yaml:2',
    'or mark the listener insecure: true',
  ],
  [
    'names of clients on a terminal listener',
    listener('tls: { certificate: a, key: b, clientCa: c, clients: [x] }'),
    'listeners.0.tls.clients',
    'is for an institution only',
    'evs.yaml:5',
    'bound by its own certificate',
  ],
  [
    'an institution that any certificate opens',
    changed(
      'kind: terminal',
      'kind: institution\n    tls: { certificate: a, key: b, clientCa: c }',
    ),
    'listeners.0.tls.clients',
    'any holder of a certificate',
    'evs.yaml:4',
    'list the names',
  ],
  [
    'names of clients that nobody is asked for',
    changed('kind: terminal', 'kind: institution\n    tls: { certificate: a, key: b, clients: x }'),
    'listeners.0.tls.clients',
    'no certificate is asked for',
    'evs.yaml:4',
  ],
  [
    'a list of revoked certificates where none is asked for',
    listener('tls: { certificate: a, key: b, crl: c }'),
    'listeners.0.tls.crl',
    'none can be revoked',
    'evs.yaml:5',
    'set clientCa',
  ],
  [
    'a certificate without its key',
    host('tls: { ca: a, certificate: b }'),
    'cardHosts.0.tls',
    'certificate and key go together',
    'evs.yaml:10',
  ],
  [
    'a key without its certificate',
    host('tls: { ca: a, key: b }'),
    'cardHosts.0.tls',
    'certificate and key go together',
    'evs.yaml:10',
  ],
  [
    'any merchant at the end of a list of some',
    changed('kind: terminal', "kind: institution\n    merchants: ['100001', '*']"),
    'listeners.0.merchants',
    '* is any merchant',
    'evs.yaml:4',
    'keep the list or the *',
  ],
  [
    'a port that another listener has on every address',
    changed(
      'cardHosts',
      "  - { name: b, kind: terminal, host: '::', port: 5000, insecure: true }\ncardHosts",
    ),
    'listeners.1.port',
    'port 5000 is taken by listeners.0.port',
    'evs.yaml:6',
  ],
  [
    'a port that an earlier listener has on every address',
    listener('host: 0.0.0.0').replace(
      'cardHosts',
      '  - { name: b, kind: terminal, port: 5000, insecure: true }\ncardHosts',
    ),
    'listeners.1.port',
    'port 5000 is taken by listeners.0.port',
    'evs.yaml:7',
  ],
  [
    'a socket whose path is a byte too long',
    added(`admin:\n  socket: /${'x'.repeat(107)}\n`),
    'admin.socket',
    'the path has 108 bytes; a unix socket may have 107',
    'evs.yaml:11',
  ],
  [
    'a private key inside the data',
    listener('tls: { certificate: a, key: data/b }'),
    'listeners.0.tls.key',
    'stands inside data.directory',
    'evs.yaml:5',
  ],
  [
    'a version of TLS that is too old',
    listener('tls: { certificate: a, key: b, minVersion: TLSv1.1 }'),
    'listeners.0.tls.minVersion',
    '',
    'evs.yaml:5',
  ],
  [
    'TLS without a key',
    listener('tls: { certificate: a }'),
    'listeners.0.tls.key',
    '',
    'evs.yaml:5',
  ],
  [
    'an institution number on a terminal listener',
    listener('institution: 1'),
    'listeners.0.institution',
    'is for an institution only',
    'evs.yaml:5',
  ],
  [
    'a merchant list on a terminal listener',
    listener('merchants: [A]'),
    'listeners.0.merchants',
    'is for an institution only',
    'evs.yaml:5',
  ],
  [
    'a refusal mapped to approval',
    listener('responseCodes: { 44: 00 }'),
    'listeners.0.responseCodes.44',
    '00 means approved',
    'evs.yaml:5',
  ],
  [
    'an approval among the declines',
    host('profile: { definiteDeclines: ["00"] }'),
    'cardHosts.0.profile.definiteDeclines',
    '00 is an approval',
    'evs.yaml:10',
  ],
  [
    'an approval that is mapped to another code',
    listener('responseCodes: { "00": "05" }'),
    'listeners.0.responseCodes.00',
    '00 means approved and cannot be mapped',
    'evs.yaml:5',
  ],
  [
    'a partial approval among the declines',
    host('profile: { definiteDeclines: ["10"] }'),
    'cardHosts.0.profile.definiteDeclines',
    '10 is an approval',
    'evs.yaml:10',
    'the debit would stay',
  ],
  [
    'an approval of the profile among the declines',
    host('profile: { approvedCodes: ["00", "85"], definiteDeclines: ["51", "85"] }'),
    'cardHosts.0.profile.definiteDeclines',
    '85 is an approval',
    'evs.yaml:10',
  ],
  [
    'a port used twice, once on every address',
    changed(
      'cardHosts',
      '  - { name: two, kind: terminal, host: 0.0.0.0, port: 5000, keys: aes }\ncardHosts',
    ),
    'listeners.1.port',
    'port 5000 is taken by listeners.0.port',
    'evs.yaml:6',
  ],
  [
    'an admin interface whose name only begins like a loopback address',
    added('admin:\n  host: localhost.example\n'),
    'admin.host',
    'not a loopback address',
    'evs.yaml:11',
  ],
  [
    'an admin interface whose name only ends like a loopback address',
    added('admin:\n  host: a127.0.0.1\n'),
    'admin.host',
    'not a loopback address',
    'evs.yaml:11',
  ],
  [
    'a name used twice',
    changed('cardHosts', '  - { name: pos, kind: terminal, port: 0, keys: aes }\ncardHosts'),
    'listeners.1.name',
    'the name pos is taken by listeners.0',
    'evs.yaml:6',
  ],
  [
    'a name that two card hosts have',
    added('  - { name: bank, port: 6001, acquirerId: 000581 }\n'),
    'cardHosts.1.name',
    'the name bank is taken by cardHosts.0',
    'evs.yaml:10',
  ],
  [
    'a private key of a card host link inside the data',
    host('tls: { ca: a, certificate: b, key: data/c }'),
    'cardHosts.0.tls.key',
    'stands inside data.directory',
    'evs.yaml:10',
  ],
  [
    'a port used twice',
    added('admin:\n  port: 5000\n'),
    'admin.port',
    'port 5000 is taken by listeners.0.port',
    'evs.yaml:11',
  ],
  [
    'an admin interface for everybody',
    added('admin:\n  host: 0.0.0.0\n'),
    'admin.host',
    'not a loopback address',
    'evs.yaml:11',
  ],
  [
    'a socket path that is too long',
    added(`admin:\n  socket: /${'x'.repeat(120)}\n`),
    'admin.socket',
    'has 121 bytes',
    'evs.yaml:11',
  ],
  [
    'the key beside the data it protects',
    added('vault:\n  kekFile: data/kek\n'),
    'vault.kekFile',
    'stands inside data.directory',
    'evs.yaml:11',
  ],
  [
    'two places of one key',
    added('vault:\n  kekFile: keys/kek\n  kekCommand: [cat, keys/kek]\n'),
    'vault.kekCommand',
    'not from both',
    'evs.yaml:12',
  ],
  [
    'a first frame that is due while TLS shakes hands',
    `${listener('tls: { certificate: a, key: b }')}timeouts:\n  firstFrameMs: 8000\n`,
    'timeouts.tlsHandshakeMs',
    'must be less than timeouts.firstFrameMs (8000)',
    'evs.yaml:11',
  ],
  [
    'deadlines in the wrong order',
    added('timeouts:\n  cardHostMs: 31000\n  drainMs: 40000\n'),
    'timeouts.cardHostMs',
    'must be less than timeouts.switchTotalMs (30000)',
    'evs.yaml:11',
  ],
]

describe('rules between settings', () => {
  itNames(MISTAKES)

  it('say nothing about handshakes where no listener speaks TLS', () => {
    expect(problems(added('timeouts:\n  firstFrameMs: 8000\n'))).toEqual([])
  })

  it.each(['127.0.0.1', '127.9.8.7', '::1', 'localhost'])('let %s be administered', (address) => {
    expect(problems(added(`admin:\n  host: '${address}'\n`))).toEqual([])
  })

  it('let a socket have a path of as many bytes as the system takes', () => {
    expect(problems(added(`admin:\n  socket: /${'x'.repeat(106)}\n`))).toEqual([])
  })

  it('let one port be opened on two addresses', () => {
    const second = '  - { name: b, kind: terminal, host: 10.0.0.1, port: 5000, insecure: true }\n'
    expect(problems(changed('cardHosts', `${second}cardHosts`))).toEqual([])
  })
})
