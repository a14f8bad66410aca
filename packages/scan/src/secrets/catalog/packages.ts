/** Registries of packages and images. */
import { crc32Base62 } from '../checks/checksum.ts';
import { decodeBase64 } from '../checks/decode.ts';
import { assigned, spelled } from '../forms/assigned.ts';
import { token } from '../forms/token.ts';
import type { Kind, Random } from '../kind.ts';
import { UUID } from './forms.ts';

export const PACKAGES: readonly Kind[] = [
  token({
    id: 'npm-access-token',
    title: 'npm access token',
    severity: 'critical',
    docs: 'https://docs.npmjs.com/about-access-tokens',
    starts: ['npm_'],
    rest: '[0-9A-Za-z]{36}',
    check: (text) => text.slice(-6) === crc32Base62(text.slice(4, -6)),
    seal: (text) => text.slice(0, -6) + crc32Base62(text.slice(4, -6)),
    certain: true,
  }),
  assigned({
    id: 'npm-legacy-token',
    title: 'npm access token (before 2021, or of another registry)',
    severity: 'high',
    docs: 'https://docs.npmjs.com/cli/configuring-npm/npmrc',
    names: [':_authtoken'],
    value: UUID,
  }),
  token({
    id: 'pypi-api-token',
    title: 'PyPI API token',
    severity: 'critical',
    docs: 'https://pypi.org/help/#apitoken',
    starts: ['pypi-'],
    rest: '[0-9A-Za-z_-]{85,200}',
    ends: '\\w-',
    check: (text) => isMacaroon(text.slice(5)),
    seal: (text, _start, random) => `pypi-${macaroon(random, text)}`,
    certain: true,
  }),
  token({
    id: 'rubygems-api-key',
    title: 'RubyGems API key',
    severity: 'critical',
    docs: 'https://guides.rubygems.org/api-key-scopes/',
    starts: ['rubygems_'],
    rest: '[0-9a-f]{48}',
  }),
  assigned({
    id: 'crates-io-token',
    title: 'crates.io API token',
    severity: 'critical',
    docs: 'https://doc.rust-lang.org/cargo/reference/config.html#credentials',
    names: ['token', 'cargo_registry'],
    value: 'cio[0-9A-Za-z]{32}',
    shown: 'cio',
  }),
  token({
    id: 'nuget-api-key',
    title: 'NuGet API key',
    severity: 'critical',
    docs: 'https://learn.microsoft.com/nuget/nuget-org/publish-a-package',
    starts: ['oy2'],
    next: 'abcdefghijklmnopqrstuvwxyz234567',
    rest: '[a-z2-7]{43}',
    scope: 'text',
  }),
  token({
    id: 'packagist-api-token',
    title: 'Packagist API token',
    docs: 'https://packagist.com/docs/api',
    starts: [
      'packagist_oat_',
      'packagist_uat_',
      'packagist_out_',
      'packagist_uut_',
      'packagist_ack_',
      'packagist_acs_',
    ],
    rest: '[0-9a-f]{64}',
  }),
  token({
    id: 'clojars-deploy-token',
    title: 'Clojars deploy token',
    docs: 'https://github.com/clojars/clojars-web/wiki/Deploy-Tokens',
    starts: ['CLOJARS_'],
    rest: '[0-9a-f]{60}',
  }),
  token({
    id: 'docker-personal-token',
    title: 'Docker Hub personal access token',
    severity: 'critical',
    docs: 'https://docs.docker.com/security/access-tokens/',
    starts: ['dckr_pat_'],
    rest: '[0-9A-Za-z_-]{27}',
    ends: '\\w-',
  }),
  token({
    id: 'docker-organization-token',
    title: 'Docker Hub organization access token',
    severity: 'critical',
    docs: 'https://docs.docker.com/enterprise/security/access-tokens/',
    starts: ['dckr_oat_'],
    rest: '[0-9A-Za-z_-]{32}',
    ends: '\\w-',
  }),
  token({
    id: 'artifactory-api-key',
    title: 'JFrog Artifactory API key',
    docs: 'https://jfrog.com/help/r/jfrog-platform-administration-documentation/api-key',
    starts: ['AKCp'],
    rest: '[0-9A-Za-z]{69}',
  }),
  token({
    id: 'artifactory-reference-token',
    title: 'JFrog reference token',
    docs: 'https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens',
    starts: ['cmVmdGtu'],
    rest: '[0-9A-Za-z]{56}',
    check: (text) => /^reftkn:\d\d:\d{10}:[0-9A-Za-z]+$/.test(decodeBase64(text)?.toString('latin1') ?? ''),
    seal: (_text, _start, random) => {
      const tail = Array.from({ length: 27 }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join('');
      return Buffer.from(`reftkn:01:17${Math.floor(1e7 + random() * 8.9e7)}:${tail}`).toString('base64');
    },
    certain: true,
  }),
  assigned({
    id: 'quay-token',
    title: 'Quay robot account token',
    docs: 'https://docs.quay.io/glossary/robot-accounts.html',
    names: ['quay'],
    value: '[0-9A-Z]{64}',
  }),
  assigned({
    id: 'cocoapods-trunk-token',
    title: 'CocoaPods trunk token',
    docs: 'https://guides.cocoapods.org/making/getting-setup-with-trunk.html',
    names: spelled('cocoapods', 'trunk', 'token'),
    value: '[0-9a-f]{32}',
  }),
  assigned({
    id: 'hex-api-key',
    title: 'Hex API key',
    docs: 'https://hex.pm/docs/publish',
    names: spelled('hex', 'api', 'key'),
    value: '[0-9a-f]{32}',
  }),
  token({
    id: 'cloudsmith-entitlement-token',
    title: 'Cloudsmith entitlement token in an address',
    docs: 'https://help.cloudsmith.io/docs/entitlements',
    starts: ['https://dl.cloudsmith.io/'],
    rest: '[0-9A-Za-z]{16}/[0-9a-z-]{2,40}/[0-9a-z-]{2,40}/',
    ends: ' ',
    random: /cloudsmith\.io\/([^/]+)/,
    check: (text) => !text.includes('/public/'),
  }),
];

/** A macaroon of version 2, for pypi.org: version, field 1 (location) of eight bytes, field 2 (identifier). */
function isMacaroon(text: string): boolean {
  const bytes = decodeBase64(text);
  if (bytes === null || bytes.length < 48 || bytes[0] !== 2 || bytes[1] !== 1) return false;
  const length = bytes[2] ?? 0;
  const location = bytes.toString('latin1', 3, 3 + length);
  return (location === 'pypi.org' || location === 'test.pypi.org') && bytes[3 + length] === 2;
}

function macaroon(random: Random, text: string): string {
  const noise = Buffer.from(text.slice(5).padEnd(80, 'q').slice(0, 80), 'base64url');
  const id = Buffer.concat([Buffer.from([2, 36]), noise.subarray(0, 36)]);
  const key = Buffer.from(Array.from({ length: 32 }, () => Math.floor(random() * 256)));
  return Buffer.concat([Buffer.from([2, 1, 8]), Buffer.from('pypi.org'), id, Buffer.from([0, 0, 6, 32]), key]).toString(
    'base64url',
  );
}
