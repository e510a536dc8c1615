/** The settings of one service: libpq's keywords, each once. They may hold a password. */
export type ServiceEntries = ReadonlyMap<string, string>;

/** The file says something that libpq would refuse. The message completes "line N of FILE …" and quotes no value. */
export class ServiceSyntaxError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.name = 'ServiceSyntaxError';
    this.line = line;
  }
}

/** Lines of so many bytes, their line break included, are refused, as by libpq. */
const tooLong = 1023;

/**
 * The entries of a service, null when the file has none of this name. The rules are those of `parseServiceFile` in libpq's
 * fe-connect.c: blanks around a line are dropped but not those around `=`, `#` begins a comment line, the first group of
 * the name counts and in it the first of each keyword. Throws ServiceSyntaxError.
 */
export function readService(text: string, service: string): ServiceEntries | null {
  let entries: Map<string, string> | null = null;
  for (const [index, raw] of (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).entries()) {
    if (Buffer.byteLength(raw) >= tooLong) throw new ServiceSyntaxError(index + 1, 'is too long');
    const line = raw.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '');
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      if (entries !== null) return entries;
      if (line.startsWith(`[${service}]`)) entries = new Map();
    } else if (entries !== null) {
      const at = line.indexOf('=');
      if (at < 1) throw new ServiceSyntaxError(index + 1, 'is no keyword=value');
      const keyword = line.slice(0, at);
      if (keyword.startsWith('service')) throw new ServiceSyntaxError(index + 1, 'names another service');
      if (!entries.has(keyword)) entries.set(keyword, line.slice(at + 1));
    }
  }
  return entries;
}

/** The names of a file's services, in its order, each once. */
export const serviceNames = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/^[ \t]*\[([^\]\n]+)\]/gm)].map(([, name = '']) => name)),
];
