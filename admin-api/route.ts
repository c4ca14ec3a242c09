// One route of the admin API as data. The table of routes is `routes.ts`; the server makes its
// routes and the OpenAPI document from it, the client its calls.

import { z } from 'zod'

/** Which limit a streamed file obeys. */
export type UploadKind = 'catalogue' | 'batch' | 'ledger' | 'list'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
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

/** A query is text, so numbers of a query are read from text here. */
export const queryNumber = z.coerce.number().int().min(0)
export const byId = z.object({ id: queryNumber })
