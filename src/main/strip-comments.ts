/**
 * Replaces `//` and block comments outside strings by spaces, so that what is left is JSON with every character still
 * on its line and column. An unclosed comment or string is left for JSON.parse to refuse.
 */
export function stripComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (found) =>
    found.startsWith('"') ? found : found.replace(/[^\n]/g, ' '),
  );
}
