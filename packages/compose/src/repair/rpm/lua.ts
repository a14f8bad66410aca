/** Scriptlets in Lua run inside rpm, which is not here: known are the forms that distributions use. */
import type { Tree } from '../../files/tree.ts';

export type LuaEffect = { kind: 'nothing'; why: string } | { kind: 'ldconfig' } | { kind: 'shells'; lines: string[] };

const PROGRAM = String.raw`["']\/(?:usr\/)?sbin\/ldconfig["']`;
const CALL = String.raw`(?:posix\.exec|os\.execute|rpm\.execute|rpm\.spawn)\s*\(\s*\{?\s*${PROGRAM}\s*\}?\s*\)`;
const ACCESS = String.raw`if posix\.access\s*\(\s*${PROGRAM}(?:\s*,\s*["']x["'])?\s*\) then`;
/** As libgcc has it: in a process of its own, for which it waits. */
const FORK = String.raw`local pid\s*=\s*posix\.fork\s*\(\) if pid == 0 then ${CALL} elseif pid ~= -1 then posix\.wait\s*\(pid\) end`;
const LDCONFIG = new RegExp(`^(?:${CALL}|${ACCESS} (?:${CALL}|${FORK}) end)$`);
const ONLY_ON_REMOVAL = /^if (?:tonumber\()?arg\[2\]\)? == ["']?0["']? then\b(.*)\bend$/;
const MOVED =
  /^(?:local )?path\s*=\s*["']([^"']+)["'] (?:local )?st\s*=\s*posix\.stat\(path\) if st and st\.type == ["'](directory|link)["'] then\b(.*)\bend$/;
/** As bash has it: names of shells in variables, added where the file does not have them. */
const SHELLS =
  /^nl\s*=\s*'\\n' sh\s*=\s*'(\/[^'\s]+)'\.\.nl (\w+)\s*=\s*'(\/[^'\s]+)'\.\.nl f\s*=\s*io\.open\('\/etc\/shells', 'a\+'\) if f then local shells = nl\.\.f:read\('\*all'\)\.\.nl if not shells:find\(nl\.\.sh\) then f:write\(sh\) end if not shells:find\(nl\.\.\2\) then f:write\(\2\) end f:close\(\) end$/;
/** glibc's own begins with these words; what it does is told in them. */
const GLIBC = /We use lua'?s? (?:posix\.exec )?because there may be no shell/i;

/**
 * @param count how many packages of the name there are then; 0 on removal
 * @returns null where it cannot be told what it does
 */
export function luaEffect(body: string, name: string, count: number, tree: Tree): LuaEffect | null {
  const text = body
    .split('\n')
    .map((line) => line.replace(/^\s*--.*$/, '').trim())
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (text === '') return { kind: 'nothing', why: 'it does nothing' };
  if (LDCONFIG.test(text)) return { kind: 'ldconfig' };
  const removal = ONLY_ON_REMOVAL.exec(text);
  if (removal && count > 0 && isOneBlock(removal[1] ?? ''))
    return { kind: 'nothing', why: 'it does something on removal only' };
  const [, path, type, inner = ''] = MOVED.exec(text) ?? [];
  if (path !== undefined && isOneBlock(inner) && typeOf(tree, path) !== type)
    return { kind: 'nothing', why: `it moves ${path} out of the way where that is a ${type}, and it is none` };
  const [, sh, , shell] = SHELLS.exec(text) ?? [];
  if (sh !== undefined && shell !== undefined) return { kind: 'shells', lines: [sh, shell] };
  // Libraries of older releases, the linker's configuration and its cache; nothing runs that would have to start again.
  const isConfigured = /^\s*include\s+(?:\/etc\/)?ld\.so\.conf\.d\/\*\.conf/m.test(
    tree.readText('/etc/ld.so.conf') ?? '',
  );
  return name === 'glibc' && GLIBC.test(body) && isConfigured ? { kind: 'ldconfig' } : null;
}

/** Whether the condition before it holds for all of it: nothing may follow its own end. */
function isOneBlock(text: string): boolean {
  let depth = 0;
  for (const [word] of text
    .replace(/"[^"]*"|'[^']*'/g, '')
    .matchAll(/\b(?:if|for|while|function|repeat|until|end|elseif|else)\b/g)) {
    if (word === 'if' || word === 'for' || word === 'while' || word === 'function' || word === 'repeat') depth++;
    else if (word === 'end' || word === 'until') depth--;
    // Another branch of the same condition, or what comes behind it.
    if (depth < 0 || (depth === 0 && (word === 'else' || word === 'elseif'))) return false;
  }
  return depth === 0;
}

function typeOf(tree: Tree, path: string): 'directory' | 'link' | null {
  const kind = tree.lfind(path)?.kind;
  if (kind === 'symlink') return 'link';
  return kind === 'directory' ? kind : null;
}
