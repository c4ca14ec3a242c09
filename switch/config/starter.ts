// The configuration that `evs init` writes: short, commented, and good for a first sale on one
// machine with the simulated card host. A test reads it back without a problem.

/** The token whose keys `evs init` makes. */
export interface StarterToken {
  readonly library: string
  readonly tokenLabel: string
  readonly userPinFile: string
}

export interface StarterOptions {
  readonly token?: StarterToken | undefined
  readonly terminalPort?: number
  readonly institutionPort?: number
  readonly adminPort?: number
  readonly cardHostPort?: number
  readonly acquirerId?: string
}

const KEK_IN_FILE = `vault:
  kekFile: keys/kek         # made by \`evs init\`; keep a copy apart from the data
`

function keysInToken({ library, tokenLabel, userPinFile }: StarterToken): string {
  return `# The hardware security module. Its keys were made by \`evs init\` and never leave it.
pkcs11:
  library: ${JSON.stringify(library)}
  tokenLabel: ${JSON.stringify(tokenLabel)}
  userPinFile: ${JSON.stringify(userPinFile)}   # mode 0600

vault:
  kekLabel: evs-kek

securityModule:
  keyLabel: evs-storage
`
}

export function starterYaml(options: StarterOptions = {}): string {
  const { terminalPort = 5000, institutionPort = 5001, adminPort = 0 } = options
  const { cardHostPort = 6000, acquirerId = '581000', token } = options
  return `# Configuration of evoucher-switch. Check it with \`evs config check\`.
# \`evs config keys\` lists every setting with its default. Each can be set from the environment
# too: EVS_LISTENERS_0_PORT=5002 is listeners, first entry, port. Paths start at this folder.

# Where terminals and institutions connect.
listeners:
  - name: pos
    kind: terminal
    port: ${terminalPort}
    dialect: iso87binary    # or iso87ascii, iso87ascii-binary-bitmap
    keys: none              # tdes or aes, once terminals have keys
    insecure: true          # keys: none sends voucher PINs in clear: for trials only
    # host: 0.0.0.0         # to be reached from other machines
    # tls: { certificate: tls/switch.pem, key: tls/switch.key }   # then insecure can go
    # responseCodes: { 44: 97 }   # a network that calls stock-out 97

  - name: bank
    kind: institution       # a bank's server that brings many terminals
    port: ${institutionPort}
    dialect: iso87ascii-binary-bitmap
    keys: none
    insecure: true
    # institution: 1        # its merchants and terminals are registered with --institution 1
    # merchants: ['000000000100001']   # only these of them

# Who debits the cards. \`evs card-host\` is a simulated one.
cardHosts:
  - name: simulator
    host: 127.0.0.1
    port: ${cardHostPort}
    acquirerId: '${acquirerId}'
    # profile:
    #   lateApproval: fresh

# Deadlines in milliseconds; their order is checked.
timeouts:
  cardHostMs: 25000         # < switchTotalMs
  switchTotalMs: 30000      # < terminalAdvisedMs
  terminalAdvisedMs: 45000  # < idleMs
  idleMs: 60000

limits:
  # terminalRefundsPerDay: 5
  # reprintsPerSale: 3

admin:
  port: ${adminPort}                 # /metrics, /readyz on 127.0.0.1; 0: a free one, told at start

data:
  directory: data

${token === undefined ? KEK_IN_FILE : keysInToken(token)}
log:
  level: info

receipts:
  phone: ''                 # telephone number for customers
  footer: ''
`
}
