// `evs login`: a session for this person, and the logins of the switch. Passwords are asked or read
// from a file; the token of a session goes into a file that only its owner can read, and is not
// printed.

import { type Command, Option } from 'commander'
import { type Login, type LoginChange, ROLES, type Role } from '../admin-api/control-schemas.ts'
import { EvsError } from '../admin-api/errors.ts'
import { configFile } from './config-file.ts'
import { type PasswordOptions, readPassword, withPasswordFile } from './password.ts'
import {
  type Column,
  type ListOptions,
  withListOptions,
  writeJson,
  writeProperties,
  writeRows,
} from './rows.ts'
import { forgetSession, keepSession } from './session-file.ts'
import { type ConfigOptions, doing, group, required, verb, withAdmin } from './verb.ts'
import type { VerbWorld } from './world.ts'

type Options = ConfigOptions & ListOptions & PasswordOptions

const RECOVERY = 'approve or cancel the recovery of a login'

/** A session lives in the running switch. */
const RUNNING = { offline: false }

const COLUMNS: readonly Column<Login>[] = [
  { title: 'login', of: (row) => row.name },
  { title: 'roles', of: (row) => row.roles.join(', ') },
  { title: 'state', of: (row) => row.state },
  { title: 'locked', of: (row) => row.locked },
  { title: 'since', of: (row) => row.createdAt },
  { title: 'recovery from', of: (row) => row.recoveryFrom },
]

export function loginVerb(world: VerbWorld): Command {
  const examples = ['login add sara --role security-officer', 'login session sara', 'login list']
  const summary = 'open a session, add and manage logins'
  return group('login', { summary, examples }, [
    sessionVerb(world),
    endVerb(world),
    listVerb(world),
    addVerb(world),
    passwordVerb(world),
    recoverVerb(world),
    group('recovery', { summary: RECOVERY, examples: ['login recovery cancel sara'] }, [
      decideVerb(world, 'approve', 'put the password of a recovered login in force at once'),
      decideVerb(world, 'cancel', 'end the recovery of a login'),
    ]),
    changeVerb(world, 'block', 'let a login in no more, for now'),
    changeVerb(world, 'unblock', 'let a blocked login in again'),
    changeVerb(world, 'remove', 'let a login in never again; its name stays taken'),
  ])
}

function sessionVerb(world: VerbWorld): Command {
  const command = verb(world, 'session', {
    summary: 'open a session, for the commands that follow',
    examples: ['login session sara', 'EVS_SESSION_FILE=~/sara evs login session sara'],
  }).argument('<name>', 'name of the login')
  return withPasswordFile(command).action(
    doing(world, async (name: string, options: Options) => {
      const password = await readPassword(world, options, { question: `Password of ${name}` })
      const { token, ...about } = await withAdmin(
        world,
        options,
        (admin) => admin.openSession({ name, password }),
        RUNNING,
      )
      const file = keepSession(world, configFile(world, options), token)
      const shown = { ...about, file }
      if (options.json === true) writeJson(world, shown)
      else {
        writeProperties(world, [
          ['login', shown.name],
          ['roles', shown.roles.join(', ')],
          ['ends at', shown.endsAt],
          ['kept in', file],
        ])
      }
      return 0
    }),
  )
}

function endVerb(world: VerbWorld): Command {
  return verb(world, 'end', { summary: 'end the session', examples: ['login end'] }).action(
    doing(world, async (options: Options) => {
      const ended = await withAdmin(world, options, (admin) => admin.endSession(), RUNNING)
      forgetSession(world, configFile(world, options))
      if (options.json === true) writeJson(world, ended)
      else world.stdout.write('the session has ended\n')
      return 0
    }),
  )
}

function listVerb(world: VerbWorld): Command {
  const command = verb(world, 'list', {
    summary: 'list the logins',
    examples: ['login list', 'login list --json'],
  })
  return withListOptions(command).action(
    doing(world, async (options: Options) => {
      const rows = await withAdmin(world, options, (admin) => admin.logins())
      writeRows(world, options, { columns: COLUMNS, rows })
      return 0
    }),
  )
}

function addVerb(world: VerbWorld): Command {
  const roles = new Option('--role <role...>', 'what it may do; several are possible')
  const command = verb(world, 'add', {
    summary: 'add a login; the first two are security officers',
    examples: [
      'login add sara --role security-officer',
      'login add reza --role administrator --password-file -',
    ],
  })
    .argument('<name>', 'small letters, digits, . _ and -')
    .addOption(required(roles.choices(ROLES)))
  return withPasswordFile(command).action(
    doing(world, async (name: string, options: Options & { role: Role[] }) => {
      const question = `New password of ${name}`
      const password = await readPassword(world, options, { question, twice: true })
      const row = await withAdmin(world, options, (admin) =>
        admin.addLogin({ name, roles: options.role, password }),
      )
      writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}

function passwordVerb(world: VerbWorld): Command {
  const command = verb(world, 'password', {
    summary: 'change your own password, or with a name give another login a new one',
    examples: ['login password', 'login password reza'],
  }).argument('[name]', 'another login; needs a second person')
  return withPasswordFile(command).action(
    doing(world, async (name: string | undefined, options: Options) => {
      const row = name === undefined ? await own(world, options) : await reset(world, name, options)
      writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
      return 0
    }),
  )
}

async function own(world: VerbWorld, options: Options): Promise<Login> {
  if (options.passwordFile !== undefined) {
    const message = '--password-file is for the password of another login; your own is asked'
    throw new EvsError('USAGE', { message })
  }
  const current = await readPassword(world, {}, { question: 'Your password now' })
  const password = await readPassword(world, {}, { question: 'Your new password', twice: true })
  return withAdmin(world, options, (admin) => admin.changePassword({ current, password }), RUNNING)
}

async function reset(world: VerbWorld, name: string, options: Options): Promise<Login> {
  const question = `New password of ${name}`
  const password = await readPassword(world, options, { question, twice: true })
  return withAdmin(world, options, (admin) =>
    admin.changeLogin(name, { action: 'password', password }),
  )
}

function changeVerb(
  world: VerbWorld,
  action: Exclude<LoginChange['action'], 'password'>,
  summary: string,
): Command {
  return verb(world, action, { summary, examples: [`login ${action} reza`] })
    .argument('<name>', 'name of the login')
    .action(
      doing(world, async (name: string, options: Options) => {
        const row = await withAdmin(world, options, (admin) => admin.changeLogin(name, { action }))
        writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
        return 0
      }),
    )
}

/** For who owns data and key, on the machine; everybody hears of it. */
function recoverVerb(world: VerbWorld): Command {
  const command = verb(world, 'recover', {
    summary: 'with the switch stopped: a new password for an officer who forgot his',
    examples: ['login recover sara'],
  }).argument('<name>', 'a security officer')
  return withPasswordFile(command).action(
    doing(world, async (name: string, options: Options) => {
      const row = await withAdmin(world, options, async (admin) => {
        if ((await admin.health()).status !== 'offline') {
          const message = 'the switch runs: a login is recovered while it is stopped'
          throw new EvsError('CONFLICT', { message, hint: 'docs/administration.md tells why' })
        }
        const question = `New password of ${name}`
        const password = await readPassword(world, options, { question, twice: true })
        return admin.recoverLogin(name, { password })
      })
      writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
      if (options.json !== true) {
        world.stderr.write(`in force from ${row.recoveryFrom}, or when another officer runs\n`)
        world.stderr.write(`  evs login recovery approve ${name}\n`)
      }
      return 0
    }),
  )
}

function decideVerb(world: VerbWorld, action: 'approve' | 'cancel', summary: string): Command {
  return verb(world, action, { summary, examples: [`login recovery ${action} sara`] })
    .argument('<name>', 'name of the login')
    .action(
      doing(world, async (name: string, options: Options) => {
        const approve = action === 'approve'
        const row = await withAdmin(
          world,
          options,
          (admin) => admin.decideRecovery(name, { approve }),
          RUNNING,
        )
        writeRows(world, options, { columns: COLUMNS, rows: [row], json: row })
        return 0
      }),
    )
}
