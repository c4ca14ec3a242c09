// The routes of key ceremonies, a part of the table in `routes.ts`; who may call which is
// `access.ts`.

import { z } from 'zod'
import type { CeremonyOperations } from './ceremony-operations.ts'
import * as shapes from './ceremony-schemas.ts'
import { keyIssue, masterKeyInfo } from './key-schemas.ts'
import type { Route } from './route.ts'

const byCeremony = z.object({ id: z.string().regex(/^[0-9a-f]{8}$/, 'eight hex digits') })

export const CEREMONY_ROUTES = {
  keyCeremonies: {
    method: 'GET',
    path: '/v1/key-ceremonies',
    summary: 'Master keys that are being loaded or issued part by part',
    answer: z.array(shapes.keyCeremony),
  },
  startKeyLoad: {
    method: 'POST',
    path: '/v1/key-ceremonies/load',
    summary: 'Opens the loading of a master key whose parts several custodians enter',
    body: shapes.keyLoadStart,
    answer: shapes.keyCeremony,
    status: 201,
  },
  startKeyIssue: {
    method: 'POST',
    path: '/v1/key-ceremonies/issue',
    summary: 'Makes a master key whose parts several custodians take',
    body: keyIssue,
    answer: shapes.keyCeremony,
    status: 201,
  },
  enterKeyPart: {
    method: 'POST',
    path: '/v1/key-ceremonies/:id/parts',
    summary: 'Enters one part of a key, once for each custodian',
    params: byCeremony,
    body: shapes.enteredPart,
    answer: shapes.keyCeremony,
  },
  takeKeyPart: {
    method: 'POST',
    path: '/v1/key-ceremonies/:id/taking',
    summary: 'The next part of a key that is issued, once, to one custodian',
    params: byCeremony,
    answer: shapes.takenPart,
  },
  finishKeyLoad: {
    method: 'POST',
    path: '/v1/key-ceremonies/:id/finish',
    summary: 'Puts a key in force whose parts are all entered',
    params: byCeremony,
    body: shapes.keyLoadFinish,
    answer: masterKeyInfo,
  },
  cancelKeyCeremony: {
    method: 'DELETE',
    path: '/v1/key-ceremonies/:id',
    summary: 'Ends a ceremony and drops its parts',
    params: byCeremony,
    answer: shapes.keyCeremony,
  },
} as const satisfies Record<keyof CeremonyOperations, Route>
