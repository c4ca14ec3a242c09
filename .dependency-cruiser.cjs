// Who may import whom: the table of docs/architecture.md as rules for dependency-cruiser.
// Each room lists what it may import; everything else is forbidden, with the reason in the output.
// All arrows point at switch/core, which points at protocol/values and nothing else.

/**
 * `rooms`: folders whose modules may be imported, the own folder apart. `packages`: npm packages.
 * `builtins`: Node's own modules, or 'any'.
 */
const ROOMS = {
  'protocol/values': {
    rooms: [],
    packages: [],
    builtins: [],
    because: 'values are the ground that every room stands on',
  },
  'protocol/message': {
    rooms: ['protocol/values'],
    packages: [],
    builtins: [],
    because: 'the codec runs anywhere and does no input or output',
  },
  'protocol/link': {
    rooms: ['protocol/values', 'protocol/message'],
    packages: [],
    builtins: ['net', 'tls'],
    because: 'a link knows sockets and frames, not what a sale is',
  },
  'protocol/traffic': {
    rooms: ['protocol/values'],
    packages: [],
    builtins: [],
    because: 'who records, makes up and plays traffic share its format and nothing else',
  },
  'protocol/certificates': {
    rooms: ['protocol/values', 'protocol/link'],
    packages: [],
    builtins: ['crypto', 'fs'],
    because: 'files of certificates are read and judged in one place for every program',
  },
  'protocol/security': {
    rooms: ['protocol/values', 'protocol/message'],
    packages: [],
    builtins: ['crypto'],
    because: 'keys and MACs are computed in one place and sent by others',
  },
  'hardware-module': {
    rooms: ['protocol/values', 'protocol/security'],
    packages: ['pkcs11js'],
    builtins: ['crypto', 'fs', 'child_process'],
    because: 'keys in a token stand beside those in software, behind the same port',
  },
  'switch/core': {
    rooms: ['protocol/values'],
    packages: [],
    builtins: [],
    because: 'the sale is decided without I/O, packages and clock, so that a test can own them',
  },
  'terminal-gateway': {
    rooms: ['protocol', 'switch/core'],
    packages: [],
    builtins: 'any',
    because: 'it translates between the wire and the core',
  },
  'card-gateway': {
    rooms: ['protocol', 'switch/core'],
    packages: [],
    builtins: 'any',
    because: 'it is the card host behind a port of the core',
  },
  'voucher-store': {
    rooms: ['protocol/values', 'switch/core'],
    packages: ['knex', 'better-sqlite3', 'pg', 'csv-parse', 'tsx'],
    builtins: 'any',
    because: 'it is the journal and the stock behind ports of the core',
  },
  'admin-api': {
    rooms: ['protocol/values'],
    packages: ['zod'],
    builtins: 'any',
    because: 'command line and console share it, so it carries nothing of the switch',
  },
  'admin-cli': {
    rooms: ['admin-api', 'protocol/values', 'protocol/message'],
    packages: ['commander', 'cli-progress', 'cli-table3', '@bomb.sh/tab'],
    builtins: 'any',
    because: 'a verb speaks the admin interface and never opens a database',
  },
  'admin-console': {
    rooms: ['admin-api'],
    packages: [],
    builtins: [],
    because: 'the page speaks the admin interface only',
  },
  'pos-terminal': {
    rooms: ['protocol'],
    packages: [],
    builtins: 'any',
    because: 'it is a product of its own with its own opinion of the wire',
  },
  replay: {
    rooms: ['protocol', 'pos-terminal'],
    packages: ['hdr-histogram-js', 'csv-parse'],
    builtins: 'any',
    because: 'it is many terminals, and judges a switch by what terminals see of it',
  },
  'card-host': {
    rooms: ['protocol'],
    packages: ['yaml', 'zod'],
    builtins: 'any',
    because: 'it is a product of its own with its own opinion of the wire',
  },
}

/** `npm run check:imports` reads it too, to prove that every room was looked at. */
const roomNames = Object.keys(ROOMS)

const folder = (name) => `^${name}/`
const npmPackage = (name) => `(^|/)node_modules/(@types/)?${name}(/|$)`
/** Unresolved names count too: a package that is not installed must not slip through. */
const NPM = [
  'npm',
  'npm-dev',
  'npm-optional',
  'npm-peer',
  'npm-bundled',
  'npm-no-pkg',
  'npm-unknown',
]

function rulesOf([room, { rooms, packages, builtins, because }]) {
  const slug = room.replace('/', '-')
  const why = (verb, names, none) =>
    `${room} ${verb} ${names.length > 0 ? `only ${names.join(', ')}` : none}: ${because}.`
  const from = { path: folder(room) }
  const here = [folder(room), ...rooms.map(folder)]
  const rules = [
    {
      name: `${slug}-rooms`,
      comment: why('imports', rooms, 'no other room'),
      from,
      to: { dependencyTypes: ['local', 'undetermined'], pathNot: [...here, 'node_modules'] },
    },
    {
      name: `${slug}-packages`,
      comment: why('uses', packages, 'no packages'),
      from,
      to: { dependencyTypes: NPM, pathNot: ['^$', ...packages.map(npmPackage)] },
    },
  ]
  if (builtins !== 'any') {
    const allowed = builtins.map((name) => `^(node:)?${name}$`)
    rules.push({
      name: `${slug}-builtins`,
      comment: why('uses', builtins, 'no node: modules'),
      from,
      to: { dependencyTypes: ['core'], pathNot: ['^$', ...allowed] },
    })
  }
  return rules
}

module.exports = {
  roomNames,
  forbidden: [
    ...Object.entries(ROOMS).flatMap(rulesOf),
    {
      name: 'no-circular',
      comment: 'Two modules that need each other are one module, or hide a third.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'switch-is-not-imported',
      comment:
        'switch/* wires the rooms together; only evs.ts, tests and bench import it (core apart).',
      from: { pathNot: ['^switch/', '^evs\\.ts$', '^test/', '^scripts/', '^bench/'] },
      to: { path: '^switch/', pathNot: '^switch/core/' },
    },
    {
      name: 'evs-is-not-imported',
      comment: 'evs.ts is the composition root; it imports and is not imported.',
      from: { pathNot: '^test/' },
      to: { path: '^evs\\.ts$' },
    },
    {
      name: 'tests-are-not-imported',
      comment: 'The product does not depend on its tests, scripts and benchmark.',
      from: { pathNot: ['^test/', '^scripts/', '^bench/'] },
      to: { path: '^(test|scripts|bench)/' },
    },
    {
      name: 'one-owner-of-the-database',
      comment: 'Only voucher-store opens a database; everybody else asks it.',
      from: { pathNot: ['^voucher-store/', '^test/', '^scripts/'] },
      to: { path: ['knex', 'better-sqlite3', 'pg'].map(npmPackage) },
    },
    {
      name: 'one-owner-of-the-token',
      comment: 'Only hardware-module talks to PKCS#11; everybody else asks the security module.',
      from: { pathNot: ['^hardware-module/', '^test/', '^scripts/'] },
      to: { path: npmPackage('pkcs11js') },
    },
    {
      name: 'relays-know-sockets-only',
      comment: 'A yardstick shares the socket code of the product, and nothing that it measures.',
      from: { path: '^bench/relays/' },
      to: { dependencyTypes: ['local', 'npm'], pathNot: ['^bench/relays/', '^protocol/link/'] },
    },
    {
      name: 'no-dev-packages',
      comment: 'A package that the product needs at run time belongs under dependencies.',
      from: {
        pathNot: [
          '^test/',
          '^scripts/',
          '^bench/',
          '^vitest\\.config\\.ts$',
          '^voucher-store/.*start-worker\\.ts$',
        ],
      },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '/@types/' },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere was looked at by no rule.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|\\.evs)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
}
