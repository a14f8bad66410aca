/** Which names mean an engine's store, and which a registry that is called like one. */
import { expect, test } from 'vitest';
import { LOCAL_STORE } from './local-store.ts';

test.each<[string, string[] | null]>([
  ['podman:app', ['podman', '', 'app']],
  ['containerd:docker.io/library/app:v1', ['containerd', '', 'docker.io/library/app:v1']],
  ['containerd:[/var/lib/other]app@sha256:00', ['containerd', '/var/lib/other', 'app@sha256:00']],
  ['docker:', ['docker', '', '']],
  // The image of Docker itself, and a registry in the local network.
  ['docker:27', null],
  ['podman:5000/team/app:1', null],
  ['registry.example/docker:27', null],
  ['docker-archive:app.tar', null],
])('%s', (text, expected) => {
  expect(
    LOCAL_STORE.exec(text)
      ?.slice(1)
      .map((part) => part ?? '') ?? null,
  ).toEqual(expected);
});
