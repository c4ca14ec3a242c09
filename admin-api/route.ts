// One row of the table of routes: an operation's method, path and schemas.
// Which rows there are is in `routes.ts` and `terminal-routes.ts`.

import type { z } from 'zod'

/** Which limit a streamed file obeys. */
export type UploadKind = 'catalogue' | 'batch' | 'ledger' | 'list'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  readonly path: string
  readonly summary: string
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  /** The body is a file, sent as octets and read while it comes. */
  readonly upload?: UploadKind
  readonly answer: z.ZodType
  /** The answer is NDJSON: one `answer` a line, while the work goes on. */
  readonly streamed?: true
  readonly status?: 201
}
