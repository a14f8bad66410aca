import { describe, expect, test } from 'vitest';
import { createSigner, generateKey } from '../key.ts';
import { canonicalImage } from './canonical-image.ts';
import { compileTrustPolicy } from './compile-policy.ts';
import { countSigners } from './count-signers.ts';
import { fetchLocation } from './fetch-location.ts';

const pem = createSigner(generateKey()).publicKey.pem;
const other = createSigner(generateKey()).publicKey.pem;
const rule = (more: object = {}) => ({
  name: 'acme',
  images: ['ghcr.io/acme/**'],
  authorities: { anyOf: [{ key: pem }] },
  ...more,
});
const policy = (more: object = {}) => ({ version: 1, rules: [rule()], ...more });
const keyless = (more: object = {}) => ({
  keyless: { issuer: 'https://i.test', subject: 's', trustedRoot: 'r', ...more },
});
const byOne = (authority: object) => policy({ rules: [rule({ authorities: { anyOf: [authority] } })] });

describe('a trust policy', () => {
  test.each<[string, unknown, RegExp]>([
    ['that is none', 'x', /invalid at its root/],
    ['of another version', policy({ version: 2 }), /at version: /],
    ['with a key that nobody knows', policy({ keys: {}, extra: 1 }), /at its root: .*extra/],
    [
      'with an image without a host',
      policy({ rules: [rule({ images: ['nginx'] })] }),
      /rules\.0\.images\.0: begins with the registry’s host/,
    ],
    [
      'with an image that carries a tag',
      policy({ rules: [rule({ images: ['ghcr.io/acme/app:1'] })] }),
      /rules\.0\.images\.0: has path segments/,
    ],
    [
      'with an image that carries a digest',
      policy({ rules: [rule({ images: ['ghcr.io/acme/app@sha256:1'] })] }),
      /without tag or digest/,
    ],
    ['with an image in capitals', policy({ rules: [rule({ images: ['GHCR.io/acme/app'] })] }), /rules\.0\.images\.0: /],
    [
      'with a rule that demands nothing',
      policy({ rules: [{ name: 'x', images: ['**'] }] }),
      /rules\.0: needs authorities, predicates, or "unsigned: allow"/,
    ],
    [
      'with a rule that demands and allows',
      policy({ rules: [rule({ unsigned: 'allow' })] }),
      /rules\.0\.unsigned: .*choose one/,
    ],
    [
      'with two rules of one name',
      policy({ rules: [rule(), rule()] }),
      /rules\.1 \(acme\): another rule has this name/,
    ],
    [
      'with a key that is none',
      byOne({ key: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----' }),
      /rules\.0 \(acme\)\.authorities\.0: the public key cannot be read/,
    ],
    [
      'with a key name that is not there',
      byOne({ key: 'acme' }),
      /"acme" is neither a key in PEM nor a name in "keys"/,
    ],
    ['with an account that has no keys here', byOne({ key: 'account:stranger' }), /no keys of an account stranger/],
    ['with a root that is not there', byOne(keyless()), /there is no trusted root r/],
    [
      'with an issuer that is no URL',
      byOne(keyless({ issuer: 'github' })),
      /rules\.0\.authorities\.anyOf\.0\.keyless\.issuer: /,
    ],
    [
      'with a root that cannot be read',
      policy({ trustedRoots: { r: { pem: { certificateAuthority: 'x' } } } }),
      /trustedRoots\.r cannot be read: it holds no certificate/,
    ],
    [
      'that asks for two of one authority',
      policy({ rules: [rule({ authorities: { of: [{ key: pem }, { name: 'again', key: pem }], atLeast: 2 } })] }),
      /asks for 2 of 1 different authorities/,
    ],
    [
      'with a mirror that ends in a slash',
      policy({ mirrors: [{ prefix: 'docker.io/', mirror: 'mirror.test:5000' }] }),
      /mirrors\.0\.prefix: /,
    ],
  ])('%s is refused with the place and the reason', (_, document, reason) => {
    expect(() => compileTrustPolicy(document)).toThrow(reason);
  });

  const r = { pem: { logs: [{ url: 'https://l.test', key: pem }] } };
  const withSubject = (regExp: string) => ({ ...byOne(keyless({ subject: { regExp } })), trustedRoots: { r } });

  test('with an expression that is no RE2 is refused', () => {
    expect(() => compileTrustPolicy(withSubject('(?=x)'))).toThrow(
      /authorities\.0\.keyless\.subject: "\(\?=x\)" is no RE2 expression/,
    );
  });

  test('with an expression that would take other engines years answers', () => {
    const compiled = compileTrustPolicy(withSubject('(a+)+(a+)+b'));
    const authority = compiled.rules[0]?.signatures?.authorities[0];
    expect(authority?.kind === 'keyless' && authority.subject.matches(`${'a'.repeat(1900)}!`)).toBe(false);
  });

  test('has another digest when the keys of an account that it names change', () => {
    const named = byOne({ key: 'account:vendor' });
    const before = compileTrustPolicy(named, { vendor: [pem] });
    expect(compileTrustPolicy(named, { vendor: [pem] }).digest).toBe(before.digest);
    expect(compileTrustPolicy(named, { vendor: [pem, other] }).digest).not.toBe(before.digest);
  });
});

describe('an image name', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx'],
    ['docker.io/nginx', 'docker.io/library/nginx'],
    ['index.docker.io/library/nginx:1', 'docker.io/library/nginx'],
    ['acme/app', 'docker.io/acme/app'],
    ['GHCR.IO/acme/app', 'ghcr.io/acme/app'],
    ['ghcr.io:443/acme/app', 'ghcr.io/acme/app'],
    ['localhost/app', 'localhost/app'],
    ['registry:5000/app', 'registry:5000/app'],
    ['[::1]:5000/app', '[::1]:5000/app'],
  ])('%s means %s', (text, name) => {
    expect(canonicalImage(text).name).toBe(name);
  });
});

describe('an image is fetched', () => {
  const mirrors = [
    { prefix: 'docker.io', mirror: 'mirror.test:5000/hub' },
    { prefix: 'docker.io/library', mirror: 'official.test' },
    { prefix: 'ghcr.io/acme', mirror: 'acme.test' },
  ];
  test.each([
    ['docker.io/acme/app', 'mirror.test:5000', 'hub/acme/app'],
    ['nginx', 'official.test', 'nginx'],
    ['ghcr.io/acme/app', 'acme.test', 'app'],
    ['ghcr.io/acme-evil/app', 'ghcr.io', 'acme-evil/app'],
  ])('%s from %s/%s', (name, host, repository) => {
    expect(fetchLocation({ mirrors }, canonicalImage(name))).toEqual({ host, repository });
  });

  test('from the registry of Docker Hub without a mirror', () => {
    expect(fetchLocation({ mirrors: [] }, canonicalImage('nginx'))).toEqual({
      host: 'registry-1.docker.io',
      repository: 'library/nginx',
    });
  });
});

test.each<[string[][], number]>([
  [[['a'], ['a']], 1],
  [[['a', 'b'], ['a']], 2],
  [[['a'], ['a'], ['b', 'c']], 2],
  [[[], ['a']], 1],
  [[], 0],
])('of the authorities %j each has a signer of its own: %i', (signers, count) => {
  expect(countSigners(signers)).toBe(count);
});
