import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

describe('the configuration', () => {
  test('has defaults for everything', () => {
    expect(readConfig({}, '/srv/pratique')).toMatchObject({
      port: 8480,
      admissionPort: 8481,
      publicUrl: 'http://127.0.0.1:8480',
      dataDir: '/srv/pratique/.pratique',
      databaseUrl: null,
      tls: null,
    });
  });

  test('takes an empty variable for an absent one', () => {
    expect(readConfig({ PRATIQUE_PORT: '' }, '/').port).toBe(8480);
  });

  test.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ['a port that is no number', { PRATIQUE_PORT: 'http' }, /^PRATIQUE_PORT is invalid/],
    [
      'a short administrator password',
      { PRATIQUE_ADMIN_PASSWORD: 'short' },
      /^PRATIQUE_ADMIN_PASSWORD is invalid: has at least 8/,
    ],
    ['another database', { DATABASE_URL: 'mysql://x' }, /^DATABASE_URL is invalid: begins with postgres/],
    [
      'a certificate without its key',
      { PRATIQUE_TLS_CERT: 'c.pem' },
      /PRATIQUE_TLS_CERT and PRATIQUE_TLS_KEY belong together/,
    ],
    ['plain HTTP for others', { PRATIQUE_HOST: '0.0.0.0' }, /PRATIQUE_HOST is 0.0.0.0.*PRATIQUE_TLS_CERT/],
    [
      'a master key that is none',
      { PRATIQUE_MASTER_KEY: 'secret' },
      /^PRATIQUE_MASTER_KEY is invalid: is 64 hex digits/,
    ],
    [
      'a token of the metrics that could be guessed',
      { PRATIQUE_METRICS_TOKEN: 'prometheus' },
      /^PRATIQUE_METRICS_TOKEN is invalid: has 16 to 512 characters/,
    ],
    [
      'candidates of no release',
      { PRATIQUE_CANDIDATES: 'debian:12,fedora:40' },
      /^PRATIQUE_CANDIDATES is invalid: fedora:40/,
    ],
    [
      'candidates of an architecture that is a path',
      { PRATIQUE_CANDIDATES_ARCHITECTURES: '../x' },
      /^PRATIQUE_CANDIDATES_ARCHITECTURES is invalid/,
    ],
    [
      'a mirror that is not on the web',
      { PRATIQUE_DEBIAN_MIRROR: 'file:///srv' },
      /^PRATIQUE_DEBIAN_MIRROR is invalid/,
    ],
    ['a public URL of another kind', { PRATIQUE_PUBLIC_URL: 'ftp://x' }, /^PRATIQUE_PUBLIC_URL is invalid/],
  ])('refuses %s and names the key', (_, env, message) => {
    expect(() => readConfig(env, '/')).toThrow(message);
  });
});
