/** What an image's configuration gives away, and what it does not. */
import { describe, expect, test } from 'vitest';
import { KINDS } from './catalog/list.ts';
import { examineConfiguration } from './configuration.ts';
import { createSecretExaminer } from './examiner.ts';
import { seeded } from './random.fixture.ts';
import { writeForm } from './random-shape.ts';

const SALT = Buffer.from('a salt of the tests alone');
const examiner = createSecretExaminer({ salt: SALT });
const word = writeForm('[0-9A-Za-z_]{18}', seeded(7));
const token = KINDS.find((kind) => kind.id === 'github-personal-access-token')?.sample(seeded(3)).secret ?? '';
const find = (config: unknown) => examineConfiguration(examiner, SALT, config);

describe('a secret is found', () => {
  test.each<[string, unknown, string, string, string]>([
    [
      'in a variable that is called so',
      { config: { Env: [`DB_PASSWORD=${word}`] } },
      'environment',
      'DB_PASSWORD',
      word,
    ],
    [
      'in a variable with another form of the name',
      { config: { Env: [`shopApiKey=${word}`] } },
      'environment',
      'shopApiKey',
      word,
    ],
    [
      'by its own form, whatever the variable is called',
      { config: { Env: [`X=${token}`] } },
      'environment',
      'X',
      token,
    ],
    [
      'in an address',
      { config: { Env: [`DATABASE_URL=postgres://shop:${word}@db-1.made-up.io/shop`] } },
      'environment',
      'DATABASE_URL',
      word,
    ],
    [
      'in a label',
      { config: { Labels: { 'io.made-up.deploy-token': word } } },
      'label',
      'io.made-up.deploy-token',
      word,
    ],
    ['in an argument', { config: { Cmd: ['serve', `--admin-password=${word}`] } }, 'command', 'Cmd', word],
    [
      'in an option and its value',
      { config: { Entrypoint: ['serve', '--admin-password', word] } },
      'command',
      'Entrypoint',
      word,
    ],
    ['in ENV of the history', { history: [{ created_by: `ENV DB_PASSWORD=${word}` }] }, 'history', 'step 1', word],
    [
      'in a build argument',
      { history: [{}, { created_by: `RUN |1 NPM_TOKEN=${word} /bin/sh -c npm ci # buildkit` }] },
      'history',
      'step 2',
      word,
    ],
    [
      'in what a step exported',
      { history: [{ created_by: `/bin/sh -c export API_KEY="${word}" && make` }] },
      'history',
      'step 1',
      word,
    ],
    [
      'on curl’s command line',
      { history: [{ created_by: `RUN curl -fsS -u shop:${word} https://made-up.io/a` }] },
      'history',
      'step 1',
      word,
    ],
  ])('%s', (_name, config, where, path, secret) => {
    const { matches, unread } = find(config);
    expect(matches).toMatchObject([{ where, path }]);
    expect(JSON.stringify(matches)).not.toContain(secret);
    expect(unread).toEqual([]);
  });
});

describe('nothing is found', () => {
  test.each<[string, unknown]>([
    ['in a path', { config: { Env: ['DB_PASSWORD_FILE=/run/secrets/db', 'SECRET_KEY=/run/secrets/key'] } }],
    [
      'where the value is empty, a variable or a word of manuals',
      { config: { Env: ['DB_PASSWORD=', 'A_TOKEN=$TOKEN', 'API_SECRET=changeme', 'ROOT_PASSWORD=${X}'] } },
    ],
    [
      'in keys of those who sign programs',
      {
        config: {
          Env: [
            'GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D',
            'NGINX_GPGKEY_FINGERPRINT=573BFD6B3D8FBC641079A6ABABF5BD827BD9BF62',
          ],
        },
      },
    ],
    [
      'in checksums',
      { config: { Env: ['PYTHON_GET_PIP_SHA256=1e501cf004eac1b7eb1f97266d28f995ae835d30250bec7f8850562703067dc6'] } },
    ],
    ['in switches', { config: { Env: ['MYSQL_ALLOW_EMPTY_PASSWORD=yes', 'REQUIRE_TOKEN=true', 'PASSWORD=prompt'] } }],
    [
      'in steps without one',
      {
        history: [
          { created_by: 'RUN /bin/sh -c apt-get install -y passwd # buildkit' },
          { created_by: 'COPY secrets.txt /run/ # buildkit' },
        ],
      },
    ],
    ['in a configuration without anything', null],
  ])('%s', (_name, config) => expect(find(config)).toEqual({ matches: [], unread: [] }));
});

test('a configuration of another shape is named, not taken for clean', () => {
  expect(find({ config: { Env: 'A=B' } }).unread).toEqual(['the configuration has another shape: config.Env']);
});
