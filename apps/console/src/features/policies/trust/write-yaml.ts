/** Writes plain data as YAML that people like to read. */

const INDENT = '  ';
/** Plain scalars that no reader of YAML takes for something else. */
const PLAIN = /^[A-Za-z/_][A-Za-z0-9 _./+*-]*(?::[A-Za-z0-9_./+*-]+)*$/;
const TAKEN = /^(?:true|false|null|yes|no|on|off|y|n|~|nan|inf)$/i;
/** Fits into a literal block: no characters that only quotes can carry, no spaces that a block would read as indentation. */
const BLOCK = /^[^\s\p{Cc}][^\p{Cc}]*(?:\n[^\p{Cc}]*)*\n?$/u;

/** @param value what JSON could hold; what is undefined is left out */
export function writeYaml(value: unknown): string {
  return `${write(value, '')}\n`.replace(/^\n/, '');
}

/** What stands after `key:` or `-`, beginning with a space or a line break. */
function write(value: unknown, indent: string): string {
  if (Array.isArray(value))
    return value.length === 0
      ? ' []'
      : value
          .map((item) => item as unknown)
          .map((item) => `\n${indent}-${within(item, indent)}`)
          .join('');
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    if (entries.length === 0) return ' {}';
    return entries.map(([key, inner]) => `\n${indent}${scalar(key)}:${write(inner, indent + INDENT)}`).join('');
  }
  if (typeof value === 'string') return ` ${text(value, indent)}`;
  return ` ${String(value)}`;
}

/** An item of a list: its first line stands beside the dash. */
function within(item: unknown, indent: string): string {
  const deeper = indent + INDENT;
  return write(item, deeper).replace(/^\n\s+/, ' ');
}

function text(value: string, indent: string): string {
  if (!value.includes('\n') || !BLOCK.test(value) || /[ \t]\n|\n\n$/.test(value)) return scalar(value);
  const body = value.endsWith('\n') ? value.slice(0, -1) : value;
  const lines = body.split('\n').map((line) => (line === '' ? '' : indent + line));
  return `${value.endsWith('\n') ? '|' : '|-'}\n${lines.join('\n')}`;
}

/** Quoted as JSON wherever a reader might take it for something else; JSON's quotes are YAML's. */
function scalar(value: string): string {
  return PLAIN.test(value) && !TAKEN.test(value) && !value.endsWith(' ') && !value.includes(' #')
    ? value
    : JSON.stringify(value);
}
