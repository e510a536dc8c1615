/** The words of the box that the operator sees when the desktop app cannot start or close properly. */
export function startupFault(error: unknown): { readonly title: string; readonly text: string } {
  const title = 'Postern could not open the gate';
  if (!(error instanceof Error)) return { title, text: String(error) };
  const { code, hint } = error as Error & { code?: unknown; hint?: unknown };
  const parts = [error.message, typeof hint === 'string' ? hint : '', typeof code === 'string' ? `[${code}]` : ''];
  return { title, text: parts.filter((part) => part !== '').join('\n\n') };
}
