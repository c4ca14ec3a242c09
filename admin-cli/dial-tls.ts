// The options with which a terminal's software dials the switch with TLS, alike wherever it does.
// What the files hold, and whether they are good, is the business of the software that reads them.

import type { Command } from 'commander'

/** `certificate`: what the certificate is that it shows, for the help. */
export function withDialTls(command: Command, certificate: string): Command {
  return command
    .option('--tls-ca <file>', 'dial with TLS: authority of the certificate of the switch')
    .option('--tls-crl <file>', 'what that authority revoked; refused when it has expired')
    .option('--tls-name <name>', 'name that this certificate must bear (default: the host)')
    .option('--tls-cert <file>', certificate)
    .option('--tls-key <file>', 'its private key, mode 0600')
}
