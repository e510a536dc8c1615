/** How much of a value's form is shown. */
const longest = 48;

/**
 * The form of a value and nothing of it: 9 for digits, a and A for letters, ? for what is not ASCII; other characters stay.
 * For findings, which are kept on disk and shown.
 */
export function shapeOf(text: string): string {
  const shape = text
    .slice(0, longest)
    .replaceAll(/[0-9]/g, '9')
    .replaceAll(/[a-z]/g, 'a')
    .replaceAll(/[A-Z]/g, 'A')
    .replaceAll(/[^ -~]/g, '?');
  return text.length > longest ? `${shape}…` : shape;
}
