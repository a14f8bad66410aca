/** What the name of a file says. */
import { expect, test } from 'vitest';
import { pathFacts } from './path-facts.ts';

test.each([
  ['opt/app/lib/tomcat.jar!/org/apache/catalina/LocalStrings.properties', true],
  ['srv/app/messages_pt_BR.properties', true],
  ['srv/app/application.properties', false],
  ['srv/app/package-lock.json', true],
  ['srv/app/settings.json', false],
] as const)('%s: values with telling names count as none: %s', (path, generated) => {
  expect(pathFacts(path).generated).toBe(generated);
  expect(pathFacts(path).place).toBe('own');
});
