/** A command is made of what its tool understands, and of nothing that an image could slip in. */
import { expect, test } from 'vitest';
import { upgradeCommand } from './upgrade-command.ts';

const DEB = 'apt-get update && apt-get install --only-upgrade -y';

test.each([
  ['deb', 'openssl', '3.0.17', ['libssl3', 'openssl'], `${DEB} libssl3 openssl`],
  ['deb', 'openssl', null, ['openssl'], `${DEB} openssl`],
  ['apk', 'zlib', '1.3', ['zlib'], 'apk add --no-cache --upgrade zlib'],
  ['npm', '@scope/name', '1.2.3', ['@scope/name'], 'npm install @scope/name@1.2.3'],
  ['pypi', 'requests', '2.32.0', ['requests'], "pip install 'requests>=2.32.0'"],
  ['golang', 'golang.org/x/net', '0.38.0', [], 'go get golang.org/x/net@v0.38.0'],
  ['golang', 'golang.org/x/net', 'v0.38.0', [], 'go get golang.org/x/net@v0.38.0'],
  ['composer', 'a/b', '1.0', [], "composer require 'a/b:^1.0'"],
  ['npm', 'lodash', null, ['lodash'], null],
  ['maven', 'org.apache:log4j', '2.17', [], null],
  ['deb', 'x', '1', ['-oAPT::Update::Pre-Invoke::=evil'], null],
  ['deb', 'x', '1', ['a; reboot'], null],
  ['deb', 'x', '1', [], null],
  ['npm', 'a`b', '1', [], null],
  ['npm', 'a', '$(reboot)', [], null],
])('%s %s to %s', (type, name, to, packages, command) => {
  expect(upgradeCommand({ type, name, to, packages })).toBe(command);
});
