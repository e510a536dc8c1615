import type { z } from 'zod';

/** One clause per fault, each with the path of its field as one would write it: `connections[0].upstream.port`. */
export const describeIssues = (error: z.ZodError): string => listIssues(error).join('; ');

/** The same as a list. */
export const listIssues = (error: z.ZodError): string[] => error.issues.flatMap(describeIssue);

function describeIssue(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${fieldPath([...issue.path, key])}: there is no such field`);
  }
  return [`${fieldPath(issue.path)}: ${issue.message}`];
}

function fieldPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the whole file';
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}
