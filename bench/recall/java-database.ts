/** The list of jars' hashes that Trivy looks up where a jar has no pom, with the jars that the images were made of. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { JARS } from './jars.ts';
import { runProgram } from './run-program.ts';

/** @see aquasecurity/trivy-java-db, pkg/db/db.go */
const TABLES = `
  create table artifacts(id integer primary key, group_id text, artifact_id text);
  create table indices(artifact_id integer, version text, sha1 blob, archive_type text, foreign key (artifact_id) references artifacts(id));
  create unique index artifacts_idx on artifacts(artifact_id, group_id);
  create index indices_artifact_idx on indices(artifact_id);
  create unique index indices_sha1_idx on indices(sha1);`;
const METADATA = {
  Version: 1,
  NextUpdate: '2099-01-01T00:00:00Z',
  UpdatedAt: '2023-11-14T00:00:00Z',
  DownloadedAt: '2023-11-14T00:00:00Z',
};

/** Writes `java-db` into Trivy's cache. Other jars than these were not fetched from the central repository. */
export async function writeJavaDatabase(cache: string, layouts: readonly string[]): Promise<void> {
  const dir = join(cache, 'java-db');
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'metadata.json'), JSON.stringify(METADATA));
  const known = new Map(JARS.map((each) => [each.split(':').slice(1, 3).join('-'), each.split(':')]));
  const database = new DatabaseSync(join(dir, 'trivy-java.db'));
  try {
    database.exec(TABLES);
    const artifact = database.prepare('insert or ignore into artifacts(group_id, artifact_id) values (?, ?)');
    const index = database.prepare(
      "insert or ignore into indices select id, ?, ?, 'jar' from artifacts where group_id = ? and artifact_id = ?",
    );
    for (const layout of layouts)
      for (const [name, sha1] of await hashJars(layout)) {
        const [, group, id, version] = ['', ...(known.get(name) ?? [])];
        if (!group || !id || !version) continue;
        artifact.run(group, id);
        index.run(version, sha1, group, id);
      }
  } finally {
    database.close();
  }
}

/** Names without their endings, and hashes, of the jars that lie in the images' folder of them. */
async function hashJars(layout: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const blobs = join(layout, 'blobs', 'sha256');
  const folder = await mkdtemp(join(tmpdir(), 'pratique-coverage-'));
  try {
    for (const blob of await readdir(blobs)) {
      const wanted = ['-C', folder, '--wildcards', './opt/java/*.jar'];
      await runProgram('tar', ['-xzf', join(blobs, blob), ...wanted]).catch(() => null); // it has none, or is no layer
    }
    const jars = join(folder, 'opt', 'java');
    for (const file of await readdir(jars).catch(() => []))
      found.set(
        file.replace(/\.jar$/, ''),
        createHash('sha1')
          .update(await readFile(join(jars, file)))
          .digest(),
      );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return found;
}
