/** Asks each ecosystem's own tool how versions are ordered: many pairs, one process. Nothing is installed for it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

export type Pair = readonly [string, string];

/** Sign of each comparison; null where the tool takes one of the two for no version. Or why nobody can be asked. */
export type NativeOrder = (pairs: readonly Pair[]) => (number | null)[] | string;

/** Runs a program that reads a pair a line, separated by a tab, and answers with a sign or `x` a line. */
function ask(command: string, args: readonly string[], pairs: readonly Pair[]): (number | null)[] | string {
  const input = `${pairs.map((pair) => pair.join('\t')).join('\n')}\n`;
  const run = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 50_000 });
  if (run.error || run.status !== 0)
    return `${command} could not be asked: ${run.error?.message ?? run.stderr.trim().split('\n').at(-1) ?? ''}`;
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => (line.trim() === 'x' ? null : Math.sign(Number(line))));
}

const PERL = `use Dpkg::Version; while (<STDIN>) { chomp; my ($a, $b) = split /\\t/;
my ($x, $y) = (Dpkg::Version->new($a, check => 1), Dpkg::Version->new($b, check => 1));
print defined $x && defined $y && $x->is_valid && $y->is_valid ? version_compare($a, $b) : 'x', "\\n"; }`;

const LUA = `for line in io.lines() do local a, b = line:match('^(.-)\\t(.*)$'); io.write(rpm.vercmp(a, b), '\\n') end`;

const PYTHON = `import sys
try:
    from packaging.version import Version, InvalidVersion
except ImportError:
    from pip._vendor.packaging.version import Version, InvalidVersion
for line in sys.stdin:
    a, b = line.rstrip('\\n').split('\\t')
    try:
        x, y = Version(a), Version(b)
        print((x > y) - (x < y))
    except InvalidVersion:
        print('x')
`;

const RUBY = `STDIN.each_line(chomp: true) { |line| a, b = line.split("\\t", -1)
puts(Gem::Version.correct?(a) && Gem::Version.correct?(b) ? Gem::Version.new(a) <=> Gem::Version.new(b) : 'x') }`;

const PHP = `require '/usr/share/php/Composer/Semver/autoload.php'; $parser = new Composer\\Semver\\VersionParser();
while (($line = fgets(STDIN)) !== false) { [$a, $b] = explode("\\t", rtrim($line, "\\n"));
try { $x = $parser->normalize($a); $y = $parser->normalize($b);
echo str_starts_with($x, 'dev-') || str_starts_with($y, 'dev-') ? 'x' : version_compare($x, $y), "\\n"; }
catch (UnexpectedValueException $e) { echo "x\\n"; } }`;

export const NATIVE: Readonly<
  Record<'deb' | 'rpm' | 'pep440' | 'gem' | 'composer' | 'maven' | 'semver' | 'golang', NativeOrder>
> = {
  deb: (pairs) => ask('perl', ['-e', PERL], pairs),
  // rpm's interpreter reads its own arguments only; the pairs come through standard input.
  rpm: (pairs) => ask('rpm', ['--eval', `%{lua:${LUA}}`], pairs),
  pep440: (pairs) => ask('python3', ['-c', PYTHON], pairs),
  gem: (pairs) => ask('ruby', ['-e', RUBY], pairs),
  composer: (pairs) =>
    existsSync('/usr/share/php/Composer/Semver/autoload.php')
      ? ask('php', ['-r', PHP], pairs)
      : 'the package php-composer-semver is not installed',
  maven: askMaven,
  semver: askSemver,
  golang: askGo,
};

/** The class's own `main` says how each argument compares with the one before it. */
function askMaven(pairs: readonly Pair[]): number[] | string {
  const jar = mavenArtifact();
  if (jar === null) return 'no maven-artifact of Maven 3.9 is in the local repository';
  const main = 'org.apache.maven.artifact.versioning.ComparableVersion';
  const answers: number[] = [];
  for (let at = 0; at < pairs.length; at += 5000) {
    const args = ['-Xshare:auto', '-XX:TieredStopAtLevel=1', '-cp', jar, main, ...pairs.slice(at, at + 5000).flat()];
    const run = spawnSync('java', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: 50_000 });
    if (run.error || run.status !== 0)
      return `java could not be asked: ${run.error?.message ?? run.stderr.slice(0, 200)}`;
    const lines = run.stdout.split('\n').filter((line) => line.startsWith('   '));
    for (let pair = 0; pair < lines.length; pair += 2)
      answers.push('<=>'.indexOf(/ (<|==|>) /.exec(lines[pair] ?? '')?.[1]?.[0] ?? '') - 1);
  }
  return answers;
}

const GO = `package main
import ("bufio"; "fmt"; "os"; "strings"; "golang.org/x/mod/semver")
func main() { s := bufio.NewScanner(os.Stdin); for s.Scan() { p := strings.Split(s.Text(), "\\t")
if semver.IsValid(p[0]) && semver.IsValid(p[1]) { fmt.Println(semver.Compare(p[0], p[1])) } else { fmt.Println("x") } } }`;

/** Builds a program of a few lines, from modules that are here already. */
function askGo(pairs: readonly Pair[]): (number | null)[] | string {
  const cache = spawnSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  const modules =
    cache !== '' && existsSync(join(cache, 'golang.org/x')) ? readdirSync(join(cache, 'golang.org/x')) : [];
  const version = modules.map((each) => /^mod@(v.+)$/.exec(each)?.[1]).find((each) => each !== undefined);
  if (version === undefined) return 'golang.org/x/mod is not in the module cache';
  const folder = mkdtempSync(join(tmpdir(), 'go-order-'));
  try {
    writeFileSync(join(folder, 'go.mod'), `module order\ngo 1.21\nrequire golang.org/x/mod ${version}\n`);
    writeFileSync(join(folder, 'main.go'), GO);
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GONOSUMDB: '*' };
    const build = spawnSync('go', ['build', '-o', 'order', '.'], {
      cwd: folder,
      env,
      encoding: 'utf8',
      timeout: 50_000,
    });
    if (build.status !== 0) return `go could not build: ${build.stderr.trim().split('\n').at(-1) ?? ''}`;
    return ask(join(folder, 'order'), [], pairs);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function mavenArtifact(): string | null {
  const folder = join(homedir(), '.m2/repository/org/apache/maven/maven-artifact');
  const versions = existsSync(folder) ? readdirSync(folder).filter((each) => /^3\.9\.\d+$/.test(each)) : [];
  const jars = versions.map((each) => join(folder, each, `maven-artifact-${each}.jar`));
  return jars.find((each) => existsSync(each)) ?? null;
}

function askSemver(pairs: readonly Pair[]): (number | null)[] | string {
  let semver: { compare(a: string, b: string): number; valid(text: string): string | null };
  try {
    semver = createRequire(import.meta.url)('semver') as typeof semver;
  } catch {
    return "npm's package semver is not installed";
  }
  return pairs.map(([a, b]) => (semver.valid(a) === null || semver.valid(b) === null ? null : semver.compare(a, b)));
}
