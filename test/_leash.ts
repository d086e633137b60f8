// What a test starts does not outlive the tests, however these end: `bun test --bail` runs neither `afterAll` nor the hooks of an exit,
// and whoever is killed runs nothing.

/** Is told which processes there are, and kills those that are left when its input ends, as it does with the process of the tests. */
const SCRIPT = `trap '' INT TERM HUP
held=' '
while read -r sign pid; do
  case $sign in
    +) held="$held$pid " ;;
    -) held="\${held%% $pid *} \${held#* $pid }" ;;
  esac
done
kill -KILL $held`

// Started now and not when it is needed: Bun kills what a test has started when that takes too long.
const watcher =
  process.platform === 'win32'
    ? undefined // there is no such shell
    : Bun.spawn(['sh', '-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'] })
watcher?.unref()

function tell(sign: '+' | '-', pid: number): void {
  watcher?.stdin.write(`${sign} ${pid}\n`)
  void watcher?.stdin.flush()
}

/** Lets a process end with this one at the latest. */
export function leash({ pid, exited }: Pick<Bun.Subprocess, 'pid' | 'exited'>): void {
  tell('+', pid)
  void exited.then(() => tell('-', pid))
}
