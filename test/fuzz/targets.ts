// The table of fuzz targets. What each checks is said in its own file.

import type { FuzzTarget } from './target.ts'
import { ADMIN_TARGET } from './targets/admin-bodies.ts'
import { BACKUP_TARGET } from './targets/backup-header.ts'
import { CARD_HOST_REQUEST_TARGET } from './targets/card-host-request.ts'
import { CHANNEL_TARGET } from './targets/channel.ts'
import { CONFIG_TARGET } from './targets/config.ts'
import { DECODE_TARGETS } from './targets/decode.ts'
import { DESCRIBE_TARGET } from './targets/describe.ts'
import { ENCODE_TARGET } from './targets/encode.ts'
import { FRAMING_TARGET } from './targets/framing.ts'
import { HOST_REPLIES_TARGET } from './targets/host-replies.ts'
import { RELAY_TARGET } from './targets/relay.ts'
import { REQUEST_FIELDS_TARGET, STATUS_TARGET } from './targets/request-fields.ts'
import { KEY_BLOCK_TARGET, PIN_BLOCK_TARGET } from './targets/security.ts'
import { SESSION_TARGET } from './targets/session.ts'
import { CATALOGUE_TARGET, IMPORT_TARGETS, LEDGER_TARGET } from './targets/text-files.ts'
import { RECEIPT_TARGET, VOUCHERS_TARGET } from './targets/vouchers.ts'
import { ZONE_KEY_BLOCKS_TARGET } from './targets/zone-key-blocks.ts'

export const TARGETS: readonly FuzzTarget[] = [
  FRAMING_TARGET,
  CHANNEL_TARGET,
  RELAY_TARGET,
  ...DECODE_TARGETS,
  ENCODE_TARGET,
  DESCRIBE_TARGET,
  STATUS_TARGET,
  REQUEST_FIELDS_TARGET,
  VOUCHERS_TARGET,
  RECEIPT_TARGET,
  HOST_REPLIES_TARGET,
  CARD_HOST_REQUEST_TARGET,
  KEY_BLOCK_TARGET,
  PIN_BLOCK_TARGET,
  ZONE_KEY_BLOCKS_TARGET,
  ...IMPORT_TARGETS,
  CATALOGUE_TARGET,
  LEDGER_TARGET,
  SESSION_TARGET,
  ADMIN_TARGET,
  CONFIG_TARGET,
  BACKUP_TARGET,
]
