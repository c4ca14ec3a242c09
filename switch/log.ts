// The log: JSON lines on standard error, by pino. What may be written is an allow-list: the core's
// notices and the events of starting and stopping, whose fields are named here one by one. No
// message, card or voucher is ever handed to it.

import pino from 'pino'
import type { Notice } from './core/notice.ts'

export interface Log {
  info(fields: LogFields, text: string): void
  warn(fields: LogFields, text: string): void
  error(fields: LogFields, text: string): void
  fatal(fields: LogFields, text: string): void
}

export interface LogFields {
  readonly saleId?: number
  readonly detail?: string
  readonly listener?: string
  readonly cardHost?: string
  readonly port?: number
  readonly count?: number
  readonly code?: string
  readonly seconds?: number
}

const STANDARD_ERROR = 2

/** Written synchronously, so that the last line before an exit is not lost. */
export function openLog(level: string): Log {
  const destination = pino.destination({ fd: STANDARD_ERROR, sync: true })
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
  return {
    info: (fields, text) => logger.info(allowed(fields), text),
    warn: (fields, text) => logger.warn(allowed(fields), text),
    error: (fields, text) => logger.error(allowed(fields), text),
    fatal: (fields, text) => logger.fatal(allowed(fields), text),
  }
}

export function logNotice(log: Log, notice: Notice): void {
  const fields: LogFields = {
    ...(notice.saleId === undefined ? {} : { saleId: notice.saleId }),
    ...(notice.detail === undefined ? {} : { detail: notice.detail }),
  }
  if (notice.level === 'alarm') log.error({ ...fields, code: 'ALARM' }, notice.what)
  else log[notice.level](fields, notice.what)
}

const NAMES = ['saleId', 'detail', 'listener', 'cardHost', 'port', 'count', 'code', 'seconds']

/** What slipped in beside the named fields is dropped, whatever the compiler was told. */
function allowed(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => NAMES.includes(name)))
}
