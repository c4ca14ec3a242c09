// Which shape each verb prints with --json, for docs/outside.md and for the test that runs that
// page. It is a table; the shapes themselves are those of admin-api/schemas.ts.

import { z } from 'zod'
import * as ceremony from '../admin-api/ceremony-schemas.ts'
import * as control from '../admin-api/control-schemas.ts'
import * as keyShapes from '../admin-api/key-schemas.ts'
import * as shapes from '../admin-api/schemas.ts'
import * as trade from '../admin-api/terminal-schemas.ts'
import * as vaultShapes from '../admin-api/vault-schemas.ts'
import { EXAMPLES } from '../test/admin-api/examples.ts'
import { REPLAY_SHAPES } from './replay-shapes.ts'

interface Shape {
  readonly schema: z.ZodType
  readonly example: unknown
}

const initResult = z.object({
  config: z.string(),
  data: z.string(),
  kek: z.string(),
  products: z.int(),
})
const readyLine = z.object({
  ready: z.literal(true),
  listeners: z.array(z.object({ name: z.string(), kind: z.string(), port: z.int() })),
  gateways: z.array(z.object({ name: z.string(), port: z.int() })).optional(),
  admin: z.object({ socket: z.string(), port: z.int() }),
})
const gatewayReadyLine = z.object({
  ready: z.literal(true),
  listeners: z.array(z.object({ name: z.string(), kind: z.string(), port: z.int() })),
  probe: z.object({ port: z.int() }),
})
const configCheck = z.object({ ok: z.literal(true), file: z.string() })
const configKey = z.object({
  path: z.string(),
  env: z.string(),
  type: z.string(),
  default: z.string().optional(),
  description: z.string(),
})
const batchFormat = z.object({
  name: z.string(),
  title: z.string(),
  needsExpiry: z.boolean(),
  mixed: z.boolean(),
})
const description = z.object({
  dialect: z.string(),
  length: z.enum(['none', 'binary2', 'ascii4', 'bcd2']),
  tpdu: z.string().nullable(),
  mti: z.string().nullable(),
  fields: z.array(z.object({ de: z.int(), name: z.string(), value: z.string() })),
  error: z.string().optional(),
})
const sessionShown = control.session.omit({ token: true }).extend({ file: z.string() })
const verdict = z.object({
  ok: z.boolean(),
  records: z.int(),
  link: z.string(),
  from: z.string().nullable(),
  to: z.string().nullable(),
  compared: z.literal(true).optional(),
  newer: z.int().optional(),
  problems: z.array(z.string()),
})
const { part: _shown, ...TAKEN } = EXAMPLES.takenPart
const { token: _told, ...SESSION } = EXAMPLES.session
const restored = z.object({
  epoch: z.int(),
  jseq: z.int(),
  gap: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }).nullable(),
  vouchersFenced: z.int(),
  oldDatabase: z.string().nullable(),
})
const issuedParts = z.object({
  owner: z.string(),
  scheme: z.enum(['tdes', 'aes']),
  checkValue: z.string(),
  files: z.array(z.string()),
})
const failure = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string(),
    details: z.unknown().optional(),
  }),
})

export const SHAPES = {
  ...REPLAY_SHAPES,
  initResult: {
    schema: initResult,
    example: {
      config: '/srv/shop/evs.yaml',
      data: '/srv/shop/data',
      kek: '/srv/shop/keys/kek',
      products: 24,
    },
  },
  gatewayReadyLine: {
    schema: gatewayReadyLine,
    example: {
      ready: true,
      listeners: [{ name: 'pos', kind: 'terminal', port: 5010 }],
      probe: { port: 5090 },
    },
  },
  readyLine: {
    schema: readyLine,
    example: {
      ready: true,
      listeners: [{ name: 'pos', kind: 'terminal', port: 5000 }],
      admin: { socket: '/srv/shop/data/admin.sock', port: 5080 },
    },
  },
  health: { schema: shapes.health, example: EXAMPLES.health },
  configCheck: { schema: configCheck, example: { ok: true, file: '/srv/shop/evs.yaml' } },
  configKey: {
    schema: configKey,
    example: {
      path: 'admin.port',
      env: 'EVS_ADMIN_PORT',
      type: 'whole number',
      default: '5080',
      description: 'its TCP port; 0 takes a free one',
    },
  },
  product: { schema: shapes.product, example: EXAMPLES.product },
  importDone: { schema: shapes.importEvent.options[1], example: EXAMPLES.importDone },
  batchSummary: { schema: shapes.batchSummary, example: EXAMPLES.batchSummary },
  batchDetail: { schema: shapes.batchDetail, example: EXAMPLES.batchDetail },
  batchFormat: {
    schema: batchFormat,
    example: { name: 'rightel', title: 'RighTel', needsExpiry: true, mixed: false },
  },
  stockLine: { schema: shapes.stockLine, example: EXAMPLES.stockLine },
  merchant: { schema: trade.merchant, example: EXAMPLES.merchant },
  merchantDetail: { schema: trade.merchantDetail, example: EXAMPLES.merchantDetail },
  terminal: { schema: trade.terminal, example: EXAMPLES.terminal },
  terminalDetail: { schema: trade.terminalDetail, example: EXAMPLES.terminalDetail },
  registrationDone: {
    schema: trade.registrationEvent.options[1],
    example: EXAMPLES.registrationDone,
  },
  salePage: { schema: shapes.salePage, example: EXAMPLES.salePage },
  saleDetail: { schema: shapes.saleDetail, example: EXAMPLES.saleDetail },
  suspenseItem: { schema: shapes.suspenseItem, example: EXAMPLES.suspenseItem },
  claim: { schema: shapes.claim, example: EXAMPLES.claim },
  dayEndDifference: { schema: shapes.dayEndDifference, example: EXAMPLES.dayEndDifference },
  reportTable: { schema: shapes.reportTable, example: EXAMPLES.reportTable },
  reconciliation: { schema: shapes.reconciliation, example: EXAMPLES.reconciliation },
  journalCheck: { schema: shapes.journalCheck, example: EXAMPLES.journalCheck },
  auditReport: { schema: shapes.auditReport, example: EXAMPLES.auditReport },
  login: { schema: control.login, example: EXAMPLES.login },
  sessionShown: {
    schema: sessionShown,
    example: { ...SESSION, file: '/run/user/1000/evs/3f0b6c1e9a2d4478' },
  },
  sessionEnd: { schema: control.sessionEnd, example: { ended: true } },
  approval: { schema: control.approval, example: EXAMPLES.approval },
  voucher: { schema: control.voucher, example: EXAMPLES.voucher },
  revealedVoucher: {
    schema: control.revealedVoucher,
    example: { ...EXAMPLES.voucher, voucherPin: '3104984590001' },
  },
  auditVerdict: {
    schema: verdict,
    example: {
      ...{ ok: true, records: 3, link: EXAMPLES.auditRecord.hash, from: '2026-11-01', to: null },
      ...{ compared: true, newer: 1, problems: [] },
    },
  },
  backup: { schema: shapes.backup, example: EXAMPLES.backup },
  fence: { schema: shapes.fence, example: EXAMPLES.fence },
  clockBelief: { schema: control.clockBelief, example: EXAMPLES.clockBelief },
  restored: {
    schema: restored,
    example: {
      epoch: 2,
      jseq: 17,
      gap: { from: '2026-11-22T05:50:00.000Z', to: '2026-11-22T06:10:00.000Z' },
      vouchersFenced: 19,
      oldDatabase: '/srv/shop/data/evs.db.before-restore-1795362946473',
    },
  },
  issuedParts: {
    schema: issuedParts,
    example: {
      owner: 'terminal/1',
      scheme: 'aes',
      checkValue: '9F3A11',
      files: [
        '/srv/shop/parts/terminal-000000000100001-10000001-part-1.txt',
        '/srv/shop/parts/terminal-000000000100001-10000001-part-2.txt',
      ],
    },
  },
  keyCeremony: { schema: ceremony.keyCeremony, example: EXAMPLES.keyCeremony },
  takenPart: {
    schema: ceremony.takenPart.omit({ part: true }).extend({ file: z.string() }),
    example: { ...TAKEN, file: '/home/reza/part.txt' },
  },
  masterKey: { schema: keyShapes.masterKeyInfo, example: EXAMPLES.masterKey },
  keyRow: { schema: keyShapes.keyRow, example: EXAMPLES.keyRow },
  vaultStatus: { schema: vaultShapes.vaultStatus, example: EXAMPLES.vaultStatus },
  kekRotation: { schema: vaultShapes.kekRotation, example: EXAMPLES.kekRotation },
  dataRotation: { schema: vaultShapes.rotationDone, example: EXAMPLES.dataRotation },
  zoneKeys: { schema: keyShapes.zoneKeys, example: EXAMPLES.zoneKeys },
  description: {
    schema: description,
    example: {
      dialect: 'iso87binary',
      length: 'binary2',
      tpdu: '6000010002',
      mti: '0800',
      fields: [{ de: 11, name: 'Systems trace audit number (STAN)', value: '000018' }],
    },
  },
  failure: {
    schema: failure,
    example: {
      error: {
        code: 'NOT_FOUND',
        message: 'there is no batch 7',
        hint: 'the list of the same kind shows what there is',
      },
    },
  },
} as const satisfies Record<string, Shape>

export type ShapeName = keyof typeof SHAPES

/** A list of a shape is written with brackets; null is output of another kind. */
export const PRINTS: Readonly<Record<string, ShapeName | `${ShapeName}[]` | null>> = {
  init: 'initResult',
  serve: 'readyLine',
  gateway: 'gatewayReadyLine',
  demo: null,
  health: 'health',
  'config check': 'configCheck',
  'config print': null,
  'config keys': 'configKey[]',
  'product list': 'product[]',
  'product load': 'product[]',
  'product enable': 'product',
  'product disable': 'product',
  'batch import': 'importDone',
  'batch list': 'batchSummary[]',
  'batch show': 'batchDetail',
  'batch formats': 'batchFormat[]',
  'batch release': 'batchSummary',
  'batch hold': 'batchSummary',
  'batch recall': 'batchSummary',
  'batch close': 'batchSummary',
  stock: 'stockLine[]',
  'merchant add': 'merchant',
  'merchant set': 'merchant',
  'merchant list': 'merchant[]',
  'merchant show': 'merchantDetail',
  'merchant enable': 'merchant',
  'merchant disable': 'merchant',
  'merchant commission': 'merchantDetail',
  'merchant import': 'registrationDone',
  'terminal add': 'terminal',
  'terminal set': 'terminal',
  'terminal list': 'terminal[]',
  'terminal show': 'terminalDetail',
  'terminal block': 'terminal',
  'terminal unblock': 'terminal',
  'terminal retire': 'terminal',
  'terminal replace': 'terminalDetail',
  'terminal import': 'registrationDone',
  'sale list': 'salePage',
  'sale show': 'saleDetail',
  'suspense list': 'suspenseItem[]',
  'suspense resolve': 'suspenseItem',
  'claims list': 'claim[]',
  'claims resolve': 'claim',
  'key issue': 'issuedParts',
  'key load': 'masterKey',
  'key begin load': 'keyCeremony',
  'key begin issue': 'keyCeremony',
  'key part': 'keyCeremony',
  'key take': 'takenPart',
  'key finish': 'masterKey',
  'key cancel': 'keyCeremony',
  'key ceremonies': 'keyCeremony[]',
  'key zone': 'zoneKeys',
  'key list': 'keyRow[]',
  'key remove': 'masterKey',
  'vault status': 'vaultStatus',
  'vault rotate kek': 'kekRotation',
  'vault rotate data': 'dataRotation',
  'day-end list': 'dayEndDifference[]',
  'day-end close': 'dayEndDifference',
  'report sales': 'reportTable',
  'report batch': 'reportTable',
  'report merchant': 'reportTable',
  'report commission': 'reportTable',
  reconcile: 'reconciliation',
  'journal verify': 'journalCheck',
  'audit export': null,
  'audit verify': 'auditVerdict',
  'audit check': 'auditReport',
  'login session': 'sessionShown',
  'login end': 'sessionEnd',
  'login list': 'login[]',
  'login add': 'login',
  'login password': 'login',
  'login recover': 'login',
  'login recovery approve': 'login',
  'login recovery cancel': 'login',
  'login block': 'login',
  'login unblock': 'login',
  'login remove': 'login',
  'approval list': 'approval[]',
  'approval approve': 'approval',
  'approval deny': 'approval',
  'voucher list': 'voucher[]',
  'voucher reveal': 'revealedVoucher',
  'voucher void': 'voucher',
  'voucher release': 'voucher',
  'message describe': 'description',
  backup: 'backup',
  'fence list': 'fence[]',
  'fence accept': 'fence',
  'clock believe': 'clockBelief',
  'fence return': 'batchSummary',
  restore: 'restored',
  'card-host': null,
  pos: null,
  'replay play': 'replayReport',
  'replay generate': 'generatedTraffic',
  'replay fleet': 'fleetLists',
  completion: null,
}

/** The schema of what a verb prints; undefined for output of another kind. */
export function schemaOf(verb: string): z.ZodType | undefined {
  const name = PRINTS[verb]
  if (name === null || name === undefined) return undefined
  const { schema } = SHAPES[name.replace('[]', '') as ShapeName]
  return name.endsWith('[]') ? z.array(schema) : schema
}
