/** What a line of a password file is chosen by. */
export interface PasswordKey {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** Folders that libpq is built with as the default one for sockets: PostgreSQL's own, and Debian's. They go by `localhost`. */
const defaultSocketFolders = ['/tmp', '/var/run/postgresql'];

/**
 * The password of the first line that fits, null when none does; an empty one counts. The rules are those of
 * `passwordFromFile` in libpq's fe-connect.c: `host:port:database:user:password`, `*` for a whole field, a backslash before
 * a colon or a backslash that is meant; the password ends at a bare colon, and is taken as it stands, blanks included.
 */
export function passwordIn(text: string, { host, port, database, user }: PasswordKey): string | null {
  const hosts = defaultSocketFolders.includes(host) ? ['localhost', host] : [host];
  for (const line of text.split('\n')) {
    const content = line.endsWith('\r') ? line.slice(0, -1) : line;
    for (const name of hosts) {
      const password = afterFields(content, [name, String(port), database, user]);
      if (password !== null) return unescaped(password);
    }
  }
  return null;
}

/** What stands behind the fields of a line when each of them fits; null when one does not. */
function afterFields(line: string, wanted: readonly string[]): string | null {
  let rest: string | null = line;
  for (const value of wanted) {
    rest = afterField(rest, value);
    if (rest === null) return null;
  }
  return rest;
}

/** libpq's `pwdfMatchesString`. */
function afterField(text: string, wanted: string): string | null {
  if (text.startsWith('*:')) return text.slice(2);
  let at = 0;
  let matched = 0;
  while (at < text.length) {
    if (text[at] === ':' && matched === wanted.length) return text.slice(at + 1);
    if (text[at] === '\\') at += 1;
    if (matched === wanted.length || text[at] !== wanted[matched]) return null;
    at += 1;
    matched += 1;
  }
  return null;
}

function unescaped(text: string): string {
  let password = '';
  for (let at = 0; at < text.length && text[at] !== ':'; at += 1) {
    if (text[at] === '\\' && at + 1 < text.length) at += 1;
    password += text[at] ?? '';
  }
  return password;
}
