/** Text as PostgreSQL takes it: hostile names hold what neither its text nor its JSON may. */

const NUL = String.fromCharCode(0);

/** Without NUL and lone surrogates, whatever the depth; both become U+FFFD. */
export function storable<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(NUL, '\ufffd').toWellFormed();
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, clean(inner)]));
  return value;
}
