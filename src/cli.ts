// Entry: the command line, the role of this process, exit codes. Nothing else.
import { type ArgsDef, defineCommand, runCommand } from 'citty'
import { misspeltVariables, readConfig } from './config/config.ts'
import { messageOf, RunError, UsageError } from './config/errors.ts'
import { guardArguments } from './config/flags.ts'
import { renderHelp } from './config/help.ts'
import { flagOf, optionNames } from './config/options.ts'
import { versionText } from './config/version.ts'
import { type Assignment, ROLE_VARIABLE } from './fleet/messages.ts'
import { supervise } from './fleet/supervisor.ts'
import { runWorker } from './fleet/worker.ts'

const serve = defineCommand({
  args: Object.fromEntries(optionNames.map((name) => [flagOf(name).slice(2), { type: 'string' }])) as ArgsDef,
  run: ({ args }) => {
    const given = optionNames.map((name) => [name, args[flagOf(name).slice(2)]])
    return supervise(readConfig(Object.fromEntries(given), process.env), misspeltVariables(process.env))
  },
})

/** Runs the program and resolves to its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const guarded = guardArguments(argv)
    if (guarded === 'help') process.stdout.write(renderHelp(versionText))
    else if (guarded === 'version') process.stdout.write(`${versionText}\n`)
    else await runCommand(serve, { rawArgs: [...guarded] })
    return 0
  } catch (thrown) {
    const expected = thrown instanceof UsageError || thrown instanceof RunError
    console.error(expected ? `mock-llm-api: ${messageOf(thrown)}` : thrown)
    return thrown instanceof UsageError ? 2 : 1
  }
}

const assignment = process.env[ROLE_VARIABLE]
if (!assignment || process.send === undefined) process.exitCode = await main(process.argv.slice(2))
else runWorker(JSON.parse(assignment) as Assignment)
