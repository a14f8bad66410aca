/** A real image of Debian, repaired from its real archive, and judged by apt, dpkg and runc. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compose } from '../compose.ts';
import { ComposeError } from '../error.ts';
import { dpkgComplaints, judgeMissing, prepareApt, runInContainer, unpackImage } from '../fixture/native-judge.ts';
import { repairImage } from './repair.ts';

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pratique', 'repair-test');

test('Debian’s base from main alone is repaired so that apt has nothing more and dpkg finds all whole', async (context) => {
  const missing = await judgeMissing(['apt-get', 'dpkg', 'tar', 'runc']);
  if (missing) return context.skip(missing);
  const folder = await mkdtemp(join(tmpdir(), 'pratique-repair-real-'));
  await mkdir(CACHE, { recursive: true });
  const deps = { fetch, cacheDir: CACHE, now: () => new Date() };
  try {
    const apt = await prepareApt(join(folder, 'apt'), 'bookworm').catch(() => null);
    if (!apt) return context.skip('no Debian archive with bookworm and its security suite can be reached');
    const image = await compose({ suite: 'bookworm', include: ['openssl'], security: false }, deps);
    const before = join(folder, 'before');
    await unpackImage(image, before);
    const offered = await apt.upgrades(before);
    const repaired = await repairImage({ ...deps, source: image.source, reference: image.manifest.digest });
    const names = repaired.result.upgraded.map(({ name }) => name);
    expect(names.filter((name) => offered.includes(name))).toEqual(offered);
    expect(repaired.result.left).toEqual([]);
    expect(repaired.result.scripts.filter(({ handled }) => handled === 'not-done')).toEqual([]);
    const after = join(folder, 'after');
    await unpackImage(repaired, after);
    expect(await apt.upgrades(after)).toEqual([]);
    expect(await dpkgComplaints(after)).toBe('');
    expect(await runInContainer(after, ['openssl', 'version'], `pratique-repair-${process.pid}`)).toMatch(/^OpenSSL 3/);
    const { layer } = repaired.result;
    expect((layer?.bytes ?? 1) / (layer?.packageBytes ?? 1)).toBeLessThanOrEqual(1.1);
    const second = await repairImage({ ...deps, source: repaired.source, reference: repaired.manifest.digest });
    expect(second.result.to).toBeNull();
    for (const each of [image, repaired, second]) await each.close();
  } catch (error) {
    // A mirror that is frozen is past its Valid-Until; that it is refused is what should happen.
    if (error instanceof ComposeError && ['release-expired', 'archive-unreachable'].includes(error.code))
      return context.skip(error.message);
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 240_000);
