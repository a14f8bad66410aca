import type { Inventory } from '@pratique/contract';
import { describe, expect, test } from 'vitest';
import { ServerError } from '../error.ts';
import { configStore } from '../gate/account.fixture.ts';
import type { ScanOrder, ScanResult } from '../inventory/scanner.ts';
import { scanImage } from './scan-image.ts';

const CONTENTS = { secrets: [], malware: [], unexamined: [], baseline: [] };
const inventory = { revision: 1, distribution: null, packages: [], files: [], missing: [] } satisfies Inventory;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: `sha256:${'0'.repeat(64)}`, size: 64 };
const broken = new ServerError('scan-failed', 'the scanner ended with SIGSEGV', { details: { ended: true } });
const slow = new ServerError('scan-failed', 'the scanner took longer than 1 s', {
  details: { ended: true, permanent: true },
});
const corrupt = new ServerError('scan-failed', 'the layer is no archive', { details: { permanent: true } });
const found: ScanResult = { inventory, contents: CONTENTS, failure: null };

/** @param answers of one child after the other, with contents or (`alone`) without */
function scanning(answers: (ScanResult | Error)[]) {
  const asked: string[] = [];
  const scan = async ({ contents }: ScanOrder): Promise<ScanResult> => {
    asked.push(contents ? 'contents' : 'inventory');
    const answer = answers.shift();
    if (!answer || answer instanceof Error) throw answer ?? new Error('nobody was to be asked');
    return answer;
  };
  const deps = { store: configStore(), scan, contents: { key: Buffer.alloc(32), revision: 'r' } };
  const want = { memory: undefined, inventory: true, contents: true };
  return { asked, result: scanImage(deps, { config, layers: [] }, want) };
}

describe('an image', () => {
  test('is read once for both', async () => {
    const { asked, result } = scanning([found]);
    expect(await result).toEqual({ inventory, examination: { contents: CONTENTS } });
    expect(asked).toEqual(['contents']);
  });

  test('over which a scanner was ended by somebody is read again', async () => {
    const { asked, result } = scanning([broken, found]);
    expect(await result).toMatchObject({ examination: { contents: CONTENTS } });
    expect(asked).toEqual(['contents', 'contents']);
  });

  test.each([
    ['breaks the scanner twice', [broken, broken], 'the scanner ended with SIGSEGV'],
    ['takes too long', [slow], 'the scanner took longer than 1 s'],
  ])('that %s still tells what is installed, and why nothing is known of its contents', async (_, first, failure) => {
    const { asked, result } = scanning([...first, { inventory, contents: null, failure: null }]);
    expect(await result).toEqual({ inventory, examination: { failure } });
    expect(asked.at(-1)).toBe('inventory');
  });

  test('without an engine is not clean', async () => {
    const { result } = scanning([{ inventory, contents: null, failure: 'YARA-X has no build for this system' }]);
    expect(await result).toEqual({ inventory, examination: { failure: 'YARA-X has no build for this system' } });
  });

  test('that cannot be read is refused', async () => {
    await expect(scanning([corrupt]).result).rejects.toBe(corrupt);
  });
});
