// An authority that is run with the command `openssl`, as administrators run theirs: it issues,
// revokes, and publishes lists of what it revoked. For tests of revocation alone, because it takes
// a process for each step.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc']

export class OpensslAuthority {
  readonly #folder: string
  /** PEM file. */
  readonly ca: string

  constructor(parent: string, name: string) {
    this.#folder = join(parent, name)
    mkdirSync(this.#folder, { recursive: true })
    for (const [file, text] of Object.entries({
      'index.txt': '',
      serial: '01\n',
      crlnumber: '01\n',
    })) {
      writeFileSync(join(this.#folder, file), text)
    }
    const settings = [
      ...['[ca]', 'default_ca = own', '[own]', 'dir = .', 'database = index.txt'],
      ...['serial = serial', 'crlnumber = crlnumber', 'new_certs_dir = .', 'default_md = sha256'],
      ...['certificate = ca.pem', 'private_key = ca.key', 'policy = any', 'unique_subject = no'],
      ...['[any]', 'commonName = supplied', '[server]', 'extendedKeyUsage = serverAuth'],
      ...['subjectAltName = DNS:localhost', '[client]', 'extendedKeyUsage = clientAuth'],
      ...['[req]', 'distinguished_name = dn', '[dn]', ''],
    ]
    writeFileSync(join(this.#folder, 'ca.cnf'), settings.join('\n'))
    const files = ['-keyout', 'ca.key', '-out', 'ca.pem', '-days', '900']
    const basic = ['-addext', 'basicConstraints=critical,CA:TRUE']
    this.#run(
      'req',
      '-config',
      'ca.cnf',
      '-x509',
      ...CURVE,
      '-subj',
      `/CN=${name}`,
      ...files,
      ...basic,
    )
    this.ca = join(this.#folder, 'ca.pem')
  }

  issue(name: string, use: 'server' | 'client'): { certificate: string; key: string } {
    const [key, request, out] = [`${name}.key`, `${name}.csr`, `${name}.pem`]
    const subject = ['-subj', `/CN=${name}`]
    this.#run('req', '-config', 'ca.cnf', ...CURVE, ...subject, '-keyout', key, '-out', request)
    const about = ['-in', request, '-out', out, '-extensions', use, '-days', '400', '-notext']
    this.#run('ca', '-config', 'ca.cnf', '-batch', ...about)
    return { certificate: join(this.#folder, out), key: join(this.#folder, key) }
  }

  revoke(name: string): void {
    this.#run('ca', '-config', 'ca.cnf', '-revoke', `${name}.pem`)
  }

  /** PEM of the list as of now; it holds from then to then, a day when nothing is said. */
  list({ fromMs, toMs }: { fromMs?: number; toMs?: number } = {}): string {
    const times = [
      ...(fromMs === undefined ? [] : ['-crl_lastupdate', timeText(fromMs)]),
      ...(toMs === undefined ? ['-crldays', '1'] : ['-crl_nextupdate', timeText(toMs)]),
    ]
    this.#run('ca', '-config', 'ca.cnf', '-gencrl', ...times, '-out', 'list.pem')
    return readFileSync(join(this.#folder, 'list.pem'), 'utf8')
  }

  #run(...words: string[]): void {
    execFileSync('openssl', words, { cwd: this.#folder, stdio: 'pipe' })
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
}
