import { describe, expect, test } from 'vitest';
import { inMemory } from '../../files/content.ts';
import { Tree } from '../../files/tree.ts';
import { luaEffect } from './lua.ts';

const tree = new Tree(0);
tree.makeDirectory('/usr/share/old');
tree.write('/etc/ld.so.conf', inMemory('include ld.so.conf.d/*.conf\n'));

const LIBGCC = `if posix.access ("/sbin/ldconfig", "x") then
  local pid = posix.fork ()
  if pid == 0 then
    posix.exec ("/sbin/ldconfig")
  elseif pid ~= -1 then
    posix.wait (pid)
  end
end`;
const BASH = `nl        = '\\n'
sh        = '/bin/sh'..nl
bash      = '/bin/bash'..nl
f = io.open('/etc/shells', 'a+')
if f then
  local shells = nl..f:read('*all')..nl
  if not shells:find(nl..sh) then f:write(sh) end
  if not shells:find(nl..bash) then f:write(bash) end
  f:close()
end`;
const moved = (path: string, tail = '') => `local path = "${path}"
local st = posix.stat(path)
if st and st.type == "directory" then
  local status = os.rename(path, path .. ".rpmmoved")
  if not status then
    os.rename(path, path .. ".rpmmoved.1")
  end
end${tail}`;

describe('a scriptlet in Lua', () => {
  test.each([
    ['-- nothing\n', 'nothing'],
    ['os.execute("/sbin/ldconfig")', 'ldconfig'],
    [LIBGCC, 'ldconfig'],
    [BASH, 'shells'],
    [moved('/usr/share/none'), 'nothing'],
    ['if arg[2] == "0" then\n  if x then y() end\nend', 'nothing'],
  ])('is known by its form: %s', (body, kind) => {
    expect(luaEffect(body, 'any', 1, tree)?.kind).toBe(kind);
  });

  test.each([
    ['another program', 'os.execute("/sbin/ldconfig-evil")'],
    ['more behind the known form', `${LIBGCC}\nos.remove("/etc/passwd")`],
    ['a folder that is there', moved('/usr/share/old')],
    [
      'more behind a condition that does not hold',
      moved('/usr/share/none', '\nif x then os.remove("/etc/passwd") end'),
    ],
    ['another branch of the condition', 'if arg[2] == "0" then a() else b() end'],
    ['two conditions', 'if arg[2] == "0" then a() end if x then b() end'],
  ])('with %s is not', (_what, body) => {
    expect(luaEffect(body, 'any', 1, tree)).toBeNull();
  });

  test('that does something on removal is not known there', () => {
    expect(luaEffect('if arg[2] == "0" then a() end', 'any', 0, tree)).toBeNull();
  });
});
