import { expect, test } from 'vitest';
import { ImageConfig } from './image-config.ts';

test.each([
  ['as the specification has them', { '8080/tcp': {} }, ['8080/tcp']],
  ['as a list', ['8080/tcp'], []],
  ['as a text', '8080', []],
  ['not at all', undefined, []],
  ['null', null, []],
])('ports %s leave the rest of a configuration readable', (_, ExposedPorts, ports) => {
  const { config } = ImageConfig.parse({ config: { User: 'app', ExposedPorts } });
  expect(config.User).toBe('app');
  expect(Object.keys(config.ExposedPorts)).toEqual(ports);
});

test('a configuration that says nothing has the defaults', () => {
  expect(ImageConfig.parse({}).config).toMatchObject({ User: '', ExposedPorts: {}, Labels: {} });
});
