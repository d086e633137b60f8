// Entry: the command line, the role of this process, exit codes. Nothing else.
import { type ArgsDef, defineCommand, runCommand } from 'citty'
import { calibrateOptions, readCalibrateConfig } from './config/calibrate.ts'
import { compareOptions, readCompareConfig, refuseServerOptions } from './config/compare.ts'
import { renderCompletions, shellNames } from './config/completions.ts'
import { describeMisspelt, misspeltVariables } from './config/config.ts'
import { readConfig, readConfigFile } from './config/configfile.ts'
import { messageOf, RunError, UsageError } from './config/errors.ts'
import { guardArguments } from './config/flags.ts'
import { renderCalibrateHelp, renderCompareHelp, renderHelp, renderWordHelp } from './config/help.ts'
import { options } from './config/options.ts'
import { printedConfig, wantsSettings } from './config/settings.ts'
import { type Role, ROLE_VARIABLE } from './config/role.ts'
import { painterFor, plain } from './config/terminal.ts'
import type { OptionTable } from './config/table.ts'
import { type GivenTexts, readOptions } from './config/read.ts'
import type { Config } from './config/upstreams.ts'
import { versionText } from './config/version.ts'
import { runClient } from './bench/client/rig.ts'
import { runLoad } from './bench/client/load.ts'
import { runCalibrate } from './bench/calibrate/command.ts'
import { runCompare } from './bench/compare/command.ts'
import { readConfigText } from './fleet/files.ts'
import { checkHealth, healthTarget } from './fleet/health.ts'
import { command, countCpus, countWorkers, describeHost, descriptorLimit, localPorts } from './fleet/host.ts'
import { supervise } from './fleet/supervisor.ts'
import { runWorker } from './fleet/worker.ts'

interface Command {
  readonly table: OptionTable
  readonly help: (version: string) => string
  /** It takes one word before its options, or none. */
  readonly takesWord?: true
  /** Behind `--` there may be options of the server that it starts. */
  readonly startsServer?: true
  /** Runs with the option values as given, and with the words that are no options of its own. */
  readonly run: (given: GivenTexts, words: readonly string[]) => void | Promise<void>
}

const findMisspelt = (): [string, string][] =>
  misspeltVariables([options, calibrateOptions, compareOptions], process.env)

/** Whoever reads it may go before the end, but a full disk is told. */
function print(text: string): void {
  process.stdout.on('error', ({ code, message }: Error & { readonly code?: string }) => {
    if (code === 'EPIPE') return
    console.error(`mock-llm-api: cannot write to stdout: ${message}`)
    process.exitCode = 1
  })
  process.stdout.write(text)
}

/** With what the configuration file says, where there is one. */
async function readConfigOf(flags: GivenTexts): Promise<Config> {
  const given = { flags, environment: process.env }
  const { config: path } = readOptions({ config: options.config }, flags, process.env)
  return path
    ? readConfigFile(await readConfigText(path as string), path === '-' ? 'stdin' : (path as string), given)
    : readConfig(given)
}

const serve: Command = {
  table: options,
  help: renderHelp,
  run: async (given) => {
    const config = await readConfigOf(given)
    if (wantsSettings(given)) {
      const counted = { ...config, run: { ...config.run, workers: countWorkers(config) } }
      return print(`${JSON.stringify(printedConfig(counted), null, 2)}\n`)
    }
    return supervise(config, findMisspelt())
  },
}

const calibrate: Command = {
  table: calibrateOptions,
  help: renderCalibrateHelp,
  run: (given) => {
    const config = readCalibrateConfig(given, process.env)
    for (const [name, meant] of findMisspelt())
      console.error(`mock-llm-api: ${describeMisspelt(name, meant)}`)
    return runCalibrate(config, command, describeSurroundings())
  },
}

const compare: Command = {
  table: compareOptions,
  help: renderCompareHelp,
  startsServer: true,
  run: async (given, serverOptions) => {
    const config = readCompareConfig(given, process.env)
    refuseServerOptions(config, serverOptions)
    for (const [name, meant] of findMisspelt())
      console.error(`mock-llm-api: ${describeMisspelt(name, meant)}`)
    await runCompare(config, serverOptions, command, describeSurroundings())
  },
}

const help: Command = {
  table: {},
  help: (version) => renderWordHelp('help', version),
  takesWord: true,
  run: async (_, [topic]) => {
    const { renderManual } = await import('./manual/manual.ts')
    const { isTTY = false, columns = 100 } = process.stdout
    print(renderManual(topic, { columns, colors: painterFor(isTTY, process.env) !== plain }))
  },
}

const health: Command = {
  table: {},
  help: (version) => renderWordHelp('health', version),
  takesWord: true,
  run: async (_, [url]) => print(`${await checkHealth(healthTarget(url, await readConfigOf({})))}\n`),
}

const completions: Command = {
  table: {},
  help: (version) => renderWordHelp('completions', version),
  takesWord: true,
  run: async (_, [shell]) => {
    const { pages } = await import('./manual/manual.ts')
    print(
      renderCompletions(shell, {
        serve,
        compare,
        calibrate,
        help: { table: {}, words: Object.keys(pages) },
        health,
        completions: { table: {}, words: shellNames },
      }),
    )
  },
}

/** What measuring commands are told of the host and the program. */
function describeSurroundings(): Parameters<typeof runCompare>[3] {
  return {
    version: versionText,
    host: describeHost(),
    cpus: countCpus(),
    descriptorLimit: descriptorLimit(),
    localPorts: localPorts(),
    environment: process.env,
  }
}

/** To serve is what is done without a name too. */
const commands: Readonly<Record<string, Command>> = { serve, compare, calibrate, help, health, completions }

/** Runs the program and resolves to its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const named = Object.hasOwn(commands, argv[0] ?? '')
  const { table, help, run, startsServer, takesWord } = named ? commands[argv[0]!]! : serve
  const end = startsServer && argv.includes('--') ? argv.indexOf('--') : argv.length
  const own = argv.slice(named ? 1 : 0, end)
  const words = takesWord && own[0] !== undefined && !own[0].startsWith('-') ? own.splice(0, 1) : []
  try {
    const others = Object.entries(commands).map(([name, { table }]) => ({
      table,
      hint:
        startsServer && name === 'serve'
          ? 'it is an option of the mock: put it behind --'
          : `it is an option of ${name}`,
    }))
    const guarded = guardArguments(own, table, Object.keys(commands), takesWord ? [] : others)
    if (guarded === 'help') print(help(versionText))
    else if (guarded === 'version') print(`${versionText}\n`)
    else {
      const names = Object.keys(table)
      const args = Object.fromEntries(names.map((name) => [name, { type: 'string' }])) as ArgsDef
      const parsed = defineCommand({
        args,
        run: (context) =>
          run(Object.fromEntries(names.map((name) => [name, context.args[name]])) as GivenTexts, [
            ...words,
            ...argv.slice(end + 1),
          ]),
      })
      await runCommand(parsed, { rawArgs: [...guarded] })
    }
    return 0
  } catch (thrown) {
    const expected = thrown instanceof UsageError || thrown instanceof RunError
    console.error(expected ? `mock-llm-api: ${messageOf(thrown)}` : thrown)
    return thrown instanceof UsageError ? 2 : 1
  }
}

// Only with a channel to whoever started it: anybody may set a variable.
const role = process.send && (process.env[ROLE_VARIABLE] as Role | undefined)
if (role === 'worker') runWorker()
else if (role === 'client') await runClient(runLoad)
else process.exitCode = await main(process.argv.slice(2))
