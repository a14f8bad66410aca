/** debconf's database: templates that packages bring and the values that questions have without anybody to answer them. */
import { parseStanzas } from '../control/stanza.ts';

export type Question = {
  template: string;
  owners: Set<string>;
  value: string | null;
  flags: Set<string>;
  variables: Map<string, string>;
};
type Template = { fields: Map<string, string>; owners: Set<string> };

/** @see debconf-devel(7), "THE DEBCONF PROTOCOL" */
export class Debconf {
  templates = new Map<string, Template>();
  questions = new Map<string, Question>();

  /** Reads a package's templates file; every template is also a question. */
  load(text: string, owner: string): void {
    for (const fields of parseStanzas(text, `${owner}'s templates`, 5_000)) {
      const name = fields.get('template');
      if (!name) continue;
      const known = this.templates.get(name);
      if (known) known.owners.add(owner);
      else this.templates.set(name, { fields, owners: new Set([owner]) });
      this.register(name, name, owner);
    }
  }

  register(template: string, name: string, owner: string): void {
    const known = this.questions.get(name);
    if (known) known.owners.add(owner);
    else
      this.questions.set(name, {
        template,
        owners: new Set([owner]),
        value: null,
        flags: new Set(),
        variables: new Map(),
      });
  }

  /** The value of a question, or its template's default; null where there is no such question. */
  get(name: string): string | null {
    const question = this.questions.get(name);
    if (!question) return null;
    return question.value ?? this.expanded(name, 'default') ?? '';
  }

  /** A field of a question's template with its variables filled in. */
  expanded(name: string, field: string): string | null {
    const variables = this.questions.get(name)?.variables;
    return this.field(name, field)?.replace(/\$\{([^{}]+)\}/g, (_, key: string) => variables?.get(key) ?? '') ?? null;
  }

  field(name: string, field: string): string | null {
    const template = this.templates.get(this.questions.get(name)?.template ?? name);
    return template?.fields.get(field.toLowerCase()) ?? null;
  }

  /** `config.dat` and `templates.dat` as debconf writes them. */
  format(): { config: string; templates: string; passwords: string } {
    const config: string[] = [];
    const passwords: string[] = [];
    for (const [name, question] of [...this.questions].sort(byKey)) {
      const lines = [`Name: ${name}`, `Template: ${question.template}`];
      if (question.value !== null) lines.push(`Value: ${question.value}`);
      lines.push(`Owners: ${[...question.owners].sort().join(', ')}`);
      if (question.flags.size > 0) lines.push(`Flags: ${[...question.flags].sort().join(', ')}`);
      if (question.variables.size > 0) {
        lines.push('Variables:', ...[...question.variables].sort(byKey).map(([key, value]) => ` ${key} = ${value}`));
      }
      const target = this.field(name, 'type') === 'password' ? passwords : config;
      target.push(`${lines.join('\n')}\n\n`);
    }
    const templates = [...this.templates].sort(byKey).map(([name, { fields, owners }]) => {
      const lines = [`Name: ${name}`];
      for (const [key, value] of [...fields].sort(byKey)) {
        // Translations are left out: they are ten times the rest, and the next debconf run reads them from the package.
        if (key === 'template' || key.includes('.utf-8')) continue;
        const [short = '', ...rest] = value.split('\n');
        lines.push(`${capital(key)}: ${short}`);
        if (key === 'description' && rest.length > 0) lines.push(`Extended_description: ${unfold(rest)}`);
      }
      if (owners.size > 0) lines.push(`Owners: ${name}`);
      return `${lines.join('\n')}\n\n`;
    });
    return { config: config.join(''), templates: templates.join(''), passwords: passwords.join('') };
  }
}

function unfold(lines: string[]): string {
  return lines
    .map((line) => (line.trim() === '.' ? '\\n' : line.trim()))
    .join(' ')
    .replaceAll(' \\n ', '\\n\\n');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function byKey<T>(a: [string, T], b: [string, T]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
