/** Tells what a machine drew at random from what people write in its place. */

/** Words of examples. In a random token of 40 letters each is as good as impossible. */
const EXAMPLE =
  /example|placeholder|dummy|sample|changeme|change[_-]?me|redacted|replace|insert|your[_-]|my[_-]?(?:secret|token|key|password)|[_-]here|xxxx|\*\*\*|\.\.\.|0000000|1111111|1234567|abcdefg|deadbeef|foobar|loremipsum|not[_-]?a[_-]?real|fake/i;
const EXAMPLES = new RegExp(EXAMPLE.source, 'gi');

/** Shannon entropy in bits for each character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** True when the text may be a random key: no example's word in it, no long run, and as varied as its length lets expect. */
export function isRandom(text: string): boolean {
  if (isExample(text) || /(.)\1{5}/.test(text) || isSequence(text)) return false;
  const drawn = text.replaceAll(/[-_.]/g, '');
  return entropyOf(drawn) >= leastEntropy(drawn);
}

/** Words of examples, also where the value was chosen by a person. */
export function isExample(text: string): boolean {
  if (text.length <= LONG) return EXAMPLE.test(text);
  return [...text.matchAll(EXAMPLES)].some(([word]) => isWritten(word));
}

/** In longer texts words come by chance, above all in keys: `FAkEA` begins a number in many. */
const LONG = 64;

/** As people write words: in one case, or with a capital letter. */
function isWritten(word: string): boolean {
  const rest = word.slice(1);
  return word === word.toUpperCase() || rest === rest.toLowerCase();
}

/** Half of what random characters of the same alphabet and length have is never reached from above by chance. */
function leastEntropy(text: string): number {
  const alphabet = /^\d+$/.test(text) ? 10 : /^[0-9a-f]+$/i.test(text) ? 16 : 62;
  const possible = Math.min(Math.log2(alphabet), Math.log2(text.length));
  return possible * 0.72;
}

/** Mostly characters that follow each other: abcdef..., 13579... */
function isSequence(text: string): boolean {
  const steps = new Map<number, number>();
  for (let at = 1; at < text.length; at++) {
    const step = text.charCodeAt(at) - text.charCodeAt(at - 1);
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  return text.length > 7 && Math.max(...steps.values()) > text.length * 0.55;
}

/** A password that stands where no password is meant: a variable, a hole in a template, the word itself. */
export function isNoPassword(text: string): boolean {
  return (
    text.length < 3 ||
    /[$%<{[(]|\}\}|^[*.xX?_-]+$|^@/.test(text) ||
    EXAMPLE.test(text) ||
    COMMON.has(text.toLowerCase()) ||
    /^(?:(?:the|your|my|some|db|database|user|root|admin|test|new|old)[_-]?)?(?:user[_-]?)?(?:passw(?:or)?d|passwd|pass|pwd|passphrase|secret|token|key)[_-]?\d{0,3}$/i.test(
      text,
    )
  );
}

/** What manuals write for a password. */
const COMMON: ReadonlySet<string> = new Set(
  'admin guest hunter2 letmein mysecretpassword none null nil undefined true false empty postgres mysql redis root secret test tester testing tiger user username value string text prompt pass pw p@ssw0rd ci dev demo default docker mongo rabbitmq changeit supersecret s3cret secr3t hidden masked private bar baz foo qux qwerty abc123 abcd abc 123 1234 12345 123456 topsecret file env optional required vault keyring basic bearer'.split(
    ' ',
  ),
);
