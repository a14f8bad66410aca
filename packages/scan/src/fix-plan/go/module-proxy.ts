/** What Go's module proxies say: versions, go.mod files, and the hashes that go.sum holds. */
import { createHash } from 'node:crypto';
import { isZipProblem, newBudget, openZip } from '../../zip/zip-archive.ts';
import { type Answer, type Registries, under } from '../registries.ts';

const MAX_LIST = 4 * 1024 * 1024;
/** go.dev/ref/mod#zip-path-size-constraints: 16 MiB for go.mod, 500 MiB for the archive. */
const MAX_MOD = 16 * 1024 * 1024;
const MAX_ZIP = 256 * 1024 * 1024;

/** Upper case letters are written `!a`, for file systems that ignore case. @see go.dev/ref/mod#goproxy-protocol */
const escaped = (text: string): string => text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);

async function ask(registries: Registries, module: string, what: string, limit: number): Promise<Answer<Buffer>> {
  let last: Answer<Buffer> = { status: 'unreachable', detail: 'no module proxy is configured' };
  for (const proxy of registries.options.goProxies) {
    const path = escaped(module).split('/').map(encodeURIComponent).join('/').replaceAll('%21', '!');
    last = await registries.bytes(under(proxy, `${path}/@v/${what}`), limit);
    // `absent` alone passes on to the next one, as Go does after a comma.
    if (last.status !== 'absent') return last;
  }
  return last;
}

export async function readVersions(registries: Registries, module: string): Promise<Answer<string[]>> {
  const answer = await ask(registries, module, 'list', MAX_LIST);
  if (answer.status !== 'found') return answer;
  const versions = answer.value.toString('utf8').split(/\s+/);
  return { status: 'found', value: versions.filter((one) => /^v[0-9][0-9A-Za-z.+-]*$/.test(one)) };
}

export async function readMod(registries: Registries, module: string, version: string): Promise<Answer<string>> {
  const answer = await ask(registries, module, `${encodeURIComponent(escaped(version))}.mod`, MAX_MOD);
  return answer.status === 'found' ? { status: 'found', value: answer.value.toString('utf8') } : answer;
}

/** `h1:` of a go.mod file. @see golang.org/x/mod/sumdb/dirhash, "Hash1" */
export const modHash = (text: string): string => hash1([['go.mod', Buffer.from(text)]]);

/** `h1:` of a module's archive. @see golang.org/x/mod/sumdb/dirhash, "HashZip" */
export async function readZipHash(registries: Registries, module: string, version: string): Promise<Answer<string>> {
  const answer = await ask(registries, module, `${encodeURIComponent(escaped(version))}.zip`, MAX_ZIP);
  if (answer.status !== 'found') return answer;
  const archive = openZip(answer.value, newBudget());
  const files: [string, Buffer][] = [];
  for (const entry of archive.entries) {
    const content = archive.read(entry, MAX_ZIP);
    if (isZipProblem(content) || !entry.name.startsWith(`${module}@${version}/`))
      return { status: 'unreachable', detail: `the archive of ${module} ${version} is not as it should be` };
    files.push([entry.name, content]);
  }
  if (files.length === 0 || archive.problems.length > 0)
    return { status: 'unreachable', detail: `the archive of ${module} ${version} cannot be read` };
  return { status: 'found', value: hash1(files) };
}

function hash1(files: [string, Buffer][]): string {
  const all = createHash('sha256');
  const sorted = files.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const [name, content] of sorted) all.update(`${createHash('sha256').update(content).digest('hex')}  ${name}\n`);
  return `h1:${all.digest('base64')}`;
}
