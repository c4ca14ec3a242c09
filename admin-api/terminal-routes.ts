// The routes of merchants and terminals: a part of the table in `routes.ts`.
// A query is text, so numbers and switches of a query are read from text here.

import { z } from 'zod'
import type { Route } from './route.ts'
import * as shapes from './terminal-schemas.ts'
import { mid, tid } from './values.ts'

const merchantPath = z.object({ mid })
const registrationQuery = shapes.registrationRequest.extend({
  dryRun: z.stringbool().default(false),
})
const institutionQuery = z.strictObject({
  institution: z.coerce.number().int().min(0).max(9_999).default(0),
})

export const TERMINAL_ROUTES = {
  merchants: {
    method: 'GET',
    path: '/v1/merchants',
    summary: 'Merchants in the order of their registration, a page at a time',
    query: shapes.merchantFilter.extend({
      institution: z.coerce.number().int().min(0).max(9_999).optional(),
      enabled: z.stringbool().optional(),
    }),
    answer: shapes.merchantPage,
  },
  merchant: {
    method: 'GET',
    path: '/v1/merchants/:mid',
    summary: 'One merchant with its commission and what it sold today',
    params: merchantPath,
    query: institutionQuery,
    answer: shapes.merchantDetail,
  },
  addMerchant: {
    method: 'POST',
    path: '/v1/merchants',
    summary: 'A new merchant',
    body: shapes.newMerchant,
    answer: shapes.merchant,
    status: 201,
  },
  changeMerchant: {
    method: 'PATCH',
    path: '/v1/merchants/:mid',
    summary: 'Changes a merchant: name, limits, products, enabled or not',
    params: merchantPath,
    body: shapes.merchantChange,
    answer: shapes.merchant,
  },
  setCommission: {
    method: 'PUT',
    path: '/v1/merchants/:mid/commission',
    summary: "A merchant's commission from a day on, of all products or of one",
    params: merchantPath,
    body: shapes.commissionChange,
    answer: shapes.merchantDetail,
  },
  importMerchants: {
    method: 'POST',
    path: '/v1/merchant-lists',
    summary: 'Registers a list of merchants; tells its progress line by line',
    query: registrationQuery,
    upload: 'list',
    answer: shapes.registrationEvent,
    streamed: true,
  },
  terminals: {
    method: 'GET',
    path: '/v1/terminals',
    summary: 'Terminals in the order of their registration, a page at a time',
    query: shapes.terminalFilter.extend({
      institution: z.coerce.number().int().min(0).max(9_999).optional(),
    }),
    answer: shapes.terminalPage,
  },
  terminal: {
    method: 'GET',
    path: '/v1/merchants/:mid/terminals/:tid',
    summary: 'One terminal with everything that is known of it',
    params: merchantPath.extend({ tid }),
    query: institutionQuery,
    answer: shapes.terminalDetail,
  },
  addTerminal: {
    method: 'POST',
    path: '/v1/terminals',
    summary: 'A new terminal',
    body: shapes.newTerminal,
    answer: shapes.terminal,
    status: 201,
  },
  changeTerminal: {
    method: 'PATCH',
    path: '/v1/terminals',
    summary: 'Changes a terminal: blocks, unblocks or retires it, sets limits and parameters',
    body: shapes.terminalChange,
    answer: shapes.terminal,
  },
  replaceTerminal: {
    method: 'POST',
    path: '/v1/terminal-replacements',
    summary: 'Retires a terminal and puts another in its place',
    body: shapes.terminalReplacement,
    answer: shapes.terminalDetail,
    status: 201,
  },
  importTerminals: {
    method: 'POST',
    path: '/v1/terminal-lists',
    summary: 'Registers a list of terminals; tells its progress line by line',
    query: registrationQuery,
    upload: 'list',
    answer: shapes.registrationEvent,
    streamed: true,
  },
} as const satisfies Record<string, Route>
