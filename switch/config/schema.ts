// The shape of `evs.yaml`: every setting with its type, its default and a sentence for the manual.
// Rules between settings are in `rules.ts`; relations between times and limits in `../limits.ts`.
// No transforms here, so that the schema can be walked for names, defaults and documentation.

import { z } from 'zod'
import { DIALECTS, type DialectName } from '../../protocol/message/dialect.ts'
import { SOFTWARE_ACCEPTANCE } from '../../protocol/security/software-module.ts'
import { LIMITS, TIMEOUTS } from '../limits.ts'
import {
  certificateName,
  crlOf,
  filePath,
  framing,
  host,
  LENGTHS,
  LEVELS,
  listenerTls,
  minVersion,
  name,
  settingsOf,
} from './parts.ts'

const DIALECT_NAMES = Object.keys(DIALECTS) as DialectName[]
const KEY_SCHEMES = ['none', 'tdes', 'aes'] as const

/** Definite declines of the card host: nothing was debited. Any other code is *unknown*. */
const DEFINITE_DECLINES = [
  ...['04', '05', '07', '12', '13', '14', '15', '41', '43', '51', '54', '55', '57', '58', '59'],
  ...['61', '62', '63', '65', '75', '78'],
]

const gatewayClient = z.strictObject({
  certificate: certificateName.describe('name (CN or DNS) in the certificate of the gateway'),
  name: name.describe('name of the gateway in logs and metrics'),
  listeners: z.array(name).min(1).describe('listeners that it may bring connections for'),
})

const gatewayDoor = z.strictObject({
  name: name.describe('name of the door in logs and metrics'),
  host: host.default('127.0.0.1').describe('address to listen on'),
  port: z.int().min(0).max(65_535).describe('TCP port; 0 takes a free one'),
  tls: z
    .strictObject({
      certificate: filePath.describe('PEM file of its certificate and chain'),
      key: filePath.describe('PEM file of the private key, mode 0600'),
      clientCa: filePath.describe('PEM file of the authority of the gateways'),
      crl: crlOf('clientCa'),
      minVersion,
    })
    .describe('TLS of the door; there is none without it'),
  clients: z.array(gatewayClient).min(1).describe('the gateways that may connect'),
})

const responseCode = z.string().regex(/^[0-9A-Z]{2}$/, 'must be two digits or capital letters')
const cardHostTls = z.strictObject({
  ca: filePath.describe('PEM file of the authority of its certificate; then TLS is dialled'),
  crl: crlOf('ca'),
  serverName: host
    .optional()
    .describe('name or IP address that its certificate must bear')
    .meta({ fallback: 'host of the card host' }),
  certificate: filePath
    .optional()
    .describe('PEM file of our certificate and chain, if it asks for one')
    .meta({ fallback: '' }),
  key: filePath
    .optional()
    .describe('PEM file of the private key, mode 0600')
    .meta({ fallback: '' }),
  minVersion,
})

const listener = z.strictObject({
  name: name.describe('name of the listener in logs and metrics'),
  kind: z.enum(['terminal', 'institution']).describe('who connects: terminals, or a bank server'),
  host: host.default('127.0.0.1').describe('address to listen on'),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe('TCP port; 0 takes a free one')
    .meta({ fallback: '**required**, unless gateways alone bring its connections' }),
  gatewayTls: z
    .enum(['none', 'tls', 'certificate'])
    .optional()
    .describe('what a gateway must have asked of the terminal')
    .meta({ fallback: 'what its own tls asks; tls where voucher PINs would go in clear' }),
  dialect: z.enum(DIALECT_NAMES).default('iso87binary').describe('table of field formats'),
  ...framing,
  binaryAsHex: z.boolean().default(false).describe('binary fields travel as hex characters'),
  keys: z.enum(KEY_SCHEMES).default('none').describe('keys of the terminals, or zone keys'),
  insecure: z.boolean().default(false).describe('keys none is meant: voucher PINs go in clear'),
  responseCodes: z
    .record(responseCode, responseCode)
    .prefault({})
    .describe('response codes that this network calls otherwise, ours: theirs'),
  institution: z
    .int()
    .min(0)
    .max(9_999)
    .default(0)
    .describe('whose merchants and terminals connect; 0 are our own'),
  merchants: z
    .array(z.string().regex(/^(\*|[!-~][ -~]{0,14})$/, 'must be 1 to 15 characters, or *'))
    .min(1)
    .default(['*'])
    .describe('merchants that the institution may bring; * is any of its own'),
  tls: listenerTls.optional().describe('TLS of the listener'),
})

const profile = z.strictObject({
  approvedCodes: z.array(responseCode).min(1).default(['00']).describe('codes of an approval'),
  definiteDeclines: z
    .array(responseCode)
    .default(DEFINITE_DECLINES)
    .describe('codes that say for certain that nothing was debited'),
  signOn: z.boolean().default(true).describe('the link signs on before it carries sales'),
  lateApproval: z
    .enum(['repeat', 'fresh'])
    .default('repeat')
    .describe('how a late approval is undone: the same 0421 again, or a fresh 0420'),
})

const cardHost = z.strictObject({
  name: name.describe('name of the card host in logs and metrics'),
  host: host.default('127.0.0.1').describe('address to dial'),
  port: z.int().min(1).max(65_535).describe('TCP port to dial'),
  connections: z.int().min(1).max(32).default(1).describe('connections held open'),
  dialect: z.enum(DIALECT_NAMES).default('iso87ascii').describe('table of field formats'),
  length: z.enum(LENGTHS).default('ascii4').describe('length header in front of a message'),
  lengthIncludesItself: z.boolean().default(false).describe('the length header counts itself'),
  binaryAsHex: z.boolean().default(false).describe('binary fields travel as hex characters'),
  acquirerId: z
    .string()
    .regex(/^\d{1,11}$/, 'must be 1 to 11 digits')
    .describe('our acquirer id, DE 32'),
  keys: z.enum(KEY_SCHEMES).default('none').describe('zone keys of the link'),
  profile: profile.prefault({}).describe('what the answers of this host mean'),
  tls: cardHostTls.optional().describe('TLS of the link'),
})

const receiptText = z
  .string()
  .max(40)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be one line without control characters or lone surrogates')

const keyLabel = z.string().regex(/^[\w.-]{1,24}$/, 'must be 1 to 24 letters, digits, - . _')

export const schema = z.strictObject({
  listeners: z.array(listener).min(1).describe('where terminals and institutions connect'),
  gateways: z.array(gatewayDoor).default([]).describe('where gateways connect'),
  cardHosts: z.array(cardHost).min(1).describe('who debits the cards'),
  timeouts: settingsOf(TIMEOUTS).prefault({}).describe('deadlines and pauses in milliseconds'),
  limits: settingsOf(LIMITS).prefault({}).describe('sizes, counts and ages'),
  timezone: z
    .enum(['Asia/Tehran'])
    .default('Asia/Tehran')
    .describe('the day of limits and reports'),
  admin: z
    .strictObject({
      socket: filePath
        .optional()
        .describe('unix socket of the admin interface')
        .meta({ fallback: 'admin.sock in the data directory' }),
      socketMode: z
        .enum(['0600', '0660'])
        .default('0600')
        .describe('who may open the socket: the owner, or its group too'),
      host: host.default('127.0.0.1').describe('address of the admin interface, loopback only'),
      port: z.int().min(0).max(65_535).default(0).describe('its TCP port; 0 takes a free one'),
      api: z
        .boolean()
        .default(false)
        .describe('serve the admin API on the TCP port too, to logins only'),
    })
    .prefault({})
    .describe('the admin interface'),
  data: z
    .strictObject({
      directory: filePath.default('data').describe('folder of the journal and the stock'),
    })
    .prefault({})
    .describe('where the switch keeps its data'),
  vault: z
    .strictObject({
      kekFile: filePath
        .optional()
        .describe('file of the key-encryption key, mode 0600')
        .meta({ fallback: 'keys/kek, unless there is a command or a kekLabel' }),
      kekCommand: z
        .array(z.string().min(1).max(1_024))
        .min(1)
        .max(32)
        .optional()
        .describe('program and arguments that print the key-encryption key, in place of the file'),
      kekLabel: keyLabel
        .optional()
        .describe('label of the key-encryption key in the token of pkcs11, in place of both'),
    })
    .prefault({})
    .describe('keys of the voucher PIN vault'),
  securityModule: z
    .strictObject({
      software: z
        .enum([SOFTWARE_ACCEPTANCE])
        .optional()
        .describe('accepts keys in this process where NODE_ENV is production')
        .meta({ fallback: 'they are refused there' }),
      keyLabel: keyLabel
        .optional()
        .describe('label of the storage keys in the token of pkcs11; then keys are used there'),
    })
    .prefault({})
    .describe('where keys of terminals and zones are used'),
  pkcs11: z
    .strictObject({
      library: filePath.describe('PKCS#11 library of the hardware security module'),
      tokenLabel: z
        .string()
        .regex(/^[\x20-\x7e]{1,32}$/, 'must be 1 to 32 characters')
        .describe('label of the token'),
      userPinFile: filePath.optional().describe('file of the user PIN, mode 0600'),
      userPinCommand: z
        .array(z.string().min(1).max(1_024))
        .min(1)
        .max(32)
        .optional()
        .describe('program and arguments that print the user PIN, in place of the file'),
    })
    .optional()
    .describe('a token that has keys'),
  log: z
    .strictObject({ level: z.enum(LEVELS).default('info').describe('least severe line written') })
    .prefault({})
    .describe('the log on standard error'),
  recording: z
    .strictObject({
      folder: filePath.describe(
        'folder for files of terminal traffic; with it traffic is recorded',
      ),
    })
    .optional()
    .describe('a recording of terminal traffic for tests'),
  receipts: z
    .strictObject({
      phone: receiptText.default('').describe('telephone number for customers'),
      footer: receiptText.default('').describe('last line of a receipt'),
    })
    .prefault({})
    .describe('texts of receipts'),
})

export type ParsedConfig = z.output<typeof schema>
type ParsedListener = ParsedConfig['listeners'][number]

export type CardHostConfig = ParsedConfig['cardHosts'][number]
export type GatewayDoorConfig = ParsedConfig['gateways'][number]
export type ListenerConfig = Omit<ParsedListener, 'tpdu' | 'gatewayTls'> & {
  tpdu: boolean
  /** With every default filled in. */
  gatewayTls: 'none' | 'tls' | 'certificate'
}
/** The configuration with every default filled in and every path absolute. */
export type Config = Omit<ParsedConfig, 'listeners' | 'admin' | 'vault'> & {
  listeners: ListenerConfig[]
  admin: Omit<ParsedConfig['admin'], 'socket'> & { socket: string }
  /** One of the first two or the label, or one and the label, once the rules were checked. */
  vault: { kekFile?: string; kekCommand?: string[]; kekLabel?: string }
}
