// Every error of the admin API as a status and a body {error: {code, message, hint, details}}. What
// is not on the closed list becomes INTERNAL: its words, its stack and any SQL stay in the log.

import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { EvsError } from '../../admin-api/errors.ts'
import type { ErrorBody } from '../../admin-api/routes.ts'
import { asError } from '../token.ts'

export interface ErrorReply {
  readonly status: number
  readonly body: ErrorBody
  /** Ours to look at: the caller cannot mend it. */
  readonly fault: boolean
}

export function errorReply(error: unknown): ErrorReply {
  const known = error instanceof EvsError ? error : translated(error)
  const { code, message, hint, details, status } = known
  const body = { error: { code, message, hint, ...(details === undefined ? {} : { details }) } }
  return { status, body, fault: code === 'INTERNAL' }
}

function translated(error: unknown): EvsError {
  const away = asError(error)
  if (away instanceof EvsError) return away
  if (hasZodFastifySchemaValidationErrors(error)) {
    const details = error.validation.map(({ instancePath, message }) => ({
      path: [error.validationContext, ...instancePath.split('/').slice(1)].join('.'),
      message: message ?? 'not as expected',
    }))
    const message = details.map((row) => `${row.path}: ${row.message}`).join('; ')
    return new EvsError('USAGE', { message, details })
  }
  const { code = '', statusCode = 500 } = Object(error) as { code?: string; statusCode?: number }
  if (statusCode === 413) return new EvsError('TOO_LARGE')
  if (statusCode === 404) return new EvsError('NOT_FOUND')
  // Fastify's own words about a request are about its form: a header, or JSON that is none.
  if (statusCode >= 400 && statusCode < 500 && code.startsWith('FST_')) {
    return new EvsError('USAGE', { message: (error as Error).message })
  }
  return new EvsError(statusCode >= 400 && statusCode < 500 ? 'USAGE' : 'INTERNAL')
}
