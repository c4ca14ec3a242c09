// The closed list of errors that an administrator can meet, over HTTP and at the command line: one
// code, one HTTP status, one exit code, one message, one hint. docs/errors.md is compared with it.
// Outcomes of sales are not errors and are not here; they are response codes of the wire.

/** Exit codes of the command, beside 0 for success and 130 or 143 for a signal. */
export const EXIT = {
  failure: 1,
  usage: 2,
  partial: 3,
  unreachable: 4,
  refused: 5,
  damaged: 6,
  /** Of `serve` and `gateway` only: a supervisor starts them again. */
  unsure: 70,
} as const

interface ErrorRow {
  readonly status: number
  readonly exitCode: (typeof EXIT)[keyof typeof EXIT]
  readonly message: string
  readonly hint: string
}

export const ERRORS = {
  USAGE: {
    status: 400,
    exitCode: EXIT.usage,
    message: 'the command or the request is not complete or not understood',
    hint: '`evs <verb> --help` shows the verb with examples',
  },
  CONFIG_INVALID: {
    status: 400,
    exitCode: EXIT.usage,
    message: 'the configuration has problems',
    hint: '`evs config check` lists them with file, line and a way out',
  },
  NOT_FOUND: {
    status: 404,
    exitCode: EXIT.failure,
    message: 'there is no such thing',
    hint: 'the list of the same kind shows what there is',
  },
  ALREADY_EXISTS: {
    status: 409,
    exitCode: EXIT.failure,
    message: 'it exists already',
    hint: 'choose another name or number, or change the one that is there',
  },
  CONFLICT: {
    status: 409,
    exitCode: EXIT.failure,
    message: 'it changed meanwhile, or its state does not allow this',
    hint: 'look at its present state, then decide again',
  },
  TOO_LARGE: {
    status: 413,
    exitCode: EXIT.failure,
    message: 'the request or the file is larger than the limit',
    hint: 'split the file, or raise limits.adminBodyBytes or limits.batchFileBytes',
  },
  TIMED_OUT: {
    status: 503,
    exitCode: EXIT.failure,
    message: 'it took longer than its limit of time and was cut off; nothing was changed',
    hint: 'ask for a shorter period, or raise timeouts.reportMs',
  },
  BATCH_FORMAT_UNKNOWN: {
    status: 422,
    exitCode: EXIT.failure,
    message: 'the batch file is of no format that is known here',
    hint: '`evs batch formats` lists the formats; docs/batch-files.md shows how each begins',
  },
  BATCH_REFUSED: {
    status: 422,
    exitCode: EXIT.failure,
    message: 'the batch file has mistakes; nothing of it was loaded',
    hint: 'the report names lines and reasons; ask the supplier for a corrected file',
  },
  BATCH_DUPLICATE: {
    status: 409,
    exitCode: EXIT.failure,
    message: 'this file, or vouchers of it, are in stock already; nothing of it was loaded',
    hint: '`evs batch show` with the number of the earlier batch tells when it came',
  },
  LIST_REFUSED: {
    status: 422,
    exitCode: EXIT.failure,
    message: 'the file is no list of merchants or terminals; nothing of it was registered',
    hint: 'docs/terminals.md describes the columns',
  },
  SWITCH_UNREACHABLE: {
    status: 503,
    exitCode: EXIT.unreachable,
    message: 'the switch does not answer on its admin socket',
    hint: 'is it running (`evs health`), with this configuration, and may you open admin.socket?',
  },
  NOT_READY: {
    status: 503,
    exitCode: EXIT.unreachable,
    message: 'the switch is starting or stopping',
    hint: 'try again in a moment',
  },
  PORT_UNAVAILABLE: {
    status: 503,
    exitCode: EXIT.unreachable,
    message: 'a port cannot be opened now',
    hint: 'stop what uses it, wait for its address, or choose another host or port',
  },
  DATA_LOCKED: {
    status: 409,
    exitCode: EXIT.refused,
    message: 'another process owns the data directory',
    hint: 'one switch owns one data directory; stop the other one, or use another directory',
  },
  DATA_MISSING: {
    status: 500,
    exitCode: EXIT.failure,
    message: 'there is no data where the configuration says',
    hint: '`evs init` makes a new store; after a loss restore a backup instead',
  },
  KEK_MISSING: {
    status: 500,
    exitCode: EXIT.refused,
    message: 'the key-encryption key is not where the configuration says',
    hint: 'put back vault.kekFile, mend vault.kekCommand or find the token; a new key opens none',
  },
  KEK_EXPOSED: {
    status: 500,
    exitCode: EXIT.refused,
    message: 'the key-encryption key can be read by others than its owner',
    hint: 'chmod 0600 and chown to the user of the switch; replace the key if it was read',
  },
  KEK_WRONG: {
    status: 500,
    exitCode: EXIT.refused,
    message: 'the key-encryption key is not the one that this store was made with',
    hint: 'put back the copy of the right key; do not run `evs init` over this store',
  },
  HSM_UNAVAILABLE: {
    status: 503,
    exitCode: EXIT.refused,
    message: 'the token of the hardware security module cannot be used',
    hint: 'the message says what it lacks; docs/operating.md shows how a token is set up',
  },
  HSM_KEY_MISSING: {
    status: 500,
    exitCode: EXIT.refused,
    message: 'the token has no storage key for this store',
    hint: 'is it the right token? When a store moves into one: stop, `evs vault rotate data --all`',
  },
  SOFTWARE_KEYS_REFUSED: {
    status: 500,
    exitCode: EXIT.refused,
    message: 'keys in software are not for production unless the configuration accepts them',
    hint: 'use a hardware module, or set securityModule.software as docs/security.md says',
  },
  TLS_FILES_INVALID: {
    status: 500,
    exitCode: EXIT.refused,
    message: 'a certificate, key, authority or list file of a tls setting cannot be used',
    hint: 'the message names the file; docs/tls.md shows how to make and to renew them',
  },
  TLS_KEY_EXPOSED: {
    status: 500,
    exitCode: EXIT.refused,
    message: 'a private key of TLS can be read by others than its owner',
    hint: 'chmod 0600 and chown to the user of the switch; make a new key if it was read',
  },
  SCHEMA_TOO_NEW: {
    status: 500,
    exitCode: EXIT.refused,
    message: 'the store was made by a newer version',
    hint: 'install that version again; a store is never migrated backwards',
  },
  SQLITE_VERSION: {
    status: 500,
    exitCode: EXIT.refused,
    message: 'this SQLite can lose a commit: 3.51.3 or later is needed, and not 3.52.0',
    hint: 'install the packages of the lock file with `npm ci`',
  },
  JOURNAL_BROKEN: {
    status: 500,
    exitCode: EXIT.damaged,
    message: 'the journal has a gap or a record that was changed',
    hint: 'do not sell from it; `evs journal verify` names the range, then restore a backup',
  },
  BACKUP_INVALID: {
    status: 422,
    exitCode: EXIT.damaged,
    message: 'the backup is incomplete, changed, or of another store',
    hint: 'take an older backup, or the right key-encryption key',
  },
  LOGIN_REQUIRED: {
    status: 401,
    exitCode: EXIT.refused,
    message: 'this needs a named login, and no session of one is open',
    hint: '`evs login session` with a name opens one; then run it again',
  },
  LOGIN_REFUSED: {
    status: 401,
    exitCode: EXIT.refused,
    message: 'name or password is wrong, or the login is blocked or locked',
    hint: 'after limits.loginFailures wrong passwords a login waits timeouts.loginLockMs',
  },
  NOT_ALLOWED: {
    status: 403,
    exitCode: EXIT.refused,
    message: 'this login may not do that',
    hint: '`evs login list` shows the roles; docs/administration.md says what each may do',
  },
  APPROVAL_NEEDED: {
    status: 403,
    exitCode: EXIT.refused,
    message: 'a second person must approve this',
    hint: 'another login runs `evs approval approve` with the number; then run the same again',
  },
  OUTPUT_LOST: {
    status: 500,
    exitCode: EXIT.failure,
    message: 'the output could not be written',
    hint: 'what the command had to do may be done: make room, and look before you run it again',
  },
  PART_LOST: {
    status: 500,
    exitCode: EXIT.failure,
    message: 'a part of a key could not be written',
    hint: 'the key is made all the same: remove the files in that folder, and issue it again',
  },
  INTERNAL: {
    status: 500,
    exitCode: EXIT.failure,
    message: 'a fault of the program',
    hint: 'report it with the log lines around it; they hold no card numbers and no PINs',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

/** An error that an administrator can meet. Its message may say more than the list does. */
export class EvsError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  /** What the error is about, such as the problems of a file. Never a secret. */
  readonly details: unknown

  constructor(code: ErrorCode, about: { message?: string; hint?: string; details?: unknown } = {}) {
    super(about.message ?? ERRORS[code].message)
    this.name = 'EvsError'
    this.code = code
    this.hint = about.hint ?? ERRORS[code].hint
    this.details = about.details
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  get exitCode(): number {
    return ERRORS[this.code].exitCode
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text)
}
