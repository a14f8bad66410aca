/** Applications for the images, each installed by its own package tool from the public registries, with versions that have holes. */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JARS } from './jars.ts';
import { CACHE, runProgram } from './run-program.ts';

/** npm: an application installed without its development packages, and one of which only the lock file is there. */
export async function addNode(root: string, at: string): Promise<void> {
  const app = join(root, at);
  await writeProject(app, {
    name: 'web',
    version: '1.0.0',
    dependencies: {
      express: '4.17.1',
      lodash: '4.17.20',
      axios: '0.21.1',
      minimist: '1.2.5',
      ws: '7.4.5',
      'node-fetch': '2.6.1',
      '@xmldom/xmldom': '0.7.4',
      'lodash-old': 'npm:lodash@4.17.15',
    },
    devDependencies: { mocha: '9.1.0' },
  });
  await npm(app, ['install', '--omit=dev']);
  const locked = join(root, `${at}-locked`);
  await writeProject(locked, {
    name: 'locked',
    version: '1.0.0',
    dependencies: { semver: '7.3.5' },
    devDependencies: { json5: '2.2.1' },
  });
  await npm(locked, ['install', '--package-lock-only']);
}

async function writeProject(folder: string, project: unknown): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(project, null, 2));
}

const npm = (cwd: string, args: readonly string[]): Promise<string> =>
  runProgram('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    needs: 'npm and its registry',
  });

/** pip: what it installs into a folder, with the metadata that it leaves. */
export async function addPython(root: string, sitePackages: string): Promise<void> {
  const requirements = ['Flask==2.0.1', 'Werkzeug==2.0.1', 'Jinja2==2.11.2', 'requests==2.25.1', 'urllib3==1.26.4'];
  requirements.push('Django==3.2.4', 'certifi==2020.12.5', 'setuptools==65.5.0');
  const target = join(root, sitePackages);
  const options = ['--no-compile', '--no-warn-conflicts', '--disable-pip-version-check', '--no-deps', '--quiet'];
  const more = [
    'itsdangerous==2.0.1',
    'click==8.0.1',
    'idna==2.10',
    'chardet==4.0.0',
    'sqlparse==0.4.1',
    'pytz==2021.1',
  ];
  await runProgram('python3', ['-m', 'pip', 'install', ...options, '--target', target, ...requirements, ...more], {
    needs: 'Python with pip and its index',
  });
}

/** Jars, one that carries others (as Spring Boot does), one that was renamed and has lost its pom, and a war. */
export async function addJava(root: string, at: string): Promise<void> {
  const folder = join(root, at);
  await mkdir(folder, { recursive: true });
  await fetchArtifacts(folder);
  const boot = join(root, '..', 'boot');
  await mkdir(join(boot, 'BOOT-INF', 'lib'), { recursive: true });
  for (const name of ['spring-core-5.3.17', 'snakeyaml-1.29', 'jackson-databind-2.9.10'])
    await cp(join(folder, `${name}.jar`), join(boot, 'BOOT-INF', 'lib', `${name}.jar`));
  await runProgram('jar', ['--create', '--no-compress', '--file', join(folder, 'shop-boot.jar'), '-C', boot, '.'], {
    needs: 'a JDK',
  });
  await rm(boot, { recursive: true });
}

/** One call for all of them: each start of Maven takes seconds. */
async function fetchArtifacts(folder: string): Promise<void> {
  const dependencies = JARS.map((coordinates) => {
    const [group = '', artifact = '', version = '', type = 'jar'] = coordinates.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version><type>${type}</type></dependency>`;
  });
  const project = `<groupId>shop.example</groupId><artifactId>fetch</artifactId><version>1</version>`;
  const pom = join(folder, 'pom.xml');
  await writeFile(
    pom,
    `<project><modelVersion>4.0.0</modelVersion>${project}<dependencies>${dependencies.join('')}</dependencies></project>`,
  );
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
  await runProgram('mvn', ['-B', '-q', goal, '-DexcludeTransitive=true', `-DoutputDirectory=${folder}`], {
    needs: 'Maven and the central repository',
    cwd: folder,
  });
  await rm(pom);
}

/** A program of Go with modules, and one without its symbols. */
export async function addGo(root: string, at: string): Promise<void> {
  const source = join(root, '..', 'go-source');
  await mkdir(source, { recursive: true });
  await writeFile(
    join(source, 'main.go'),
    `package main

import (
	"fmt"

	"github.com/dgrijalva/jwt-go"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v2"
)

func main() {
	var v map[string]string
	fmt.Println(yaml.Unmarshal([]byte("a: b"), &v), jwt.New(jwt.SigningMethodHS256).Valid, language.English)
}
`,
  );
  const modules = [
    'github.com/dgrijalva/jwt-go v3.2.0+incompatible',
    'golang.org/x/text v0.3.5',
    'gopkg.in/yaml.v2 v2.2.2',
  ];
  await writeFile(
    join(source, 'go.mod'),
    `module shop.example/web\n\ngo 1.21\n\nrequire (\n\t${modules.join('\n\t')}\n)\n`,
  );
  await mkdir(join(root, at), { recursive: true });
  const env = { GOFLAGS: '-mod=mod', CGO_ENABLED: '0', GOTOOLCHAIN: 'local' };
  const build = (name: string, flags: string) =>
    runProgram('go', ['build', '-trimpath', `-ldflags=${flags}`, '-o', join(root, at, name), '.'], {
      cwd: source,
      env,
      needs: 'Go and its module proxy',
    });
  await build('web', '');
  await build('web-stripped', '-s -w');
  await rm(source, { recursive: true });
}

/** A program of Rust that says what it is made of, and a lock file of another. */
export async function addRust(root: string, at: string): Promise<void> {
  const auditable = join(CACHE, 'coverage', 'tools');
  const needs = 'Cargo and crates.io';
  await runProgram('cargo', ['install', '--quiet', '--locked', '--root', auditable, 'cargo-auditable@0.7.7'], {
    needs,
  });
  const source = join(root, '..', 'rust-source');
  await mkdir(join(source, 'src'), { recursive: true });
  await writeFile(
    join(source, 'Cargo.toml'),
    `[package]\nname = "shop"\nversion = "1.0.0"\nedition = "2018"\n\n[dependencies]\nregex = { version = "=1.5.4", default-features = false, features = ["std"] }\ntime = "=0.1.43"\n`,
  );
  await writeFile(
    join(source, 'src', 'main.rs'),
    `fn main() {\n    let r = regex::Regex::new("a.c").unwrap();\n    println!("{} {}", r.is_match("abc"), time::precise_time_ns());\n}\n`,
  );
  await runProgram('cargo', ['auditable', 'build', '--quiet', '--release'], {
    cwd: source,
    needs,
    env: { PATH: `${join(auditable, 'bin')}:${process.env['PATH']}` },
  });
  await mkdir(join(root, at), { recursive: true });
  await cp(join(source, 'target', 'release', 'shop'), join(root, at, 'shop'));
  const locked = join(root, 'srv', 'rust-locked');
  await mkdir(locked, { recursive: true });
  await writeFile(
    join(locked, 'Cargo.lock'),
    'version = 3\n\n[[package]]\nname = "locked"\nversion = "0.1.0"\ndependencies = [\n "traitobject",\n]\n\n[[package]]\nname = "traitobject"\nversion = "0.1.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "efd1f82c56340fdf16f2a953d7bda4f8fdffba13d93b00844c25572110b26079"\n',
  );
  await rm(source, { recursive: true });
}
