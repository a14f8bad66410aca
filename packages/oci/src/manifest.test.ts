/** Hostile and odd manifests. */
import { describe, expect, test } from 'vitest';
import { MAX_LAYERS, MAX_MANIFEST_BYTES, parseManifest } from './manifest.ts';
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_MANIFEST } from './media-types.ts';

const HEX = 'a'.repeat(64);
const CONFIG = { mediaType: OCI_CONFIG, digest: `sha256:${HEX}`, size: 2 };
const LAYER = { mediaType: OCI_LAYER_GZIP, digest: `sha256:${'b'.repeat(64)}`, size: 3 };
const IMAGE = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: CONFIG, layers: [LAYER] };
const INDEX = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ ...LAYER, mediaType: OCI_MANIFEST }] };
const text = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const swap = (from: string, to: string) => JSON.stringify(IMAGE).replace(from, to);

test.each<[string, unknown, string | undefined, string]>([
  ['an OCI image', IMAGE, OCI_MANIFEST, 'image'],
  ['an OCI image without its media type', { ...IMAGE, mediaType: undefined }, undefined, 'image'],
  ['a Docker image', { ...IMAGE, mediaType: DOCKER_MANIFEST }, DOCKER_MANIFEST, 'image'],
  ['an OCI index', INDEX, `${OCI_INDEX}; charset=utf-8`, 'index'],
  ['an index without its media type', { ...INDEX, mediaType: undefined }, undefined, 'index'],
  ['a Docker list', { ...INDEX, mediaType: DOCKER_LIST }, DOCKER_LIST, 'index'],
  ['an index of nothing', { ...INDEX, manifests: [] }, undefined, 'index'],
  ['fields that nobody knows', { ...IMAGE, 'x-own': { a: [1] } }, undefined, 'image'],
])('%s is read', (_, value, type, kind) => {
  expect(parseManifest(text(value), type).kind).toBe(kind);
});

describe('refused', () => {
  test.each<[string, unknown, string]>([
    ['no JSON', 'hello', 'not valid JSON'],
    ['nothing', '', 'not valid JSON'],
    ['bytes that are no UTF-8', JSON.stringify(IMAGE).replace(HEX, '\ud800'), 'invalid at config.digest'],
    ['a list', [IMAGE], 'not a JSON object'],
    ['null', 'null', 'not a JSON object'],
    ['an image that is an index too', { ...IMAGE, manifests: [] }, 'both "manifests" and "layers"'],
    ['an index with a configuration', { ...INDEX, config: CONFIG }, 'both'],
    ['no layers', { ...IMAGE, layers: undefined }, 'invalid at layers'],
    ['layers that are no list', { ...IMAGE, layers: { length: 1, 0: LAYER } }, 'invalid at layers'],
    ['a configuration that is a string', { ...IMAGE, config: CONFIG.digest }, 'invalid at config'],
    ['a digest of another algorithm', swap('sha256:a', 'sha512:a'), 'invalid at config.digest'],
    ['a digest in capitals', swap(HEX, HEX.toUpperCase()), 'invalid at config.digest'],
    ['a digest that climbs', swap(HEX, '../../etc/passwd'), 'invalid at config.digest'],
    ['a negative size', swap('"size":2', '"size":-2'), 'invalid at config.size'],
    ['a broken size', swap('"size":2', '"size":2.5'), 'invalid at config.size'],
    ['a huge size', swap('"size":2', '"size":1e308'), 'invalid at config.size'],
    ['a size beyond exact numbers', swap('"size":2', '"size":9007199254740993'), 'invalid at config.size'],
    ['a size that is a string', swap('"size":2', '"size":"2"'), 'invalid at config.size'],
    ['annotations that are no strings', { ...IMAGE, annotations: { a: 1 } }, 'invalid at annotations.a'],
    ['a subject that is no descriptor', { ...IMAGE, subject: 'x' }, 'invalid at subject'],
    ['schema version 3', { ...IMAGE, schemaVersion: 3 }, 'invalid at schemaVersion'],
    ['ten thousand layers', { ...IMAGE, layers: Array.from({ length: 10_000 }, () => LAYER) }, `at most ${MAX_LAYERS}`],
    ['a key twice', swap('"layers":', '"layers":[],"layers":'), '"layers" twice'],
    ['a key twice, once in escapes', swap('"layers":', '"\\u006cayers":[],"layers":'), 'twice'],
    ['a key twice for readers that ignore case', swap('"layers":', '"Layers":[],"layers":'), 'twice'],
    ['a digest twice', swap('"digest":', '"digest":"x","digest":'), 'twice'],
    ['a key that Go takes for another', { ...IMAGE, Subject: CONFIG }, 'spells subject as "Subject"'],
    ['a key with a long s', swap('"layers"', '"layerſ"'), 'spells layers as'],
    [
      'a field of a layer that Go takes for another',
      swap('"size":3', '"size":3,"URLs":["http://x"]'),
      'spells urls as',
    ],
    ['deep nesting', swap('{"schema', `{"x":${'['.repeat(1e5)}${']'.repeat(1e5)},"schema`), 'deeper than'],
  ])('%s', (_, value, message) => {
    expect(() => parseManifest(text(value))).toThrow(
      expect.objectContaining({ code: 'manifest-invalid', message: expect.stringContaining(message) }),
    );
  });

  test.each<[string, Buffer, string | undefined, string]>([
    ['more than 4 MiB', Buffer.alloc(MAX_MANIFEST_BYTES + 1, ' '), undefined, 'manifest-too-large'],
    ['schema version 1', text({ schemaVersion: 1, fsLayers: [] }), undefined, 'manifest-unsupported'],
    ['an unknown type', text({ ...IMAGE, mediaType: 'text/plain' }), undefined, 'manifest-unsupported'],
    ['another type than it was sent with', text(IMAGE), OCI_INDEX, 'manifest-invalid'],
    [
      'a byte that is no UTF-8',
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]),
      undefined,
      'manifest-invalid',
    ],
  ])('%s', (_, bytes, type, code) => {
    expect(() => parseManifest(bytes, type)).toThrow(expect.objectContaining({ code }));
  });
});

test('a key __proto__ changes nothing about objects', () => {
  const parsed = parseManifest(
    text(swap('"layers":', '"__proto__":{"polluted":1},"annotations":{"__proto__":"x"},"layers":')),
  );
  expect((parsed.manifest as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(Object.getPrototypeOf(parsed.manifest.annotations ?? {})).not.toBe('x');
});

test.each([
  ['an image', IMAGE, true],
  ['an artifact', { ...IMAGE, artifactType: 'a/b' }, false],
  [
    'an artifact by its configuration',
    { ...IMAGE, config: { ...CONFIG, mediaType: 'application/vnd.oci.empty.v1+json' } },
    false,
  ],
])('%s: runnable is %s', (_, value, runnable) => {
  expect(parseManifest(text(value))).toMatchObject({ runnable });
});
