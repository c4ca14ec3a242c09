// What is wrong with a configuration, as a value: where, what, and what to do about it. A check
// gives a list of these, never an exception, so that one run shows every mistake.

export interface Problem {
  /** The setting, as `listeners.0.port`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
  readonly hint: string
  /** Who said it: `evs.yaml:12`, or the name of an environment variable or an override. */
  readonly where?: string
}

/** The problems as text for a person, one paragraph each. */
export function renderProblems(problems: readonly Problem[]): string {
  return problems.map(render).join('\n')
}

function render(problem: Problem): string {
  const head = [problem.where, problem.path].filter((part) => part !== undefined && part !== '')
  const line = [...head, problem.message].join(': ')
  return problem.hint === '' ? line : `${line}\n  ${problem.hint}`
}
