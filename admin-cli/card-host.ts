// `evs card-host`: the options of the simulated card host. What they mean is read by the host
// itself.

import type { Command } from 'commander'
import { doing, verb } from './verb.ts'
import type { VerbWorld } from './world.ts'

export function cardHostVerb(world: VerbWorld): Command {
  return verb(world, 'card-host', {
    summary: 'run the simulated card host',
    examples: [
      'card-host --port 6000 --ledger ledger.ndjson',
      'card-host --port 6000 --accounts accounts.yaml --faults faults.yaml --verbose',
      'card-host --port 6443 --tls-cert host.pem --tls-key host.key --tls-client-ca ca.pem',
    ],
    bare: true,
  })
    .option('--host <address>', 'where it listens (default: 127.0.0.1)')
    .option('--port <number>', 'TCP port; 0 takes a free one (default: 0)')
    .option('--tls-cert <file>', 'listen with TLS: its certificate and chain')
    .option('--tls-key <file>', 'its private key, mode 0600')
    .option('--tls-client-ca <file>', 'authority of the certificate that a client must show')
    .option('--dialect <name>', 'iso87ascii, iso87binary or iso87ascii-binary-bitmap')
    .option('--length <header>', 'length header: ascii4, binary2 or bcd2')
    .option('--ledger <file>', 'the ledger; without it the ledger ends with the process')
    .option('--fsync', 'every line reaches the disk before its answer')
    .option('--zone-key-file <file>', 'zone master key, readable by its owner only')
    .option('--key-change-minutes <number>', 'between two changes of the zone keys')
    .option('--accounts <file>', 'accounts as JSON or YAML')
    .option('--faults <file>', 'fault script; read again when it changes')
    .option('--seed <number>', 'of the chances in the fault script')
    .option('--sign-on <who>', 'connection, host or none')
    .option('--not-signed-on-rc <code>', 'answer to a purchase before sign-on')
    .option('--forget-reversals', 'a purchase is debited although its reversal came first')
    .option('--answer-de90', 'DE 90 in a 0430')
    .option('--answer-de15', 'DE 15 in a 0210')
    .option('--verbose', 'one line for each message, fault and connection')
    .action(doing(world, (options: Record<string, unknown>) => world.rooms.cardHost(options)))
}
