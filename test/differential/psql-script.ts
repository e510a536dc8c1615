/** One statement of a psql script, with the lines that follow a COPY … FROM STDIN. */
export interface ScriptStatement {
  readonly line: number;
  readonly sql: string;
  readonly copyData: string | null;
}

const COPY_FROM_STDIN = /^\s*COPY\b[^;]*\bFROM\s+STDIN\b/i;

/**
 * Cuts a psql script into statements as far as the differential test needs it: quotes, dollar quotes, comments, nested
 * parentheses, SQL bodies (BEGIN ATOMIC … END) and COPY data. Of the meta-commands only \getenv and \set are followed,
 * because the scripts name their files with them; statements with an unknown variable in them are left out.
 */
export function readScript(script: string, environment: Readonly<Record<string, string>>): ScriptStatement[] {
  const variables = new Map<string, string>();
  const statements: ScriptStatement[] = [];
  let position = 0;
  while (position < script.length) {
    const start = skipBlank(script, position);
    if (start >= script.length) break;
    const line = script.slice(0, start).split('\n').length;
    const lineEnd = endOfLine(script, start);
    if (script[start] === '\\') {
      runMeta(script.slice(start, lineEnd), variables, environment);
      position = lineEnd;
      continue;
    }
    const end = endOfStatement(script, start);
    const sql = substitute(script.slice(start, end.at).trim(), variables);
    position = end.next;
    let copyData: string | null = null;
    if (COPY_FROM_STDIN.test(script.slice(start, end.at))) {
      const from = endOfLine(script, position) + 1;
      const until = script.indexOf('\n\\.', from - 1);
      copyData = until < 0 ? script.slice(from) : script.slice(from, until + 1);
      position = until < 0 ? script.length : until + 3;
    }
    if (sql !== null && sql !== '') statements.push({ line, sql, copyData });
  }
  return statements;
}

const endOfLine = (script: string, from: number): number => {
  const at = script.indexOf('\n', from);
  return at < 0 ? script.length : at;
};

function skipBlank(script: string, from: number): number {
  let at = from;
  for (;;) {
    while (at < script.length && /\s|;/.test(script[at] ?? '')) at++;
    if (script.startsWith('--', at)) at = endOfLine(script, at);
    else return at;
  }
}

/** Where the statement ends, and where to go on: behind its `;`, or behind a meta-command that sends it (\gset, \g, \;). */
function endOfStatement(script: string, start: number): { at: number; next: number } {
  let at = start;
  let parentheses = 0;
  let blocks = 0;
  while (at < script.length) {
    const skipped = skipQuoted(script, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const character = script[at];
    if (character === '\\') {
      if (script[at + 1] === ';') at += 2;
      else return { at, next: endOfLine(script, at) };
      continue;
    }
    if (character === '(') parentheses++;
    else if (character === ')') parentheses = Math.max(0, parentheses - 1);
    else if (character === ';' && parentheses === 0 && blocks === 0) return { at, next: at + 1 };
    const word = /^[A-Za-z_]\w*/.exec(script.slice(at, at + 40))?.[0];
    if (word === undefined) {
      at++;
      continue;
    }
    const upper = word.toUpperCase();
    if (upper === 'ATOMIC' && /\bBEGIN\s+$/i.test(script.slice(Math.max(start, at - 20), at))) blocks++;
    else if (upper === 'CASE' && blocks > 0) blocks++;
    else if (upper === 'END' && blocks > 0) blocks--;
    at += word.length;
  }
  return { at, next: at };
}

/** Behind the literal, quoted name, dollar quote or comment that begins here; `at` itself when none does. */
function skipQuoted(script: string, at: number): number {
  const rest = script.slice(at, at + 80);
  if (rest.startsWith('--')) return endOfLine(script, at);
  if (rest.startsWith('/*')) {
    let depth = 0;
    for (let i = at; i < script.length; i++) {
      if (script.startsWith('/*', i)) depth++;
      if (script.startsWith('*/', i) && --depth === 0) return i + 2;
    }
    return script.length;
  }
  const tag = /^\$(?:[A-Za-z_]\w*)?\$/.exec(rest)?.[0];
  if (tag !== undefined && !/[\w$]/.test(script[at - 1] ?? ' ')) {
    const end = script.indexOf(tag, at + tag.length);
    return end < 0 ? script.length : end + tag.length;
  }
  const quote = rest[0];
  if (quote !== "'" && quote !== '"') return at;
  const escapes = quote === "'" && /(?:^|\W)E$/i.test(script.slice(Math.max(0, at - 2), at));
  for (let i = at + 1; i < script.length; i++) {
    if (escapes && script[i] === '\\') i++;
    else if (script[i] === quote && script[i + 1] === quote) i++;
    else if (script[i] === quote) return i + 1;
  }
  return script.length;
}

function runMeta(command: string, variables: Map<string, string>, environment: Readonly<Record<string, string>>): void {
  const [name, variable, ...rest] = command.trim().split(/\s+/);
  if (variable === undefined) return;
  if (name === '\\getenv') {
    const value = environment[rest[0] ?? ''];
    if (value !== undefined) variables.set(variable, value);
  } else if (name === '\\set') {
    const parts = rest.map((part) =>
      part.startsWith("'") ? part.slice(1, -1) : part.startsWith(':') ? (variables.get(part.slice(1)) ?? null) : part,
    );
    if (parts.every((part) => part !== null)) variables.set(variable, parts.join(''));
  }
}

/** Null when the statement uses a variable that nothing has set. */
function substitute(sql: string, variables: ReadonlyMap<string, string>): string | null {
  let unknown = false;
  const text = sql.replace(/(^|[^:\w[])(:)(['"]?)([A-Za-z_]\w*)\3(?=[^:\w]|$)/g, (whole, before, _, quote, name) => {
    const value = variables.get(name);
    if (value === undefined) {
      unknown ||= quote !== '';
      return whole;
    }
    return `${before}${quote}${value}${quote}`;
  });
  return unknown ? null : text;
}
